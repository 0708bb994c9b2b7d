//! Error numbers: WASI preview1's values, with Linux's names and words.

/// An error number of WASI preview1.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub u16);

/// What every call gives back.
pub type Result<T> = core::result::Result<T, Errno>;

macro_rules! errnos {
    ($($name:ident = $number:literal, $words:literal;)*) => {
        impl Errno {
            $(#[doc = $words] pub const $name: Errno = Errno($number);)*

            /// The symbolic name, such as `ENOENT`.
            pub const fn name(self) -> &'static str {
                match self.0 { $($number => stringify!($name),)* _ => "EUNKNOWN" }
            }

            /// The words that Linux's `strerror` gives.
            pub const fn words(self) -> &'static str {
                match self.0 { $($number => $words,)* _ => "Unknown error" }
            }
        }
    };
}

errnos! {
    E2BIG = 1, "Argument list too long";
    EACCES = 2, "Permission denied";
    EADDRINUSE = 3, "Address already in use";
    EADDRNOTAVAIL = 4, "Cannot assign requested address";
    EAFNOSUPPORT = 5, "Address family not supported by protocol";
    EAGAIN = 6, "Resource temporarily unavailable";
    EALREADY = 7, "Operation already in progress";
    EBADF = 8, "Bad file descriptor";
    EBADMSG = 9, "Bad message";
    EBUSY = 10, "Device or resource busy";
    ECANCELED = 11, "Operation canceled";
    ECHILD = 12, "No child processes";
    ECONNABORTED = 13, "Software caused connection abort";
    ECONNREFUSED = 14, "Connection refused";
    ECONNRESET = 15, "Connection reset by peer";
    EDEADLK = 16, "Resource deadlock avoided";
    EDESTADDRREQ = 17, "Destination address required";
    EDOM = 18, "Numerical argument out of domain";
    EDQUOT = 19, "Disk quota exceeded";
    EEXIST = 20, "File exists";
    EFAULT = 21, "Bad address";
    EFBIG = 22, "File too large";
    EHOSTUNREACH = 23, "No route to host";
    EIDRM = 24, "Identifier removed";
    EILSEQ = 25, "Invalid or incomplete multibyte or wide character";
    EINPROGRESS = 26, "Operation now in progress";
    EINTR = 27, "Interrupted system call";
    EINVAL = 28, "Invalid argument";
    EIO = 29, "Input/output error";
    EISCONN = 30, "Transport endpoint is already connected";
    EISDIR = 31, "Is a directory";
    ELOOP = 32, "Too many levels of symbolic links";
    EMFILE = 33, "Too many open files";
    EMLINK = 34, "Too many links";
    EMSGSIZE = 35, "Message too long";
    EMULTIHOP = 36, "Multihop attempted";
    ENAMETOOLONG = 37, "File name too long";
    ENETDOWN = 38, "Network is down";
    ENETRESET = 39, "Network dropped connection on reset";
    ENETUNREACH = 40, "Network is unreachable";
    ENFILE = 41, "Too many open files in system";
    ENOBUFS = 42, "No buffer space available";
    ENODEV = 43, "No such device";
    ENOENT = 44, "No such file or directory";
    ENOEXEC = 45, "Exec format error";
    ENOLCK = 46, "No locks available";
    ENOLINK = 47, "Link has been severed";
    ENOMEM = 48, "Cannot allocate memory";
    ENOMSG = 49, "No message of desired type";
    ENOPROTOOPT = 50, "Protocol not available";
    ENOSPC = 51, "No space left on device";
    ENOSYS = 52, "Function not implemented";
    ENOTCONN = 53, "Transport endpoint is not connected";
    ENOTDIR = 54, "Not a directory";
    ENOTEMPTY = 55, "Directory not empty";
    ENOTRECOVERABLE = 56, "State not recoverable";
    ENOTSOCK = 57, "Socket operation on non-socket";
    ENOTSUP = 58, "Operation not supported";
    ENOTTY = 59, "Inappropriate ioctl for device";
    ENXIO = 60, "No such device or address";
    EOVERFLOW = 61, "Value too large for defined data type";
    EOWNERDEAD = 62, "Owner died";
    EPERM = 63, "Operation not permitted";
    EPIPE = 64, "Broken pipe";
    EPROTO = 65, "Protocol error";
    EPROTONOSUPPORT = 66, "Protocol not supported";
    EPROTOTYPE = 67, "Protocol wrong type for socket";
    ERANGE = 68, "Numerical result out of range";
    EROFS = 69, "Read-only file system";
    ESPIPE = 70, "Illegal seek";
    ESRCH = 71, "No such process";
    ESTALE = 72, "Stale file handle";
    ETIMEDOUT = 73, "Connection timed out";
    ETXTBSY = 74, "Text file busy";
    EXDEV = 75, "Invalid cross-device link";
    ENOTCAPABLE = 76, "Capabilities insufficient";
}

impl Errno {
    /// Turns an import's result into a `Result`.
    pub(crate) fn check(result: i32) -> Result<()> {
        if result == 0 {
            Ok(())
        } else {
            Err(Errno(result as u16))
        }
    }
}

impl core::fmt::Debug for Errno {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl core::fmt::Display for Errno {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.words())
    }
}

impl core::error::Error for Errno {}

#[cfg(feature = "std")]
impl From<Errno> for std::io::Error {
    // wasm32-wasip1's OS error numbers are preview1's.
    fn from(errno: Errno) -> Self {
        std::io::Error::from_raw_os_error(errno.0.into())
    }
}
