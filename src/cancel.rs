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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::TcpListener;
    use std::ptr;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::thread;

    use super::*;
    use crate::calls::bosauth_auth_with_token;
    use crate::client::{bosauth_client_close, bosauth_client_free, bosauth_client_new};
    use crate::options::{
        bosauth_options_free, bosauth_options_new, bosauth_options_set_cancel,
        bosauth_options_set_timeout_ms,
    };
    use crate::status::{
        BOSAUTH_ERROR_CANCELLED, BOSAUTH_ERROR_INVALID_HANDLE, BOSAUTH_ERROR_TIMEOUT, BOSAUTH_OK,
    };

    const PLACES: usize = 4;
    const ROUNDS: usize = 200;

    fn new_client(url: &str) -> u64 {
        let url = std::ffi::CString::new(url).unwrap();
        let mut client = 0;
        // SAFETY: a text, and a place for the handle.
        let status =
            unsafe { bosauth_client_new(url.as_ptr(), ptr::null(), &mut client, ptr::null_mut()) };
        assert_eq!(status, BOSAUTH_OK);
        client
    }

    /// A login at a server that never answers, with whatever handles are there.
    fn call(client: u64, cancel: u64) -> bosauth_status {
        // SAFETY: options of this thread's, texts, no places for results.
        unsafe {
            let options = bosauth_options_new();
            bosauth_options_set_timeout_ms(options, 20);
            let held = bosauth_options_set_cancel(options, cancel);
            let status = bosauth_auth_with_token(
                client,
                c"users".as_ptr(),
                c"tok".as_ptr(),
                options,
                ptr::null_mut(),
                ptr::null_mut(),
            );
            bosauth_options_free(options);
            if held == BOSAUTH_OK { status } else { held }
        }
    }

    /// Meant for ThreadSanitizer: see `tests/it/threads.rs`.
    #[test]
    #[cfg_attr(miri, ignore = "Miri has no network")]
    fn clients_and_cancels_come_and_go_while_eight_threads_call() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let clients: [AtomicU64; PLACES] = Default::default();
        let cancels: [AtomicU64; PLACES] = Default::default();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for thread in 0..8 {
                let (clients, cancels, over) = (&clients, &cancels, &over);
                scope.spawn(move || {
                    for round in thread.. {
                        if over.load(Ordering::Relaxed) {
                            return;
                        }
                        let client = clients[round % PLACES].load(Ordering::Relaxed);
                        let status = call(client, cancels[thread % PLACES].load(Ordering::Relaxed));
                        let expected = [
                            BOSAUTH_ERROR_CANCELLED,
                            BOSAUTH_ERROR_INVALID_HANDLE,
                            BOSAUTH_ERROR_TIMEOUT,
                        ];
                        assert!(expected.contains(&status), "{status}");
                    }
                });
            }
            for round in 0..ROUNDS {
                let place = round % PLACES;
                let old = clients[place].swap(new_client(&url), Ordering::Relaxed);
                let gone = match round % 2 {
                    _ if old == 0 => BOSAUTH_OK,
                    0 => bosauth_client_free(old),
                    _ => bosauth_client_close(old, 60_000),
                };
                assert_eq!(gone, BOSAUTH_OK);
                let old = cancels[place].swap(bosauth_cancel_new(), Ordering::Relaxed);
                if old != 0 && round % 3 > 0 {
                    assert_eq!(bosauth_cancel_trigger(old), BOSAUTH_OK);
                }
                assert_eq!(bosauth_cancel_free(old), BOSAUTH_OK);
                if old != 0 {
                    assert_eq!(bosauth_cancel_trigger(old), BOSAUTH_ERROR_INVALID_HANDLE);
                }
            }
            over.store(true, Ordering::Relaxed);
        });
        for place in 0..PLACES {
            assert_eq!(
                bosauth_client_close(clients[place].load(Ordering::Relaxed), 60_000),
                BOSAUTH_OK
            );
            bosauth_cancel_free(cancels[place].load(Ordering::Relaxed));
        }
    }

    #[test]
    fn a_client_is_closed_only_with_a_time_that_is_one() {
        use crate::status::BOSAUTH_ERROR_INVALID_ARGUMENT;

        let client = new_client("http://127.0.0.1:1");
        for wrong in [0, -1, 86_400_001, i64::MIN, i64::MAX] {
            assert_eq!(
                bosauth_client_close(client, wrong),
                BOSAUTH_ERROR_INVALID_ARGUMENT
            );
        }
        assert_eq!(bosauth_client_close(0, 1), BOSAUTH_ERROR_INVALID_HANDLE);
        assert_eq!(bosauth_client_close(client, 86_400_000), BOSAUTH_OK);
        for wait in [1, 0] {
            assert_eq!(
                bosauth_client_close(client, wait),
                BOSAUTH_ERROR_INVALID_HANDLE
            );
        }
        assert_eq!(bosauth_client_free(client), BOSAUTH_ERROR_INVALID_HANDLE);
    }
}
