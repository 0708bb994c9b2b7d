//! Uses what `wasix_32v1` offers here through the `wasix` crate, which others wrote, and says what came out otherwise than promised.
//!
//! Run it as pid 1 of a container with /tmp. Started with arguments it plays its own child.
use std::io::Read;
use std::os::fd::FromRawFd;
use std::sync::atomic::{AtomicI32, Ordering};

static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// The handler that `callback_signal` names.
#[unsafe(no_mangle)]
pub extern "C" fn __wasm_signal(signal: i32) {
    CAUGHT.store(signal, Ordering::Relaxed);
}

struct Report {
    failures: i32,
}

impl Report {
    fn check<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, got: T, expected: T) {
        if got != expected {
            println!("FAIL {name}: {got:?}, expected {expected:?}");
            self.failures += 1;
        }
    }
}

/// Strings as C has them, and the pointers to them.
struct Strings(Vec<Vec<u8>>, Vec<*mut u8>);

fn strings(list: &[&str]) -> Strings {
    let mut owned: Vec<Vec<u8>> = list
        .iter()
        .map(|text| [text.as_bytes(), &[0]].concat())
        .collect();
    let pointers = owned.iter_mut().map(|text| text.as_mut_ptr()).collect();
    Strings(owned, pointers)
}

fn operation(
    cmd: wasix::ProcSpawnFdOpName,
    fd: u32,
    src_fd: u32,
    path: &str,
) -> wasix::ProcSpawnFdOp {
    wasix::ProcSpawnFdOp {
        cmd,
        fd,
        src_fd,
        path: path.as_ptr().cast_mut(),
        path_len: path.len(),
        dirflags: wasix::LOOKUPFLAGS_SYMLINK_FOLLOW,
        oflags: wasix::OFLAGS_CREAT,
        fs_rights_base: wasix::RIGHTS_FD_WRITE,
        fs_rights_inheriting: 0,
        fdflags: 0,
        fdflagsext: 0,
    }
}

fn spawn(arguments: &[&str], operations: &[wasix::ProcSpawnFdOp]) -> Result<u32, wasix::Errno> {
    let (args, envs) = (
        strings(arguments),
        strings(&["PATH=/none:/bin", "WORD=sea"]),
    );
    debug_assert_eq!(args.0.len(), args.1.len());
    unsafe {
        wasix::proc_spawn3(
            "wasixtest",
            &args.1,
            &envs.1,
            operations,
            &[],
            wasix::BOOL_TRUE,
            "",
        )
    }
}

/// Tag, pid and status of a join.
fn join(pid: Option<u32>, flags: u32) -> Result<(u8, u32, wasix::JoinStatus), wasix::Errno> {
    let mut option = wasix::OptionPid {
        tag: u8::from(pid.is_some()),
        u: wasix::OptionPidU {
            some: pid.unwrap_or(0),
        },
    };
    let status = unsafe { wasix::proc_join(&mut option, flags)? };
    Ok((status.tag, unsafe { option.u.some }, status))
}

fn children(r: &mut Report) {
    use wasix::*;
    unsafe {
        let (reader, writer) = fd_pipe().expect("pipe");
        let operations = [
            operation(PROC_SPAWN_FD_OP_NAME_DUP2, 1, writer, ""),
            operation(PROC_SPAWN_FD_OP_NAME_CLOSE, reader, 0, ""),
            operation(PROC_SPAWN_FD_OP_NAME_CLOSE, writer, 0, ""),
            operation(PROC_SPAWN_FD_OP_NAME_CHDIR, 0, 0, "/tmp"),
            operation(PROC_SPAWN_FD_OP_NAME_OPEN, 9, 0, "made"),
        ];
        let child = spawn(
            &["wasixtest", "child", "two words\nand a line"],
            &operations,
        )
        .expect("spawn");
        fd_close(writer).expect("close");
        let mut text = String::new();
        let mut pipe = std::fs::File::from_raw_fd(reader as i32);
        pipe.read_to_string(&mut text).expect("read");
        r.check(
            "what the child saw",
            text.as_str(),
            "two words\nand a line|sea|/tmp|1\n",
        );
        let (tag, pid, status) = join(Some(child), 0).expect("join");
        r.check(
            "join",
            (tag, pid, status.u.exit_normal.raw()),
            (1, child, 7),
        );
        r.check(
            "opened in the child's cwd",
            std::fs::read("/tmp/made").ok(),
            Some(b"here".to_vec()),
        );
        let child = spawn(&["wasixtest", "sleep"], &[]).expect("spawn");
        r.check(
            "nothing yet",
            join(Some(child), JOIN_FLAGS_NON_BLOCKING).map(|j| j.0),
            Ok(0),
        );
        r.check("parent", proc_parent(child), proc_id());
        r.check("signal", proc_signal(child, SIGNAL_TERM), Ok(()));
        let (tag, pid, status) = join(None, 0).expect("join");
        r.check(
            "signalled",
            (tag, pid, status.u.exit_signal.signal.raw()),
            (2, child, 15),
        );
        r.check("no children", join(None, 0).map(|j| j.0), Err(ERRNO_CHILD));
        let child = spawn(&["wasixtest", "exec"], &[]).expect("spawn");
        r.check(
            "exec",
            join(Some(child), 0).map(|j| j.2.u.exit_normal.raw()),
            Ok(9),
        );
        let args = strings(&["x"]);
        r.check(
            "exec of nothing",
            proc_exec4("nope", &args.1, &[], BOOL_TRUE, "/bin"),
            Err(ERRNO_NOENT),
        );
    }
}

