//! Statuses. Their constants, and those of the actions, are generated from `Status` and `Action` of the core crate.

/// The result of a call: BOSAUTH_OK or one of BOSAUTH_ERROR_*, which are positive. A condition keeps its number.
/// Interpret an unknown status by its range: 1 to 9 the program, 10 to 19 the network, 20 to 29 the response, 30
/// to 49 the server, 50 to 59 the app's storage or transport, 90 to 99 the library.
pub type bosauth_status = i32;

/// The call succeeded.
pub const BOSAUTH_OK: bosauth_status = 0;
