//! Errors of the local operating system: no descriptors, memory, threads or ports, or no permission. Neither the
//! network nor the server causes them.

use std::io;

/// Why the operating system refused a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemError {
    /// EMFILE.
    ProcessFiles,
    /// ENFILE.
    #[cfg(unix)]
    SystemFiles,
    /// ENOMEM.
    #[cfg(unix)]
    Memory,
    /// ENOBUFS.
    Buffers,
    /// EADDRNOTAVAIL.
    Ports,
    /// EACCES.
    Access,
    /// EPERM.
    #[cfg(unix)]
    Permission,
    /// No thread could be started.
    Threads,
    /// No random bytes.
    Random,
    /// The time of day cannot be read.
    Clock,
    /// Any other error.
    Other,
}

impl SystemError {
    /// Classifies an error that the network can also cause; `None` for those.
    pub fn of(error: &io::Error) -> Option<Self> {
        numbers::TABLE
            .iter()
            .find(|(number, _)| error.raw_os_error() == Some(*number))
            .map(|&(_, reason)| reason)
    }

    /// Classifies an error that only the local system can cause.
    pub fn local(error: &io::Error) -> Self {
        Self::of(error).unwrap_or(SystemError::Other)
    }

    /// The reason, and what to check.
    pub fn reason(self) -> &'static str {
        match self {
            SystemError::ProcessFiles => {
                "this process has too many open files and sockets (EMFILE): close unused ones, or raise \
                 its limit (ulimit -n)"
            }
            #[cfg(unix)]
            SystemError::SystemFiles => {
                "all processes of this machine together have too many open files (ENFILE)"
            }
            #[cfg(unix)]
            SystemError::Memory => "no memory is left (ENOMEM)",
            SystemError::Buffers => "no memory is left for sockets (ENOBUFS)",
            SystemError::Ports => {
                "no local port is free for a connection (EADDRNOTAVAIL): too many connections are open or \
                 were closed recently"
            }
            SystemError::Access => {
                "this process may not open network connections (EACCES): check its sandbox and permissions"
            }
            #[cfg(unix)]
            SystemError::Permission => {
                "this process may not open network connections (EPERM): check the firewall of this machine \
                 and the process's sandbox"
            }
            SystemError::Threads => {
                "no thread can be started to resolve the host name (EAGAIN): check the limits of threads \
                 and memory (ulimit -u, ulimit -v), or give an IP address in the base URL"
            }
            SystemError::Random => "no random bytes are available",
            SystemError::Clock => "the time of day cannot be read",
            SystemError::Other => "unknown error",
        }
    }
}

#[cfg(unix)]
mod numbers {
    use rustix::io::Errno;

    use super::SystemError;

    pub(super) const TABLE: [(i32, SystemError); 7] = [
        (Errno::MFILE.raw_os_error(), SystemError::ProcessFiles),
        (Errno::NFILE.raw_os_error(), SystemError::SystemFiles),
        (Errno::NOMEM.raw_os_error(), SystemError::Memory),
        (Errno::NOBUFS.raw_os_error(), SystemError::Buffers),
        (Errno::ADDRNOTAVAIL.raw_os_error(), SystemError::Ports),
        (Errno::ACCESS.raw_os_error(), SystemError::Access),
        (Errno::PERM.raw_os_error(), SystemError::Permission),
    ];
}

#[cfg(windows)]
mod numbers {
    use windows_sys::Win32::Networking::WinSock::{
        WSAEACCES, WSAEADDRNOTAVAIL, WSAEMFILE, WSAENOBUFS,
    };

    use super::SystemError;

    pub(super) const TABLE: [(i32, SystemError); 4] = [
        (WSAEMFILE, SystemError::ProcessFiles),
        (WSAENOBUFS, SystemError::Buffers),
        (WSAEADDRNOTAVAIL, SystemError::Ports),
        (WSAEACCES, SystemError::Access),
    ];
}
