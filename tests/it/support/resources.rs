//! What a process holds: descriptors and threads, counted from outside by what Linux shows in `/proc`.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::WATCHDOG;

/// How much a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    pub descriptors: usize,
    pub threads: usize,
}

impl Resources {
    /// What the process with this id holds; `None` where the system does not show it.
    pub fn of(process: u32) -> Option<Self> {
        let count = |of: &str| Some(fs::read_dir(format!("/proc/{process}/{of}")).ok()?.count());
        Some(Resources {
            descriptors: count("fd")?,
            threads: count("task")?,
        })
    }
}

/// Looks until what is held is what was held before: a thread that has been told to end takes its time.
pub fn settle(
    before: Option<Resources>,
    look: impl Fn() -> Option<Resources>,
) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let now = look();
        if now == before {
            return Ok(());
        }
        if begun.elapsed() > WATCHDOG / 10 {
            return Err(format!("{now:?} after {before:?}"));
        }
        thread::sleep(Duration::from_millis(1));
    }
}
