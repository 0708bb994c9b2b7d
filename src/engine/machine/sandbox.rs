//! A running container, as the verbs see it.

use super::etc;
use super::process::{self, Program, Terminal};
use super::pump::Pumps;
use super::rootfs::Root;
use super::user;
use crate::engine::container::limits::{Limits, bad_ulimit};
use crate::engine::exec::check_environment;
use crate::engine::ports::{self, ExecSpec, Exit, LaunchError, ProcessLine, TtySize, Usage, Wires};
use crate::engine::record::Record;
use crate::engine::{Error, Result};
use crate::kernel::tty::Size;
use crate::kernel::{self, CpuQuota, ExitStatus, ProcessHandle, Rlimits, SandboxSpec, Signal};
use crate::net::Stack;
use crate::vfs::Namespace;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::Arc;

/// A container with its pid 1.
pub struct Live {
    sandbox: Arc<kernel::Sandbox>,
    root: Root,
    pumps: Arc<Pumps>,
    /// Held for its end.
    terminal: parking_lot::Mutex<Option<Terminal>>,
    env: Vec<String>,
    working_dir: String,
    user: String,
    pid: u32,
}

impl Live {
    /// Makes the sandbox and starts pid 1 in it; `lent` are variables that the record does not hold.
    pub async fn start(
        machine: &Arc<kernel::Machine>,
        record: &Record,
        lent: &[String],
        root: Root,
        size: TtySize,
        wires: Wires,
        net: Arc<Stack>,
    ) -> Result<Arc<Self>, LaunchError> {
        let config = &record.config;
        startable(record)?;
        let sandbox = machine.sandbox(SandboxSpec {
            id: record.id.clone(),
            hostname: config.hostname.clone(),
            domainname: config.domainname.clone(),
            namespace: root.namespace.clone(),
            limits: enforced(&root.limits),
            memory: Some(root.memory.clone()),
            net,
        });
        for (node, door) in &root.doors {
            sandbox.add_door(*node, door.clone());
        }
        if record.host_config.init == Some(true) {
            // There is no process in between, but signals end the program as if there were.
            sandbox.make_mortal();
        }
        let own = config.env.clone().unwrap_or_default();
        let linked = &record.state.net.env;
        let env = process::environment(&config.hostname, config.tty, &[linked, &own, lent]);
        let argv = std::iter::once(&record.path)
            .chain(&record.args)
            .cloned()
            .collect();
        let (pumps, stdio) = Pumps::start(config.tty, size, wires);
        let env_here = process::with_home(env.clone(), &root.user);
        let started = process::start(
            &sandbox,
            &root.dev.pts,
            &pumps,
            Program {
                argv,
                env: env_here,
                cwd: &config.working_dir,
                user: &root.user,
                stdio,
            },
        )
        .await;
        let (handle, terminal) = match started {
            Ok(started) => started,
            Err(e) => {
                pumps.finish().await;
                return Err(e);
            }
        };
        Ok(Arc::new(Live {
            sandbox,
            pumps: Arc::new(pumps),
            terminal: parking_lot::Mutex::new(terminal),
            // An exec has its own TERM.
            env: env
                .into_iter()
                .filter(|e| e != "TERM=xterm" || own.contains(e))
                .collect(),
            working_dir: config.working_dir.clone(),
            user: config.user.clone(),
            pid: handle.number(),
            root,
        }))
    }

    pub fn namespace(&self) -> &Namespace {
        &self.root.namespace
    }

    /// Bytes of the container's own files.
    pub fn size(&self) -> u64 {
        self.root.overlay.size_rw()
    }

    async fn start_exec(
        &self,
        spec: ExecSpec,
        wires: Wires,
    ) -> Result<Box<dyn ports::Process>, LaunchError> {
        check_environment(&spec.env)?;
        let name = if spec.user.is_empty() {
            &self.user
        } else {
            &spec.user
        };
        let mut user = user::find(self.namespace(), name, &[]).map_err(LaunchError::Other)?;
        let first = &self.root.user.cred;
        (user.cred.powers, user.cred.locked) = (first.powers, first.locked);
        let hostname = self.sandbox.hostname.lock().clone();
        let env = process::environment(&hostname, spec.tty, &[&self.env, &spec.env]);
        let cwd = if spec.working_dir.is_empty() {
            &self.working_dir
        } else {
            &spec.working_dir
        };
        let (pumps, stdio) = Pumps::start(spec.tty, spec.size, wires);
        let env = process::with_home(env, &user);
        let started = process::start(
            &self.sandbox,
            &self.root.dev.pts,
            &pumps,
            Program {
                argv: spec.argv,
                env,
                cwd,
                user: &user,
                stdio,
            },
        )
        .await;
        match started {
            Ok((handle, terminal)) => Ok(Box::new(Extra {
                sandbox: self.sandbox.clone(),
                handle,
                pumps: Arc::new(pumps),
                terminal: parking_lot::Mutex::new(terminal),
            })),
            Err(e) => {
                // The guest's ends are gone, so nothing is left to move.
                pumps.finish().await;
                Err(e)
            }
        }
    }
}

/// The limits as the kernel takes them.
fn enforced(limits: &Limits) -> kernel::Limits {
    let mut rlimits = Rlimits::new(0);
    for (number, soft, hard) in &limits.ulimits {
        if let Some(place) = rlimits.0.get_mut(*number) {
            *place = (*soft, *hard);
        }
    }
    kernel::Limits {
        memory: Some(limits.memory),
        pids: Some(limits.pids),
        rlimits,
        cpu: limits.cpu.map(|cpu| CpuQuota {
            quota_us: cpu.quota_us,
            period_us: cpu.period_us,
        }),
        shares: limits.shares.into(),
        cpus: limits.cpus,
    }
}

