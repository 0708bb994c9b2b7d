//! Real containers of the catalogue's images: what the verbs promise, over the real kernel, tree and store.
//!
//! One engine and one folder of compiled code serve all tests of the process; compiling the utilities takes a moment once.

use super::*;
use crate::engine::{
    AttachOptions, ByteStream, Filters, ListOptions, LogOptions, PullOptions, RemoveOptions,
    StopOptions, WaitCondition,
};
use crate::wire::frame::Decoder;
use crate::wire::{CreateBody, ExecCreate, ExecStart, go};
use bytes::Bytes;
use futures_util::StreamExt;
use std::path::Path;

struct Place {
    engine: Arc<Engine>,
    _state: tempfile::TempDir,
}

/// An engine of its own with the alpine image; compiled code is shared below the target folder.
async fn place() -> Place {
    let state = tempfile::tempdir().unwrap();
    let engine = open_at(state.path());
    let options = PullOptions {
        image: "alpine:latest".to_owned(),
        ..PullOptions::default()
    };
    let pull: Vec<_> = engine.pull(options).await.unwrap().collect().await;
    let last = pull.last().and_then(|line| line.status.clone()).unwrap();
    assert_eq!(
        last, "Status: Downloaded newer image for alpine:latest",
        "{pull:?}"
    );
    Place {
        engine,
        _state: state,
    }
}

fn open_at(state: &Path) -> Arc<Engine> {
    let mut options = OpenOptions::new(state);
    options.cache = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/guest-cache"));
    open(options).unwrap()
}

