//! Error numbers as the guest sees them: WASI preview1's values, with Linux's names and words.
//!
//! The file tree and the kernel speak `Errno`; nothing of the host's own error numbers reaches a guest.
//! Host I/O errors are turned into the nearest one by `From<std::io::Error>`.

use std::fmt;
use std::io;

macro_rules! errnos {
    ($($name:ident = $number:literal, $symbol:literal, $words:literal;)*) => {
        /// An error number of WASI preview1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Errno {
            $(#[doc = $words] $name = $number,)*
        }

        impl Errno {
            /// Every error number, in order.
            pub const ALL: &'static [Errno] = &[$(Errno::$name,)*];

            /// The symbolic name, such as `ENOENT`.
            pub const fn name(self) -> &'static str {
                match self { $(Errno::$name => $symbol,)* }
            }

            /// The words of Linux's `strerror`.
            pub const fn words(self) -> &'static str {
                match self { $(Errno::$name => $words,)* }
            }
        }
    };
}

errnos! {
    TooBig = 1, "E2BIG", "Argument list too long";
    Acces = 2, "EACCES", "Permission denied";
    Addrinuse = 3, "EADDRINUSE", "Address already in use";
    Addrnotavail = 4, "EADDRNOTAVAIL", "Cannot assign requested address";
    Afnosupport = 5, "EAFNOSUPPORT", "Address family not supported by protocol";
    Again = 6, "EAGAIN", "Resource temporarily unavailable";
    Already = 7, "EALREADY", "Operation already in progress";
    Badf = 8, "EBADF", "Bad file descriptor";
    Badmsg = 9, "EBADMSG", "Bad message";
    Busy = 10, "EBUSY", "Device or resource busy";
    Canceled = 11, "ECANCELED", "Operation canceled";
    Child = 12, "ECHILD", "No child processes";
    Connaborted = 13, "ECONNABORTED", "Software caused connection abort";
    Connrefused = 14, "ECONNREFUSED", "Connection refused";
    Connreset = 15, "ECONNRESET", "Connection reset by peer";
    Deadlk = 16, "EDEADLK", "Resource deadlock avoided";
    Destaddrreq = 17, "EDESTADDRREQ", "Destination address required";
    Dom = 18, "EDOM", "Numerical argument out of domain";
    Dquot = 19, "EDQUOT", "Disk quota exceeded";
    Exist = 20, "EEXIST", "File exists";
    Fault = 21, "EFAULT", "Bad address";
    Fbig = 22, "EFBIG", "File too large";
    Hostunreach = 23, "EHOSTUNREACH", "No route to host";
    Idrm = 24, "EIDRM", "Identifier removed";
    Ilseq = 25, "EILSEQ", "Invalid or incomplete multibyte or wide character";
    Inprogress = 26, "EINPROGRESS", "Operation now in progress";
    Intr = 27, "EINTR", "Interrupted system call";
    Inval = 28, "EINVAL", "Invalid argument";
    Io = 29, "EIO", "Input/output error";
    Isconn = 30, "EISCONN", "Transport endpoint is already connected";
    Isdir = 31, "EISDIR", "Is a directory";
    Loop = 32, "ELOOP", "Too many levels of symbolic links";
    Mfile = 33, "EMFILE", "Too many open files";
    Mlink = 34, "EMLINK", "Too many links";
    Msgsize = 35, "EMSGSIZE", "Message too long";
    Multihop = 36, "EMULTIHOP", "Multihop attempted";
    Nametoolong = 37, "ENAMETOOLONG", "File name too long";
    Netdown = 38, "ENETDOWN", "Network is down";
    Netreset = 39, "ENETRESET", "Network dropped connection on reset";
    Netunreach = 40, "ENETUNREACH", "Network is unreachable";
    Nfile = 41, "ENFILE", "Too many open files in system";
    Nobufs = 42, "ENOBUFS", "No buffer space available";
    Nodev = 43, "ENODEV", "No such device";
    Noent = 44, "ENOENT", "No such file or directory";
    Noexec = 45, "ENOEXEC", "Exec format error";
    Nolck = 46, "ENOLCK", "No locks available";
    Nolink = 47, "ENOLINK", "Link has been severed";
    Nomem = 48, "ENOMEM", "Cannot allocate memory";
    Nomsg = 49, "ENOMSG", "No message of desired type";
    Noprotoopt = 50, "ENOPROTOOPT", "Protocol not available";
    Nospc = 51, "ENOSPC", "No space left on device";
    Nosys = 52, "ENOSYS", "Function not implemented";
    Notconn = 53, "ENOTCONN", "Transport endpoint is not connected";
    Notdir = 54, "ENOTDIR", "Not a directory";
    Notempty = 55, "ENOTEMPTY", "Directory not empty";
    Notrecoverable = 56, "ENOTRECOVERABLE", "State not recoverable";
    Notsock = 57, "ENOTSOCK", "Socket operation on non-socket";
    Notsup = 58, "ENOTSUP", "Operation not supported";
    Notty = 59, "ENOTTY", "Inappropriate ioctl for device";
    Nxio = 60, "ENXIO", "No such device or address";
    Overflow = 61, "EOVERFLOW", "Value too large for defined data type";
    Ownerdead = 62, "EOWNERDEAD", "Owner died";
    Perm = 63, "EPERM", "Operation not permitted";
    Pipe = 64, "EPIPE", "Broken pipe";
    Proto = 65, "EPROTO", "Protocol error";
    Protonosupport = 66, "EPROTONOSUPPORT", "Protocol not supported";
    Prototype = 67, "EPROTOTYPE", "Protocol wrong type for socket";
    Range = 68, "ERANGE", "Numerical result out of range";
    Rofs = 69, "EROFS", "Read-only file system";
    Spipe = 70, "ESPIPE", "Illegal seek";
    Srch = 71, "ESRCH", "No such process";
    Stale = 72, "ESTALE", "Stale file handle";
    Timedout = 73, "ETIMEDOUT", "Connection timed out";
    Txtbsy = 74, "ETXTBSY", "Text file busy";
    Xdev = 75, "EXDEV", "Invalid cross-device link";
    Notcapable = 76, "ENOTCAPABLE", "Capabilities insufficient";
}

