//! Strings returned to C are valid for as long as the object they belong to, also after the next save, clear and
//! free of the client.

use crate::support::{library, tools};

#[test]
fn session_strings_outlive_the_client() {
    tools::run(&mut library::program("lifetimes.c", &library::SANITIZERS));
}
