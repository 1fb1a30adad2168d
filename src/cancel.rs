//! Cancellation of calls.

use bosauth::Cancel;

use crate::ffi;
use crate::handles::Table;
use crate::status::bosauth_status;

/// A cancellation handle. It is validated on every use; 0 is never valid. Once triggered, it stays triggered. It
/// may be used for any number of calls, clients and threads. Freeing it during a call does not affect the call,
/// and options in which it was set keep working.
pub type bosauth_cancel = u64;

/// The live cancellation handles.
pub(crate) static CANCELS: Table<Cancel> = Table::new(2, "cancel");

/// Creates a cancellation handle that is not triggered. Pass it to calls with bosauth_options_set_cancel().
///
/// @return the handle, to be freed with bosauth_cancel_free(); 0 if 16777216 of them exist
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_cancel_new() -> bosauth_cancel {
    ffi::constructor(|| CANCELS.insert(Cancel::new()))
}

/// Cancels all calls that use the handle, on all threads. They return CANCELLED, except those whose response
/// has already been accepted: these return BOSAUTH_OK and keep their session. A call that starts later returns
/// CANCELLED and sends nothing. This function does not wait for the calls. Triggering a handle again has no
/// effect.
///
/// @param cancel the handle
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_cancel_trigger(cancel: bosauth_cancel) -> bosauth_status {
    ffi::status_only(|| {
        CANCELS.get(cancel)?.trigger();
        Ok(())
    })
}

/// Frees a cancellation handle. It is invalid from then on. No call is cancelled, and options in which it was set
/// keep working.
///
/// @param cancel the handle; 0 has no effect
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_cancel_free(cancel: bosauth_cancel) -> bosauth_status {
    ffi::status_only(|| {
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

    use bosauth::Status;

    use super::*;
    use crate::calls::bosauth_auth_with_token;
    use crate::client::{bosauth_client_close, bosauth_client_free, bosauth_client_new};
    use crate::options::{
        bosauth_options_free, bosauth_options_new, bosauth_options_set_cancel,
        bosauth_options_set_timeout_ms,
    };
    use crate::status::BOSAUTH_OK;

    const SLOTS: usize = 4;
    const ROUNDS: usize = 200;

    fn new_client(url: &str) -> u64 {
        let url = std::ffi::CString::new(url).unwrap();
        let mut client = 0;
        // SAFETY: a string and a valid out parameter.
        let status =
            unsafe { bosauth_client_new(url.as_ptr(), ptr::null(), &mut client, ptr::null_mut()) };
        assert_eq!(status, BOSAUTH_OK);
        client
    }

    /// A login at a server that never responds, with these handles.
    fn call(client: u64, cancel: u64) -> bosauth_status {
        // SAFETY: options of this thread, strings, NULL out parameters.
        unsafe {
            let options = bosauth_options_new();
            bosauth_options_set_timeout_ms(options, 20);
            let set = bosauth_options_set_cancel(options, cancel);
            let status = bosauth_auth_with_token(
                client,
                c"users".as_ptr(),
                c"tok".as_ptr(),
                options,
                ptr::null_mut(),
                ptr::null_mut(),
            );
            bosauth_options_free(options);
            if set == BOSAUTH_OK { status } else { set }
        }
    }

    /// For ThreadSanitizer: see `tests/it/threads.rs`.
    #[test]
    #[cfg_attr(miri, ignore = "Miri has no network")]
    fn handles_are_created_and_freed_during_calls_of_eight_threads() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let clients: [AtomicU64; SLOTS] = Default::default();
        let cancels: [AtomicU64; SLOTS] = Default::default();
        let is_done = AtomicBool::new(false);
        thread::scope(|scope| {
            for thread in 0..8 {
                let (clients, cancels, is_done) = (&clients, &cancels, &is_done);
                scope.spawn(move || {
                    for round in thread.. {
                        if is_done.load(Ordering::Relaxed) {
                            return;
                        }
                        let client = clients[round % SLOTS].load(Ordering::Relaxed);
                        let status = call(client, cancels[thread % SLOTS].load(Ordering::Relaxed));
                        let expected = [Status::Cancelled, Status::InvalidHandle, Status::Timeout];
                        assert!(expected.map(Status::code).contains(&status), "{status}");
                    }
                });
            }
            for round in 0..ROUNDS {
                let slot = round % SLOTS;
                let old = clients[slot].swap(new_client(&url), Ordering::Relaxed);
                let freed = match round % 2 {
                    _ if old == 0 => BOSAUTH_OK,
                    0 => bosauth_client_free(old),
                    _ => bosauth_client_close(old, 60_000),
                };
                assert_eq!(freed, BOSAUTH_OK);
                let old = cancels[slot].swap(bosauth_cancel_new(), Ordering::Relaxed);
                if old != 0 && round % 3 > 0 {
                    assert_eq!(bosauth_cancel_trigger(old), BOSAUTH_OK);
                }
                assert_eq!(bosauth_cancel_free(old), BOSAUTH_OK);
                if old != 0 {
                    assert_eq!(bosauth_cancel_trigger(old), Status::InvalidHandle.code());
                }
            }
            is_done.store(true, Ordering::Relaxed);
        });
        for slot in 0..SLOTS {
            assert_eq!(
                bosauth_client_close(clients[slot].load(Ordering::Relaxed), 60_000),
                BOSAUTH_OK
            );
            bosauth_cancel_free(cancels[slot].load(Ordering::Relaxed));
        }
    }

    #[test]
    fn closing_requires_a_live_client_and_a_valid_time() {
        let client = new_client("http://127.0.0.1:1");
        for wrong in [0, -1, 86_400_001, i64::MIN, i64::MAX] {
            assert_eq!(
                bosauth_client_close(client, wrong),
                Status::InvalidArgument.code()
            );
        }
        assert_eq!(bosauth_client_close(0, 1), Status::InvalidHandle.code());
        assert_eq!(bosauth_client_close(client, 86_400_000), BOSAUTH_OK);
        for wait in [1, 0] {
            assert_eq!(
                bosauth_client_close(client, wait),
                Status::InvalidHandle.code()
            );
        }
        assert_eq!(bosauth_client_free(client), Status::InvalidHandle.code());
    }
}