fn rest(r: &mut Report) {
    use wasix::*;
    unsafe {
        r.check("pid", proc_id(), Ok(1));
        r.check("dup2 from 30", fd_dup2(1, 30, BOOL_TRUE), Ok(30));
        r.check("cloexec", fd_fdflags_get(30), Ok(1));
        fd_close(30).expect("close");
        r.check("dup of nothing", fd_dup(55), Err(ERRNO_BADF));
        let rights = RIGHTS_FD_READ | RIGHTS_FD_WRITE;
        let opened = path_open2(
            3,
            0,
            "tmp/two",
            OFLAGS_CREAT,
            rights,
            0,
            0,
            FDFLAGSEXT_CLOEXEC,
        );
        r.check(
            "open with flags",
            opened.and_then(|fd| fd_fdflags_get(fd)),
            Ok(FDFLAGSEXT_CLOEXEC),
        );
        r.check("chdir", chdir("/tmp"), Ok(()));
        let mut buffer = [0; 64];
        let mut len = buffer.len();
        r.check(
            "getcwd",
            getcwd(buffer.as_mut_ptr(), &mut len).map(|()| buffer[..len].to_vec()),
            Ok(b"/tmp".to_vec()),
        );
        len = 2;
        r.check(
            "getcwd in two bytes",
            getcwd(buffer.as_mut_ptr(), &mut len).map_err(|e| (e, len)),
            Err((ERRNO_OVERFLOW, 4)),
        );
        let mut tty = std::mem::zeroed();
        r.check(
            "tty",
            tty_get(&mut tty).map(|()| (tty.cols, tty.rows, tty.stdin_tty)),
            Ok((80, 24, BOOL_FALSE)),
        );
        r.check("tty_set", tty_set(&mut tty), Err(ERRNO_NOTTY));
        r.check("sockets", round_trip(), Ok(*b"ping"));
        r.check("no threads", thread_join(1), Err(ERRNO_NOTSUP));
        r.check("one thread", thread_parallelism(), Ok(1));
        callback_signal("__wasm_signal");
        proc_signal(1, SIGNAL_USR1).expect("signal");
        r.check("handler", CAUGHT.load(Ordering::Relaxed), 10);
        r.check("sleep", thread_sleep(1_000_000), Ok(()));
    }
}

/// A connection to oneself by the loopback address: what goes in at one end comes out at the other.
unsafe fn round_trip() -> Result<[u8; 4], wasix::Errno> {
    use wasix::*;
    unsafe {
        let open = || {
            sock_open(
                ADDRESS_FAMILY_INET4,
                SOCK_TYPE_SOCKET_STREAM,
                SOCK_PROTO_TCP,
            )
        };
        let (server, client) = (open()?, open()?);
        let addr = AddrIp4 {
            n0: 127,
            n1: 0,
            h0: 0,
            h1: 1,
        };
        let any = AddrPort {
            tag: ADDRESS_FAMILY_INET4.raw(),
            u: AddrPortU {
                inet4: AddrIp4Port { port: 0, addr },
            },
        };
        sock_bind(server, &any)?;
        sock_listen(server, 1)?;
        let bound = sock_addr_local(server)?;
        sock_connect(client, &bound)?;
        let (accepted, _) = sock_accept_v2(server, 0)?;
        let text = b"ping";
        let out = [Ciovec {
            buf: text.as_ptr(),
            buf_len: text.len(),
        }];
        sock_send(client, &out, 0)?;
        let mut heard = [0; 4];
        let into = [Iovec {
            buf: heard.as_mut_ptr(),
            buf_len: heard.len(),
        }];
        sock_recv(accepted, &into, 0)?;
        Ok(heard)
    }
}

fn child(role: &str, arguments: &[String]) -> ! {
    let code = match role {
        "child" => {
            let word = std::env::var("WORD").unwrap_or_default();
            let mut buffer = [0; 64];
            let mut len = buffer.len();
            unsafe { wasix::getcwd(buffer.as_mut_ptr(), &mut len).expect("getcwd") };
            let cwd = String::from_utf8_lossy(&buffer[..len]);
            let parent = unsafe { wasix::proc_parent(wasix::proc_id().expect("pid")) };
            println!("{}|{word}|{cwd}|{}", arguments[2], parent.expect("parent"));
            let vector = [wasix::Ciovec {
                buf: b"here".as_ptr(),
                buf_len: 4,
            }];
            unsafe { wasix::fd_write(9, &vector).expect("write") };
            7
        }
        "exec" => {
            let args = strings(&["wasixtest", "end"]);
            let error =
                unsafe { wasix::proc_exec4("/bin/wasixtest", &args.1, &[], wasix::BOOL_FALSE, "") };
            println!("FAIL exec: {error:?}");
            1
        }
        "end" => 9,
        _ => {
            std::thread::sleep(std::time::Duration::from_secs(1000));
            0
        }
    };
    std::process::exit(code)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(role) = arguments.get(1) {
        child(role, &arguments);
    }
    let mut report = Report { failures: 0 };
    children(&mut report);
    rest(&mut report);
    println!("{} surprises", report.failures);
    std::process::exit(report.failures);
}