impl Errno {
    /// The number that crosses the border to the guest.
    pub const fn raw(self) -> u16 {
        self as u16
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl std::error::Error for Errno {}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Errno::Noent,
            Kind::PermissionDenied => Errno::Acces,
            Kind::AlreadyExists => Errno::Exist,
            Kind::WouldBlock => Errno::Again,
            Kind::NotADirectory => Errno::Notdir,
            Kind::IsADirectory => Errno::Isdir,
            Kind::DirectoryNotEmpty => Errno::Notempty,
            Kind::ReadOnlyFilesystem => Errno::Rofs,
            Kind::StorageFull => Errno::Nospc,
            Kind::QuotaExceeded => Errno::Dquot,
            Kind::FileTooLarge => Errno::Fbig,
            Kind::InvalidInput => Errno::Inval,
            Kind::TimedOut => Errno::Timedout,
            Kind::BrokenPipe => Errno::Pipe,
            Kind::Interrupted => Errno::Intr,
            Kind::Unsupported => Errno::Notsup,
            Kind::OutOfMemory => Errno::Nomem,
            Kind::ConnectionRefused => Errno::Connrefused,
            Kind::ConnectionReset => Errno::Connreset,
            Kind::NotConnected => Errno::Notconn,
            Kind::AddrInUse => Errno::Addrinuse,
            Kind::AddrNotAvailable => Errno::Addrnotavail,
            Kind::ConnectionAborted => Errno::Connaborted,
            Kind::HostUnreachable => Errno::Hostunreach,
            Kind::NetworkUnreachable => Errno::Netunreach,
            _ => Errno::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dense_and_begin_at_one() {
        for (place, errno) in Errno::ALL.iter().enumerate() {
            assert_eq!(errno.raw() as usize, place + 1, "{}", errno.name());
        }
        assert_eq!(Errno::Noent.raw(), 44);
        assert_eq!(Errno::Notcapable.raw(), 76);
    }

    #[test]
    fn words_are_those_of_linux() {
        assert_eq!(Errno::Noent.to_string(), "No such file or directory");
        assert_eq!(Errno::TooBig.name(), "E2BIG");
    }
}
