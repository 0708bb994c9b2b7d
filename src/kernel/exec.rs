//! `execve`: another program in the same process.
//!
//! Everything that can fail happens first; then descriptors marked so are closed, caught signals are back to their defaults,
//! set-id bits take effect, and the caller's program is left (`Leave::Exec`). `spawn` is the same for a new child.

use super::clone::Unborn;
use super::context::Leave;
use super::deliver::Action;
use super::fd::FdTable;
use super::life::{Begin, spawn as start};
use super::process::{Birth, Identity, Paths, Process};
use super::program::{Image, load};
use super::signal::{SigSet, Signal};
use crate::base::errno::Errno;
use crate::vfs::At;
use std::sync::Arc;

/// Linux's `ARG_MAX` for arguments and environment together, and `MAX_ARG_STRLEN` for one string.
const ARGUMENTS: usize = 2 << 20;
const ARGUMENT: usize = 128 << 10;

/// Replaces the process's program. The caller must leave its program with what this gives.
pub async fn exec(
    process: &Arc<Process>,
    at: At<'_>,
    path: &str,
    argv: Vec<String>,
    env: Vec<String>,
) -> Result<Leave, Errno> {
    let image = prepare(process, at, path, argv, env).await?;
    let closed = process.files.lock().take_cloexec();
    drop(closed);
    process.signals.reset_for_exec();
    set_ids(&mut process.identity.lock(), &image);
    *process.image.lock() = Arc::new(image.info.clone());
    process.sandbox.table.executed(process.pid);
    *process.next_image.lock() = Some(image);
    Ok(Leave::Exec)
}

/// How a spawned child differs from its parent.
pub struct SpawnPlan {
    pub path: String,
    pub argv: Vec<String>,
    pub env: Vec<String>,
    /// Its descriptors; those marked close-on-exec are closed.
    pub files: FdTable,
    /// `None`: the parent's.
    pub cwd: Option<String>,
    /// Puts it into a group: 0 makes one of its own.
    pub pgrp: Option<u32>,
    /// `None`: the parent's.
    pub mask: Option<SigSet>,
    /// Signals that the child ignores, or no longer ignores.
    pub actions: Vec<(Signal, Action)>,
}

/// Starts a program as a child and gives its pid: `clone` and `exec` in one, without copying memory.
pub async fn spawn(parent: &Arc<Process>, plan: SpawnPlan) -> Result<u32, Errno> {
    let cwd = plan.cwd.unwrap_or_else(|| parent.cwd());
    let image = prepare(parent, At::Path(&cwd), &plan.path, plan.argv, plan.env).await?;
    let mut files = plan.files;
    drop(files.take_cloexec());
    let sandbox = &parent.sandbox;
    let child = sandbox.table.add(Some(parent.pid), |pid| {
        let inherited = parent.offspring();
        inherited.signals.reset_for_exec();
        let mut identity = inherited.identity;
        set_ids(&mut identity, &image);
        let birth = Birth {
            files,
            paths: Paths {
                cwd,
                umask: inherited.paths.umask,
            },
            identity,
            image: Arc::new(image.info.clone()),
            ..inherited
        };
        Process::new(pid, sandbox, birth)
    })?;
    let unborn = Unborn(Some(child.clone()));
    if let Some(pgrp) = plan.pgrp {
        sandbox.table.setpgid(parent.pid, child.pid, pgrp)?;
    }
    if let Some(mask) = plan.mask {
        child.set_mask(super::deliver::MaskHow::Set, mask);
    }
    for (signal, action) in plan.actions {
        // KILL and STOP keep theirs, as in posix_spawn.
        let _ = child.signals.set_action(signal, action);
    }
    sandbox.table.executed(child.pid);
    unborn.born();
    let pid = child.pid;
    start(child, Begin::Program(image));
    Ok(pid)
}

async fn prepare(
    process: &Arc<Process>,
    at: At<'_>,
    path: &str,
    argv: Vec<String>,
    env: Vec<String>,
) -> Result<Image, Errno> {
    let strings = argv.iter().chain(&env);
    let total: usize = strings.clone().map(|s| s.len() + 9).sum();
    if total > ARGUMENTS || strings.into_iter().any(|s| s.len() >= ARGUMENT) {
        return Err(Errno::TooBig);
    }
    let cred = process.cred();
    let loading = load(&process.sandbox, &cred, at, path, argv, env);
    process.block(loading).await?.map_err(|error| {
        tracing::debug!(pid = process.pid, path, %error, "exec");
        error.errno()
    })
}

fn set_ids(identity: &mut Identity, image: &Image) {
    let Some(new) = image.lends(&identity.cred) else {
        return;
    };
    (identity.saved_uid, identity.saved_gid) = (new.uid, new.gid);
    identity.cred = Arc::new(new);
}
