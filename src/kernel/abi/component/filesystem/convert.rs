//! Between the kernel's words for files and those of `wasi:filesystem`.

use super::super::bindings::wasi::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue, NewTimestamp,
    OpenFlags, PathFlags,
};
use super::super::clocks::datetime;
use crate::base::errno::Errno;
use crate::kernel::open::{O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDWR, O_TRUNC, O_WRONLY};
use crate::vfs::{Attr, Kind, SetTime, Time};

/// What a node is.
pub fn descriptor_type(kind: Kind) -> DescriptorType {
    match kind {
        Kind::File => DescriptorType::RegularFile,
        Kind::Dir => DescriptorType::Directory,
        Kind::Symlink => DescriptorType::SymbolicLink,
        Kind::Fifo => DescriptorType::Fifo,
        Kind::CharDevice => DescriptorType::CharacterDevice,
        Kind::BlockDevice => DescriptorType::BlockDevice,
        Kind::Socket => DescriptorType::Socket,
    }
}

/// What is known of a node.
pub fn stat(attr: &Attr) -> DescriptorStat {
    DescriptorStat {
        type_: descriptor_type(attr.kind),
        link_count: attr.nlink,
        size: attr.size,
        data_access_timestamp: Some(datetime(attr.atime.0)),
        data_modification_timestamp: Some(datetime(attr.mtime.0)),
        status_change_timestamp: Some(datetime(attr.ctime.0)),
    }
}

/// Two names of one node give the same; a node that was changed or replaced gives another.
pub fn metadata_hash(attr: &Attr) -> MetadataHashValue {
    MetadataHashValue {
        lower: attr.ino ^ attr.dev.rotate_left(32),
        upper: (attr.mtime.0 as u64).rotate_left(17) ^ attr.size,
    }
}

/// What a description permits, by Linux's access mode.
pub fn descriptor_flags(flags: u32, directory: bool) -> DescriptorFlags {
    let mut out = DescriptorFlags::empty();
    if flags & 3 != O_WRONLY {
        out |= DescriptorFlags::READ;
    }
    if flags & 3 != 0 {
        out |= DescriptorFlags::WRITE;
    }
    if directory {
        out |= DescriptorFlags::MUTATE_DIRECTORY;
    }
    out
}

/// Linux's open flags.
pub fn open_flags(path: PathFlags, open: OpenFlags, wanted: DescriptorFlags) -> u32 {
    let directory = open.contains(OpenFlags::DIRECTORY);
    let write = wanted.contains(DescriptorFlags::WRITE) && !directory;
    let read = wanted.contains(DescriptorFlags::READ) || !write;
    let mut flags = match (read, write) {
        (true, true) => O_RDWR,
        (false, true) => O_WRONLY,
        _ => 0,
    };
    let mut add = |condition: bool, flag: u32| flags |= if condition { flag } else { 0 };
    add(!path.contains(PathFlags::SYMLINK_FOLLOW), O_NOFOLLOW);
    add(directory, O_DIRECTORY);
    add(open.contains(OpenFlags::CREATE), O_CREAT);
    add(open.contains(OpenFlags::EXCLUSIVE), O_EXCL);
    add(open.contains(OpenFlags::TRUNCATE), O_TRUNC);
    flags
}

/// EINVAL for a moment after the year 2262.
pub fn new_time(time: NewTimestamp) -> Result<SetTime, Errno> {
    Ok(match time {
        NewTimestamp::NoChange => SetTime::Omit,
        NewTimestamp::Now => SetTime::Now,
        NewTimestamp::Timestamp(at) => {
            let seconds = i64::try_from(at.seconds).map_err(|_| Errno::Inval)?;
            let whole = seconds.checked_mul(1_000_000_000).ok_or(Errno::Inval)?;
            let moment = whole.checked_add(at.nanoseconds.into());
            SetTime::To(Time(moment.ok_or(Errno::Inval)?))
        }
    })
}

/// Preview1's numbers that WASI 0.2 has dropped become the nearest that it has.
impl From<Errno> for ErrorCode {
    fn from(errno: Errno) -> ErrorCode {
        match errno {
            Errno::Acces => ErrorCode::Access,
            Errno::Again => ErrorCode::WouldBlock,
            Errno::Already => ErrorCode::Already,
            Errno::Badf => ErrorCode::BadDescriptor,
            Errno::Busy => ErrorCode::Busy,
            Errno::Deadlk => ErrorCode::Deadlock,
            Errno::Dquot => ErrorCode::Quota,
            Errno::Exist => ErrorCode::Exist,
            Errno::Fbig => ErrorCode::FileTooLarge,
            Errno::Ilseq => ErrorCode::IllegalByteSequence,
            Errno::Inprogress => ErrorCode::InProgress,
            Errno::Intr => ErrorCode::Interrupted,
            Errno::Inval => ErrorCode::Invalid,
            Errno::Isdir => ErrorCode::IsDirectory,
            Errno::Loop => ErrorCode::Loop,
            Errno::Mlink => ErrorCode::TooManyLinks,
            Errno::Msgsize => ErrorCode::MessageSize,
            Errno::Nametoolong => ErrorCode::NameTooLong,
            Errno::Nodev => ErrorCode::NoDevice,
            Errno::Noent => ErrorCode::NoEntry,
            Errno::Nolck => ErrorCode::NoLock,
            // There is none for "too many open files"; what it lacks is memory for a number.
            Errno::Nomem | Errno::Mfile | Errno::Nfile => ErrorCode::InsufficientMemory,
            Errno::Nospc => ErrorCode::InsufficientSpace,
            Errno::Notdir => ErrorCode::NotDirectory,
            Errno::Notempty => ErrorCode::NotEmpty,
            Errno::Notrecoverable => ErrorCode::NotRecoverable,
            Errno::Notsup | Errno::Nosys => ErrorCode::Unsupported,
            Errno::Notty => ErrorCode::NoTty,
            Errno::Nxio => ErrorCode::NoSuchDevice,
            Errno::Overflow => ErrorCode::Overflow,
            Errno::Perm => ErrorCode::NotPermitted,
            Errno::Pipe => ErrorCode::Pipe,
            Errno::Rofs => ErrorCode::ReadOnly,
            Errno::Spipe => ErrorCode::InvalidSeek,
            Errno::Txtbsy => ErrorCode::TextFileBusy,
            Errno::Xdev => ErrorCode::CrossDevice,
            _ => ErrorCode::Io,
        }
    }
}