/// Refuses the limits that Docker takes and runc does not.
fn startable(record: &Record) -> Result<(), LaunchError> {
    let program = |words: String| Err(LaunchError::Program(words));
    match bad_ulimit(&record.host_config) {
        Some((words, true)) => {
            return Err(LaunchError::Other(Error::system(format!(
                "failed to create task for container: failed to create shim task: OCI runtime create failed: \
                 runc create failed: {words}"
            ))));
        }
        Some((words, false)) => return program(words),
        None => {}
    }
    match Limits::enforceable(&record.host_config, &record.id) {
        Ok(()) => Ok(()),
        Err(e) => program(format!(
            "error setting cgroup config for procHooks process: {}",
            e.message
        )),
    }
}

fn exit(status: ExitStatus) -> Exit {
    Exit {
        code: status.code,
        oom: status.oom,
    }
}

fn resize(pumps: &Pumps, size: TtySize) {
    if let Some(pty) = &pumps.pty {
        pty.resize(Size::new(size.rows, size.cols));
    }
}

impl ports::Process for Live {
    fn pid(&self) -> u32 {
        self.pid
    }

    fn finished(&self) -> BoxFuture<'static, Exit> {
        let (sandbox, pumps) = (self.sandbox.clone(), self.pumps.clone());
        let terminal = self.terminal.lock().take();
        async move {
            let status = sandbox.finished().await;
            pumps.finish().await;
            drop(terminal);
            exit(status)
        }
        .boxed()
    }

    fn resize(&self, size: TtySize) {
        resize(&self.pumps, size);
    }

    fn kill(&self) {
        // The error means that it has ended.
        let _ = self.sandbox.signal(Some(1), Signal::KILL);
    }
}

impl ports::Sandbox for Live {
    fn signal(&self, number: i32) -> Result<()> {
        let refused = |_| Error::conflict(format!("container {} is not running", self.sandbox.id));
        let signal = Signal::new(number)
            .ok_or_else(|| Error::invalid(format!("invalid signal: {number}")))?;
        self.sandbox.signal(Some(1), signal).map_err(refused)
    }

    fn pause(&self) -> BoxFuture<'_, ()> {
        self.sandbox.pause().boxed()
    }

    fn resume(&self) {
        self.sandbox.resume();
    }

    fn update(&self, limits: &Limits) -> Result<()> {
        let refused = |in_use: kernel::InUse| Error::system(in_use.to_string());
        self.sandbox.update(enforced(limits)).map_err(refused)
    }

    fn exec(
        &self,
        spec: ExecSpec,
        wires: Wires,
    ) -> BoxFuture<'_, Result<Box<dyn ports::Process>, LaunchError>> {
        self.start_exec(spec, wires).boxed()
    }

    fn change_hosts(&self, add: &[String], remove: &[String]) {
        // A container that took its hosts file away does without.
        if let Err(e) = etc::change_hosts(&self.root.namespace, add, remove) {
            tracing::debug!(container = %self.sandbox.id, "its hosts file stays: {e}");
        }
    }

    fn is_ending(&self) -> bool {
        self.sandbox.is_ending()
    }

    fn processes(&self) -> Vec<ProcessLine> {
        let processes = self.sandbox.processes();
        let numbers: HashMap<u32, u32> = processes.iter().map(|p| (p.pid, p.number)).collect();
        // Group and session may outlive the process that they are named for.
        let number = |pid: u32| numbers.get(&pid).copied().unwrap_or(0);
        let line = |p: &kernel::ProcInfo| ProcessLine {
            pid: p.number,
            ppid: number(p.ppid),
            pgrp: number(p.pgrp),
            sid: number(p.sid),
            tty: p.tty,
            foreground: p.foreground.map(number),
            state: p.state,
            uid: p.uid,
            gid: p.gid,
            comm: p.comm.clone(),
            argv: p.argv.clone(),
            cpu_ns: p.cpu_ns,
            started_ns: p.started_at,
            memory: p.memory,
            nice: p.nice,
        };
        processes.iter().map(line).collect()
    }

    fn usage(&self) -> Usage {
        // The clock after the work: a share above the whole would look wrong.
        let usage = self.sandbox.usage();
        Usage {
            cpu_ns: usage.cpu_ns,
            clock_ns: self.sandbox.machine.clock().monotonic(),
            memory: usage.memory,
            memory_peak: usage.memory_peak,
            memory_limit: usage.memory_limit,
            processes: usage.pids.into(),
            processes_limit: usage.pids_limit.map(u64::from),
            periods: usage.periods,
            throttled: usage.throttled,
            throttled_ns: usage.throttled_ns,
        }
    }
}

/// A process that `exec` added.
struct Extra {
    sandbox: Arc<kernel::Sandbox>,
    handle: ProcessHandle,
    pumps: Arc<Pumps>,
    terminal: parking_lot::Mutex<Option<Terminal>>,
}

impl ports::Process for Extra {
    fn pid(&self) -> u32 {
        self.handle.number()
    }

    fn finished(&self) -> BoxFuture<'static, Exit> {
        let (handle, pumps) = (self.handle.clone(), self.pumps.clone());
        let terminal = self.terminal.lock().take();
        async move {
            let status = handle.wait().await;
            pumps.finish().await;
            drop(terminal);
            exit(status)
        }
        .boxed()
    }

    fn resize(&self, size: TtySize) {
        resize(&self.pumps, size);
    }

    fn kill(&self) {
        // The error means that it has ended.
        let _ = self.sandbox.signal(Some(self.handle.pid), Signal::KILL);
    }
}
