//! Descriptors and threads of a process, counted in Linux's `/proc`.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::WATCHDOG;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    pub descriptors: usize,
    pub threads: usize,
}

impl Resources {
    /// The resources of the process with this id; `None` without `/proc`.
    pub fn of(process: u32) -> Option<Self> {
        let count = |of: &str| Some(fs::read_dir(format!("/proc/{process}/{of}")).ok()?.count());
        Some(Resources {
            descriptors: count("fd")?,
            threads: count("task")?,
        })
    }
}

/// Waits until the resources are those of before: a thread may return a little after its call.
pub fn settle(
    before: Option<Resources>,
    count_now: impl Fn() -> Option<Resources>,
) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let now = count_now();
        if now == before {
            return Ok(());
        }
        if start.elapsed() > WATCHDOG / 10 {
            return Err(format!("{now:?} after {before:?}"));
        }
        thread::sleep(Duration::from_millis(1));
    }
}