/// What a stream carries, without the frames where there are some.
async fn all(mut stream: ByteStream, tty: bool) -> String {
    let mut out = Vec::new();
    let mut frames = Decoder::default();
    while let Some(piece) = stream.next().await {
        if tty {
            out.extend_from_slice(&piece);
            continue;
        }
        frames.push(&piece);
        while let Some((_, bytes)) = frames.next_frame().unwrap() {
            out.extend_from_slice(&bytes);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Place {
    /// What `docker run` does, with the output from the log.
    async fn run(&self, body: &str) -> (String, i64) {
        let body: CreateBody = go::from_slice(body.as_bytes()).unwrap();
        let id = self.engine.create(None, None, body).await.unwrap().id;
        let ended = self.engine.wait(&id, WaitCondition::NextExit).unwrap();
        self.engine.start(&id).await.unwrap();
        let code = ended.await.status_code;
        (self.log(&id).await, code)
    }

    async fn log(&self, id: &str) -> String {
        let options = LogOptions {
            stdout: true,
            stderr: true,
            ..LogOptions::default()
        };
        let log = self.engine.logs(id, options).await.unwrap();
        all(log.output, log.tty).await
    }

    async fn sleeper(&self, name: &str) -> String {
        let body = r#"{"Image":"alpine","Cmd":["sleep","1000"]}"#;
        let id = self
            .engine
            .create(Some(name), None, go::from_slice(body.as_bytes()).unwrap())
            .await
            .unwrap()
            .id;
        self.engine.start(&id).await.unwrap();
        id
    }

    async fn exec(&self, name: &str, spec: ExecCreate) -> (String, i64) {
        let spec = ExecCreate {
            attach_stdout: true,
            attach_stderr: true,
            ..spec
        };
        let id = self.engine.exec_create(name, spec).await.unwrap().id;
        let streams = self
            .engine
            .exec_start(&id, ExecStart::default())
            .await
            .unwrap()
            .unwrap();
        let text = all(streams.output, streams.tty).await;
        (
            text,
            self.engine.exec_inspect(&id).unwrap().exit_code.unwrap(),
        )
    }
}

fn words(list: &[&str]) -> Option<Vec<String>> {
    Some(list.iter().map(|w| (*w).to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_runs_with_its_arguments_environment_user_and_files() {
    let place = place().await;
    assert_eq!(
        place
            .run(r#"{"Image":"alpine","Cmd":["echo","a","b c"]}"#)
            .await,
        ("a b c\n".into(), 0)
    );
    assert_eq!(
        place.run(r#"{"Image":"alpine","Cmd":["false"]}"#).await.1,
        1
    );
    let (env, _) = place
        .run(r#"{"Image":"alpine","Cmd":["env"],"Env":["A B=c"],"Hostname":"h","User":"nobody"}"#)
        .await;
    assert!(
        env.contains("HOSTNAME=h\n") && env.contains("A B=c\n") && env.contains("HOME=/\n"),
        "{env}"
    );
    assert!(!env.contains("TERM="));
    let (id, _) = place
        .run(r#"{"Image":"alpine","Cmd":["id","-u"],"User":"1234:5"}"#)
        .await;
    assert_eq!(id, "1234\n");
    let (pwd, _) = place
        .run(r#"{"Image":"alpine","Cmd":["pwd"],"WorkingDir":"/made/here"}"#)
        .await;
    assert_eq!(pwd, "/made/here\n");
    let (hosts, _) = place
        .run(r#"{"Image":"alpine","Cmd":["cat","/etc/hostname","/etc/hosts"],"Hostname":"web"}"#)
        .await;
    assert!(
        hosts.starts_with("web\n127.0.0.1\tlocalhost\n") && hosts.ends_with("\tweb\n"),
        "{hosts}"
    );
    let (text, code) = place
        .run(r#"{"Image":"alpine","Cmd":["touch","/x"],"HostConfig":{"ReadonlyRootfs":true}}"#)
        .await;
    assert!(
        code == 1 && text.contains("Read-only file system"),
        "{code} {text}"
    );
    let (text, code) = place.run(r#"{"Image":"alpine","Cmd":["touch","/t/x"],"HostConfig":{"ReadonlyRootfs":true,"Tmpfs":{"/t":""}}}"#).await;
    assert_eq!((text.as_str(), code), ("", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_fail_in_dockers_words() {
    let place = place().await;
    let start = async |body: &str| {
        let id = place
            .engine
            .create(None, None, go::from_slice(body.as_bytes()).unwrap())
            .await
            .unwrap()
            .id;
        let error = place.engine.start(&id).await.unwrap_err();
        let code = place
            .engine
            .inspect(&id, false)
            .await
            .unwrap()
            .state
            .exit_code;
        (
            error.message.rsplit("init: ").next().unwrap().to_owned(),
            code,
        )
    };
    for (body, expected) in [
        (
            r#"{"Image":"alpine","Cmd":["nosuch"]}"#,
            ("exec: \"nosuch\": executable file not found in $PATH", 127),
        ),
        (
            r#"{"Image":"alpine","Cmd":["/nosuch"]}"#,
            (
                "exec: \"/nosuch\": stat /nosuch: no such file or directory",
                127,
            ),
        ),
        (
            r#"{"Image":"alpine","Cmd":["/etc"]}"#,
            ("exec: \"/etc\": is a directory: permission denied", 126),
        ),
        (
            r#"{"Image":"alpine","Cmd":["/etc/passwd"]}"#,
            ("exec: \"/etc/passwd\": permission denied", 126),
        ),
        (
            r#"{"Image":"alpine","Cmd":["id"],"User":"nosuch"}"#,
            (
                "unable to find user nosuch: no matching entries in passwd file",
                128,
            ),
        ),
    ] {
        let (message, code) = start(body).await;
        assert_eq!((message.as_str(), code), expected);
    }
    let body = go::from_slice(br#"{"Image":"alpine","WorkingDir":"/etc/passwd"}"#).unwrap();
    let error = place
        .engine
        .create(Some("taken"), None, body)
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "Cannot mkdir: /etc/passwd is not a directory"
    );
    place.sleeper("taken").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stdin_reaches_the_program_and_its_end_too() {
    let place = place().await;
    let body = r#"{"Image":"alpine","Cmd":["cat"],"OpenStdin":true,"StdinOnce":true}"#;
    let id = place
        .engine
        .create(None, None, go::from_slice(body.as_bytes()).unwrap())
        .await
        .unwrap()
        .id;
    let options = AttachOptions {
        stream: true,
        stdin: true,
        stdout: true,
        stderr: true,
        ..AttachOptions::default()
    };
    let mut streams = place.engine.attach(&id, options).unwrap();
    let ended = place.engine.wait(&id, WaitCondition::NextExit).unwrap();
    place.engine.start(&id).await.unwrap();
    let mut stdin = streams.stdin.take().unwrap();
    let typed = tokio::spawn(async move {
        for _ in 0..100 {
            stdin.write(Bytes::from(vec![b'x'; 10_000])).await.unwrap();
        }
        stdin.finish();
    });
    let output = all(streams.output, streams.tty).await;
    typed.await.unwrap();
    assert_eq!(output.matches('x').count(), 1_000_000);
    assert_eq!(ended.await.status_code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_raw_has_a_size_and_a_place() {
    let place = place().await;
    let body = r#"{"Image":"alpine","Cmd":["cat"],"OpenStdin":true,"StdinOnce":true,"Tty":true,"HostConfig":{"ConsoleSize":[30,100]}}"#;
    let id = place
        .engine
        .create(Some("tt"), None, go::from_slice(body.as_bytes()).unwrap())
        .await
        .unwrap()
        .id;
    let options = AttachOptions {
        stream: true,
        stdin: true,
        stdout: true,
        ..AttachOptions::default()
    };
    let mut streams = place.engine.attach(&id, options).unwrap();
    place.engine.start(&id).await.unwrap();
    place.engine.resize("tt", 40, 120).unwrap();
    let spec = ExecCreate {
        cmd: words(&["tty"]),
        tty: true,
        ..ExecCreate::default()
    };
    assert_eq!(place.exec("tt", spec).await, ("/dev/pts/1\r\n".into(), 0));
    let mut stdin = streams.stdin.take().unwrap();
    stdin.write(Bytes::from_static(b"hi\r\x04")).await.unwrap();
    // Echoed, and written again by cat.
    assert_eq!(all(streams.output, streams.tty).await, "hi\r\nhi\r\n");
    assert_eq!(
        place
            .engine
            .wait(&id, WaitCondition::NotRunning)
            .unwrap()
            .await
            .status_code,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn exec_joins_the_container() {
    let place = place().await;
    place.sleeper("cc").await;
    let run = |list: &[&str]| ExecCreate {
        cmd: words(list),
        ..ExecCreate::default()
    };
    assert_eq!(place.exec("cc", run(&["touch", "/tmp/seen"])).await.1, 0);
    let spec = ExecCreate {
        working_dir: "/tmp".into(),
        user: "nobody".into(),
        env: words(&["A=b"]),
        ..run(&["ls"])
    };
    assert!(place.exec("cc", spec).await.0.ends_with("seen\n"));
    let (text, code) = place.exec("cc", run(&["nosuch"])).await;
    assert!(text.ends_with("unable to start container process: exec: \"nosuch\": executable file not found in $PATH\r\n"), "{text}");
    assert_eq!(code, 127);
    let spec = ExecCreate {
        working_dir: "/nosuch".into(),
        ..run(&["id"])
    };
    let (text, code) = place.exec("cc", spec).await;
    assert!(
        text.ends_with(
            "chdir to cwd (\"/nosuch\") set in config.json failed: no such file or directory\r\n"
        ),
        "{text}"
    );
    assert_eq!(code, 127);
    let top = place.engine.top("cc", "").unwrap();
    let (titles, lines) = (top.titles.unwrap(), top.processes.unwrap());
    assert_eq!(
        (titles.len(), lines.len(), lines[0][7].as_str()),
        (8, 1, "sleep 1000")
    );
    // Seen from outside, pid 1 has the number that `inspect` shows.
    let pid = place.engine.inspect("cc", false).await.unwrap().state.pid;
    assert_eq!(lines[0][1], pid.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn pid_1_ignores_sigterm_and_ends_at_sigkill() {
    let place = place().await;
    let id = place.sleeper("cc").await;
    place.engine.kill("cc", Some("TERM")).await.unwrap();
    assert_eq!(
        place
            .engine
            .inspect("cc", false)
            .await
            .unwrap()
            .state
            .status,
        "running"
    );
    place.engine.pause("cc").await.unwrap();
    place.engine.unpause("cc").await.unwrap();
    place
        .engine
        .stop(
            "cc",
            StopOptions {
                timeout: Some(0),
                ..StopOptions::default()
            },
        )
        .await
        .unwrap();
    let state = place.engine.inspect(&id, true).await.unwrap();
    assert_eq!(
        (state.state.exit_code, state.state.status.as_str()),
        (137, "exited")
    );
    assert!(state.size_root_fs.unwrap() > 100_000);
    place.engine.start("cc").await.unwrap();
    place
        .engine
        .remove(
            "cc",
            RemoveOptions {
                force: true,
                ..RemoveOptions::default()
            },
        )
        .await
        .unwrap();
    assert!(
        place
            .engine
            .list(ListOptions {
                all: true,
                ..ListOptions::default()
            })
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_init_sigterm_ends_the_program() {
    let place = place().await;
    let body = r#"{"Image":"alpine","Cmd":["sleep","1000"],"HostConfig":{"Init":true,"AutoRemove":false}}"#;
    let body = go::from_slice(body.as_bytes()).unwrap();
    let id = place.engine.create(None, None, body).await.unwrap().id;
    place.engine.start(&id).await.unwrap();
    place
        .engine
        .stop(&id, StopOptions::default())
        .await
        .unwrap();
    assert_eq!(
        place
            .engine
            .inspect(&id, false)
            .await
            .unwrap()
            .state
            .exit_code,
        143
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_survive_stop_and_the_engine() {
    let place = place().await;
    place.sleeper("cc").await;
    let run = |list: &[&str]| ExecCreate {
        cmd: words(list),
        ..ExecCreate::default()
    };
    assert_eq!(
        place
            .exec("cc", run(&["cp", "/etc/passwd", "/kept"]))
            .await
            .1,
        0
    );
    let Place { engine, _state } = place;
    engine.kill("cc", None).await.unwrap();
    drop(engine);
    let engine = loop {
        tokio::task::yield_now().await;
        if let Ok(store) = Store::open_dir(_state.path()) {
            drop(store);
            break open_at(_state.path());
        }
    };
    let place = Place { engine, _state };
    place.engine.start("cc").await.unwrap();
    assert!(
        place
            .exec("cc", run(&["cat", "/kept"]))
            .await
            .0
            .contains("root:x:0:0")
    );
    let filters = Filters::default().with("ancestor", "alpine");
    assert_eq!(
        place
            .engine
            .list(ListOptions {
                filters,
                ..ListOptions::default()
            })
            .await
            .unwrap()
            .len(),
        1
    );
    place.engine.kill("cc", None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_without_a_record_are_swept_at_the_start() {
    let state = tempfile::tempdir().unwrap();
    drop(open_at(state.path()));
    let folder = state.path().join("containers/abc/upper");
    std::fs::create_dir_all(&folder).unwrap();
    drop(open_at(state.path()));
    assert!(!folder.exists() && !state.path().join("containers/abc").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_containers_at_once_all_end() {
    let place = place().await;
    let runs = (0..50).map(|n| {
        let place = &place;
        async move {
            place
                .run(&format!(r#"{{"Image":"alpine","Cmd":["echo","{n}"]}}"#))
                .await
        }
    });
    let outcomes = futures_util::future::join_all(runs).await;
    for (n, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome, (format!("{n}\n"), 0));
    }
    assert!(place.engine.idle_since().is_some());
}
