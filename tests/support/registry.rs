//! Debian's docker-registry on a free port of this machine, with an empty folder of its own; what is in it may be deleted.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running registry; it ends with the test.
pub struct Registry {
    child: Child,
    pub address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Registry {
    /// Starts one on a free port; with `users` (in htpasswd's form) it asks for a password. `None`, said aloud, where the program
    /// is not installed.
    pub fn start(users: Option<&str>) -> Option<Registry> {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let data = folder.path().join("data");
        let mut config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  delete: {{enabled: true}}\n  filesystem: {{rootdirectory: {}}}\nhttp: {{addr: '{address}'}}\n",
            data.display()
        );
        if let Some(users) = users {
            let path = folder.path().join("users");
            std::fs::write(&path, users).expect("written");
            config += &format!(
                "auth:\n  htpasswd: {{realm: here, path: {}}}\n",
                path.display()
            );
        }
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).expect("written");
        let child = Command::new("docker-registry")
            .args(["serve".as_ref(), file.as_os_str()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            println!(
                "skipped: there is no docker-registry here (Debian: apt-get install docker-registry)"
            );
            return None;
        };
        let registry = Registry {
            child,
            address,
            _folder: folder,
        };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "the registry does not come"
            );
            std::thread::yield_now();
        }
        Some(registry)
    }
}
