//! Error numbers: preview1's, which the kernel speaks, and those inside yash.
//!
//! On targets that are not Unix yash numbers its errors itself, and prints them through libc's `strerror`, which knows only
//! preview1's numbers. So numbers are translated by name, and [`words`] puts the right text into finished messages.

use crate::sys;
use yash_env::system::Errno;

/// Added to a preview1 number that yash has no name for.
const FOREIGN: i32 = 1000;
/// A program that cannot be run and is no script either.
pub const NOT_A_PROGRAM: Errno = Errno(FOREIGN + sys::Errno::ENOEXEC.0 as i32);

macro_rules! table {
    ($($name:ident)*) => {
        const TABLE: &[(sys::Errno, Errno)] = &[$((sys::Errno::$name, Errno::$name)),*];
    };
}
table! {
    E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD ECONNABORTED
    ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTUNREACH EIDRM EILSEQ EINPROGRESS EINTR
    EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV
    ENOENT ENOEXEC ENOLCK ENOMEM ENOMSG ENOPROTOOPT ENOSPC ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTSOCK ENOTSUP ENOTTY ENXIO
    EOVERFLOW EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EROFS ESPIPE ESRCH ESTALE ETIMEDOUT ETXTBSY EXDEV
}

/// The kernel's error as yash's.
pub fn errno(error: sys::Errno) -> Errno {
    let found = TABLE.iter().find(|(own, _)| *own == error);
    found.map_or(Errno(FOREIGN + i32::from(error.0)), |(_, yash)| *yash)
}

/// Linux's words for yash's error.
pub fn text(error: Errno) -> &'static str {
    if error.0 >= FOREIGN {
        return sys::Errno((error.0 - FOREIGN) as u16).words();
    }
    let found = TABLE.iter().find(|(_, yash)| *yash == error);
    found.map_or("Unknown error", |(own, _)| own.words())
}

/// Replaces what std made of an error at the end of a message (`… (os error 45)`) by Linux's words, and gives the message's
/// other part and the error.
pub fn words(message: &str) -> Option<(&str, Errno)> {
    let at = message.rfind(" (os error ")?;
    let number: i32 = message[at + 11..].strip_suffix(')')?.parse().ok()?;
    let std = std::io::Error::from_raw_os_error(number).to_string();
    let rest = message.strip_suffix(&std)?;
    Some((rest, Errno(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(errno(sys::Errno::ENOENT), Errno::ENOENT);
        assert_eq!(text(Errno::ENOENT), "No such file or directory");
        assert_eq!(text(NOT_A_PROGRAM), "Exec format error");
        let message = format!("x: {}", Errno::ENOENT);
        assert_eq!(words(&message), Some(("x: ", Errno::ENOENT)));
        assert_eq!(words("x"), None);
    }
}
