//! `wasi_snapshot_preview1`, all 46.

use super::{Entry, error, full, partial};
use crate::base::errno::Errno::Notsock;

const RIGHTS: &str = "rights are accepted and ignored: modes and owners decide, as on Linux";
const ADVICE: &str = "accepted, without effect";
const NETWORK: &str = "no descriptor is a socket: containers have no network yet";

pub const ENTRIES: &[Entry] = &[
    full("args_get"),
    full("args_sizes_get"),
    full("environ_get"),
    full("environ_sizes_get"),
    full("clock_res_get"),
    partial(
        "clock_time_get",
        "the CPU time clocks count what the scheduler measured",
    ),
    partial("fd_advise", ADVICE),
    partial("fd_allocate", "extends the file; nothing is reserved"),
    full("fd_close"),
    full("fd_datasync"),
    partial("fd_fdstat_get", "all rights are shown"),
    full("fd_fdstat_set_flags"),
    partial("fd_fdstat_set_rights", RIGHTS),
    full("fd_filestat_get"),
    full("fd_filestat_set_size"),
    full("fd_filestat_set_times"),
    full("fd_pread"),
    full("fd_prestat_get"),
    full("fd_prestat_dir_name"),
    full("fd_pwrite"),
    full("fd_read"),
    full("fd_readdir"),
    full("fd_renumber"),
    full("fd_seek"),
    full("fd_sync"),
    full("fd_tell"),
    full("fd_write"),
    full("path_create_directory"),
    full("path_filestat_get"),
    full("path_filestat_set_times"),
    full("path_link"),
    partial("path_open", RIGHTS),
    full("path_readlink"),
    full("path_remove_directory"),
    full("path_rename"),
    full("path_symlink"),
    full("path_unlink_file"),
    full("poll_oneoff"),
    full("proc_exit"),
    full("proc_raise"),
    full("sched_yield"),
    full("random_get"),
    error("sock_accept", Notsock, NETWORK),
    error("sock_recv", Notsock, NETWORK),
    error("sock_send", Notsock, NETWORK),
    error("sock_shutdown", Notsock, NETWORK),
];
