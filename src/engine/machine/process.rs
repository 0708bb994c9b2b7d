//! The environment and the start of a process, pid 1 or exec'd.

use super::pump::Pumps;
use super::user::User;
use crate::engine::ports::LaunchError;
use crate::kernel::{ProcessHandle, ProcessSpec, Sandbox, StartError, Stdio};
use crate::vfs::dev::PtsFs;
use std::sync::Arc;

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const UMASK: u16 = 0o022;

/// Docker's environment: its own defaults, then the container's, each name once at its first place.
pub fn environment(hostname: &str, tty: bool, layers: &[&[String]]) -> Vec<String> {
    let mut env = vec![PATH.to_owned(), format!("HOSTNAME={hostname}")];
    if tty {
        env.push("TERM=xterm".to_owned());
    }
    for entry in layers.iter().flat_map(|layer| layer.iter()) {
        let Some((name, _)) = entry.split_once('=') else {
            // `-e NAME` of a variable that the client does not have takes it away.
            env.retain(|e| e.split('=').next() != Some(entry));
            continue;
        };
        match env.iter_mut().find(|e| e.split('=').next() == Some(name)) {
            Some(old) => old.clone_from(entry),
            None => env.push(entry.clone()),
        }
    }
    env
}

/// runc's last word: HOME, unless it was given.
pub fn with_home(mut env: Vec<String>, user: &User) -> Vec<String> {
    if !env.iter().any(|e| e.starts_with("HOME=") && e.len() > 5) {
        env.retain(|e| !e.starts_with("HOME="));
        env.push(format!("HOME={}", user.home));
    }
    env
}

/// A terminal's place below /dev/pts, as long as its process lives.
pub struct Terminal {
    pts: Arc<PtsFs>,
    number: u32,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.pts.remove(self.number);
    }
}

/// What is to run, as whom, and where its streams lead.
pub struct Program<'a> {
    pub argv: Vec<String>,
    pub env: Vec<String>,
    pub cwd: &'a str,
    pub user: &'a User,
    pub stdio: Stdio,
}

/// Starts a process; its terminal appears in the sandbox's /dev/pts first.
pub async fn start(
    sandbox: &Arc<Sandbox>,
    pts: &Arc<PtsFs>,
    pumps: &Pumps,
    program: Program<'_>,
) -> Result<(ProcessHandle, Option<Terminal>), LaunchError> {
    let Program {
        argv,
        env,
        cwd,
        user,
        stdio,
    } = program;
    let terminal = pumps.pty.as_ref().map(|pty| {
        let number = sandbox.add_terminal(pty);
        pts.add(number, user.cred.uid);
        Terminal {
            pts: pts.clone(),
            number,
        }
    });
    let spec = ProcessSpec {
        argv,
        env,
        cwd: if cwd.is_empty() {
            "/".to_owned()
        } else {
            cwd.to_owned()
        },
        cred: user.cred.clone(),
        umask: UMASK,
        stdio,
    };
    let handle = sandbox
        .start(spec)
        .await
        .map_err(|e: StartError| LaunchError::Program(e.to_string()))?;
    Ok((handle, terminal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::Cred;

    #[test]
    fn the_environment_is_dockers() {
        let own = ["A B=c".to_owned(), "PATH=/bin".to_owned()];
        let exec = ["X=1".to_owned(), "A B=d".to_owned()];
        let env = environment("h", true, &[&own, &exec]);
        assert_eq!(
            env,
            ["PATH=/bin", "HOSTNAME=h", "TERM=xterm", "A B=d", "X=1"]
        );
        let user = User {
            cred: Cred::root(),
            home: "/root".to_owned(),
        };
        assert_eq!(with_home(env.clone(), &user).last().unwrap(), "HOME=/root");
        let own = vec!["HOME=/x".to_owned()];
        assert_eq!(with_home(own.clone(), &user), own);
    }
}
