//! Signals that end the program: SIGINT, SIGTERM and SIGHUP, Ctrl-C on Windows. They cancel the call in progress, so
//! that the program can say whether the server may have processed it, and end a wait for input.

use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use bosauth::Cancel;

use crate::failure::{self, Failure};

/// The time between two checks for a signal.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The time after which a signal ends whatever else blocks, such as a full pipe. To store a session takes up to 2 s.
const GRACE: Duration = Duration::from_secs(3);

static CANCEL: LazyLock<Cancel> = LazyLock::new(|| {
    let cancel = Cancel::new();
    let triggered = cancel.clone();
    // Without a handler, the signal ends the process.
    let _ = system::on_signal(move || {
        triggered.trigger();
        thread::sleep(GRACE);
        std::process::exit(failure::INTERRUPTED.into())
    });
    cancel
});

/// The handle that a signal triggers, from the first call of this function on. Signals that were ignored when the
/// program was started, as with nohup, remain ignored.
pub fn cancel() -> &'static Cancel {
    &CANCEL
}

/// Returns the result of a function that may block, such as a read from a pipe.
///
/// # Errors
/// `Interrupted` by a signal. The function then continues on its thread until the program ends.
pub fn wait_for<T: Send + 'static>(
    function: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let cancel = cancel();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(function()));
    loop {
        match receiver.recv_timeout(POLL_INTERVAL) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) if !cancel.is_triggered() => {}
            Err(_) => return Err(Failure::Interrupted),
        }
    }
}

#[cfg(unix)]
mod system {
    use std::{io, mem, ptr, thread};

    use libc::{SIGHUP, SIGINT, SIGTERM, c_int};
    use signal_hook::iterator::Signals;

    /// Calls a function on a thread of its own when a signal arrives, unless it is ignored.
    pub fn on_signal(function: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let handled = [SIGINT, SIGTERM, SIGHUP].into_iter();
        let mut signals = Signals::new(handled.filter(|signal| !is_ignored(*signal)))?;
        thread::spawn(move || {
            if signals.forever().next().is_some() {
                function();
            }
        });
        Ok(())
    }

    fn is_ignored(signal: c_int) -> bool {
        // SAFETY: without a new action, the call only writes the current one, and zeros are a valid `sigaction`.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            libc::sigaction(signal, ptr::null(), &mut action) == 0
                && action.sa_sigaction == libc::SIG_IGN
        }
    }
}

#[cfg(windows)]
mod system {
    pub use ctrlc::set_handler as on_signal;
}
