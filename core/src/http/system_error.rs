//! Errors of the local operating system: no descriptors, memory, threads or ports, or no permission. Neither the network
//! nor the server causes them.

use std::io;

/// Why the operating system refused a resource, and what to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SystemError(pub &'static str);

const PROCESS_FILES: SystemError = SystemError(
    "this process has too many open files and sockets (EMFILE): close unused ones, or raise its limit (ulimit -n)",
);
#[cfg(unix)]
const SYSTEM_FILES: SystemError =
    SystemError("all processes of this machine together have too many open files (ENFILE)");
#[cfg(unix)]
const MEMORY: SystemError = SystemError("no memory is left (ENOMEM)");
const BUFFERS: SystemError = SystemError("no memory is left for sockets (ENOBUFS)");
const ACCESS: SystemError = SystemError(
    "this process may not open network connections (EACCES): check its sandbox and permissions",
);

#[cfg(unix)]
const PERMISSION: SystemError = SystemError(
    "this process may not open network connections (EPERM): check the firewall of this machine and the process's sandbox",
);

impl SystemError {
    pub const PORTS: Self = SystemError(
        "no local port is free for a connection (EADDRNOTAVAIL): too many connections are open or were closed recently",
    );
    pub const THREADS: Self = SystemError(
        "no thread can be started to resolve the host name (EAGAIN): check the limits of threads and memory \
         (ulimit -u, ulimit -v), or use an IP address in the base URL",
    );
    pub const RANDOM: Self = SystemError("no random bytes are available");
    pub const CLOCK: Self = SystemError("the time of day cannot be read");
    /// Any other error.
    pub const OTHER: Self = SystemError("unknown error");

    /// Classifies an error that the network can also cause; `None` for those.
    pub fn of(error: &io::Error) -> Option<Self> {
        let number = error.raw_os_error()?;
        let known = numbers().into_iter().find(|(known, _)| *known == number)?;
        Some(known.1)
    }

    /// Classifies an error that only the local system can cause.
    pub fn local(error: &io::Error) -> Self {
        Self::of(error).unwrap_or(SystemError::OTHER)
    }
}

#[cfg(unix)]
fn numbers() -> [(i32, SystemError); 7] {
    use rustix::io::Errno;
    [
        (Errno::MFILE, PROCESS_FILES),
        (Errno::NFILE, SYSTEM_FILES),
        (Errno::NOMEM, MEMORY),
        (Errno::NOBUFS, BUFFERS),
        (Errno::ADDRNOTAVAIL, SystemError::PORTS),
        (Errno::ACCESS, ACCESS),
        (Errno::PERM, PERMISSION),
    ]
    .map(|(number, error)| (number.raw_os_error(), error))
}

#[cfg(windows)]
fn numbers() -> [(i32, SystemError); 4] {
    use windows_sys::Win32::Networking::WinSock::{
        WSAEACCES, WSAEADDRNOTAVAIL, WSAEMFILE, WSAENOBUFS,
    };
    [
        (WSAEMFILE, PROCESS_FILES),
        (WSAENOBUFS, BUFFERS),
        (WSAEADDRNOTAVAIL, SystemError::PORTS),
        (WSAEACCES, ACCESS),
    ]
}
