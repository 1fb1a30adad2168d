//! Stopping calls from outside.

use bosauth::Cancel;

use crate::entry;
use crate::handles::Table;
use crate::status::bosauth_status;

/// A wish that calls stop: a handle, checked on every use. 0 is never one. Once triggered it stays so for
/// good. It may serve any number of calls, clients and threads, and options that hold it keep what it stands
/// for: freeing the handle during a call neither stops nor breaks the call.
pub type bosauth_cancel = u64;

/// The cancels in the caller's hands.
pub(crate) static CANCELS: Table<Cancel> = Table::new(2, "cancel");

/// Makes a cancel that is not yet triggered. Give it to calls by bosauth_options_set_cancel.
///
/// @return the handle, to free with bosauth_cancel_free; 0 if there are 16777216 of them
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_cancel_new() -> bosauth_cancel {
    entry::made(|| CANCELS.insert(Cancel::new()))
}

/// Stops the calls that have the cancel, on whatever thread they are and whatever they wait for: they end
/// with CANCELLED, unless their answer has already been accepted; then the call is OK and its session is
/// kept. A call that begins afterwards is CANCELLED and sends nothing. This does not wait for the calls. To
/// trigger twice is no mistake.
///
/// @param cancel the handle
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_cancel_trigger(cancel: bosauth_cancel) -> bosauth_status {
    entry::plain(|| {
        CANCELS.get(cancel)?.trigger();
        Ok(())
    })
}

/// Frees a cancel: the handle is invalid at once. Nothing is stopped by it, and options that hold it keep
/// what it stands for.
///
/// @param cancel the handle; 0 is nothing to free
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_cancel_free(cancel: bosauth_cancel) -> bosauth_status {
    entry::plain(|| {
        if cancel != 0 {
            CANCELS.remove(cancel)?;
        }
        Ok(())
    })
}
