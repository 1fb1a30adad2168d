//! Ctrl-C cancels the call in progress, so that the program can say whether the server may have processed it.

use std::sync::LazyLock;

use bosauth::Cancel;

static CANCEL: LazyLock<Cancel> = LazyLock::new(|| {
    let cancel = Cancel::new();
    let triggered = cancel.clone();
    // Without a handler, the signal ends the process.
    let _ = ctrlc::set_handler(move || triggered.trigger());
    cancel
});

/// The handle that SIGINT, SIGTERM and SIGHUP trigger, from the first call of this function on.
pub fn cancel() -> &'static Cancel {
    &CANCEL
}
