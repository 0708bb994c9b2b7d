//! The key-value server of the catalogue, its client and its benchmark. `redis/commands.txt` and `redis/three.txt` are questions and
//! the answers that redis-server 7.0.15 gave to them, on versions 2 and 3 of the protocol; `redis/dump.rdb` is a snapshot of its.

use super::{Net, text};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const READY: &str = "Ready to accept connections tcp";

/// A connection to the server.
struct Asking {
    reader: BufReader<TcpStream>,
}

impl Asking {
    fn new(port: u16) -> Asking {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).expect("set");
        Asking {
            reader: BufReader::new(stream),
        }
    }

    fn send(&mut self, line: &str) {
        write!(self.reader.get_mut(), "{line}\r\n").expect("sent");
    }

    /// One reply, byte by byte as it came, but for the ends of its lines.
    fn reply(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("a reply");
        let number = || line[1..].trim_end().parse::<i64>().expect("a number");
        let mut all = line.clone();
        match line.as_bytes().first() {
            Some(b'$' | b'=') => {
                if let Ok(length) = usize::try_from(number()) {
                    let mut bytes = vec![0; length + 2];
                    self.reader.read_exact(&mut bytes).expect("the rest");
                    all.push_str(&text(&bytes));
                }
            }
            Some(b'*' | b'~' | b'>') => (0..number()).for_each(|_| all.push_str(&self.reply())),
            Some(b'%') => (0..2 * number()).for_each(|_| all.push_str(&self.reply())),
            Some(_) => {}
            None => panic!("the connection is over"),
        }
        all.replace("\r\n", "\n")
    }

    fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.reply()
    }
}

/// `run -d --name r OPTIONS redis COMMAND`, ready.
fn start(net: &Net, options: &[&str], command: &[&str]) -> u16 {
    let start = ["run", "-d", "--name", "db", "-p", "6379"];
    net.world
        .ok(&[&start[..], options, &["redis"], command].concat());
    net.says("db", READY);
    net.port_of("db", "6379")
}

/// Asks everything in a recording and compares.
fn replay(asking: &mut Asking, recording: &str) -> usize {
    let mut count = 0;
    let mut differences = String::new();
    for part in recording.split("\n> ") {
        let part = part.strip_prefix("> ").unwrap_or(part);
        let (command, expected) = part.split_once('\n').expect("a command and its answer");
        let answer = asking.ask(command);
        if answer.trim_end() != expected.trim_end() {
            differences.push_str(&format!("> {command}\n{answer}instead of\n{expected}\n"));
        }
        count += 1;
    }
    assert!(differences.is_empty(), "{differences}");
    count
}

#[test]
fn it_answers_as_redis_did() {
    let net = Net::new();
    let port = start(&net, &[], &[]);
    let mut asking = Asking::new(port);
    let count = replay(&mut asking, include_str!("redis/commands.txt"));
    let mut asking = Asking::new(port);
    asking.ask("FLUSHALL");
    asking.ask("HELLO 3");
    let three = replay(&mut asking, include_str!("redis/three.txt"));
    assert!(count > 450 && three > 40, "{count} {three}");
    // The image is Docker's: who runs, where, on what.
    assert_eq!(
        net.field(
            "db",
            "{{.Config.WorkingDir}} {{json .Config.Volumes}} {{json .Config.ExposedPorts}}"
        ),
        "/data {\"/data\":{}} {\"6379/tcp\":{}}"
    );
    let stopped = std::time::Instant::now();
    net.world.ok(&["stop", "db"]);
    assert!(
        stopped.elapsed() < Duration::from_secs(5),
        "it did not hear SIGTERM"
    );
    assert_eq!(net.field("db", "{{.State.ExitCode}}"), "0");
    let log = net.world.ok(&["logs", "db"]);
    for words in [
        "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
        "* Running mode=standalone, port=6379.",
        "Received SIGTERM scheduling shutdown...",
        "* User requested shutdown...",
        "# Redis is now ready to exit, bye bye...",
    ] {
        assert!(log.contains(words), "{words}: {log}");
    }
}

#[test]
fn data_survives_stop_start_and_the_engines_death() {
    let net = Net::new();
    net.world.ok(&["volume", "create", "data"]);
    let port = start(&net, &["-v", "data:/data"], &[]);
    let mut asking = Asking::new(port);
    asking.ask("MSET a 1 b 2");
    asking.ask("ZADD z 1.5 m");
    asking.ask("SET later x EX 1000");
    assert_eq!(asking.ask("BGSAVE"), "+Background saving started\n");
    net.says("db", "Background saving terminated with success");
    asking.ask("SET after 3");
    // Gracefully: the snapshot at the end has everything.
    net.world.ok(&["restart", "db"]);
    net.says("db", "DB loaded from disk");
    let mut asking = Asking::new(net.port_of("db", "6379"));
    assert_eq!(asking.ask("MGET a b after"), "*3\n$1\n1\n$1\n2\n$1\n3\n");
    assert_eq!(asking.ask("ZSCORE z m"), "$3\n1.5\n");
    assert_ne!(asking.ask("TTL later"), ":-1\n");
    assert_eq!(asking.ask("LASTSAVE").as_bytes()[0], b':');
    net.world.ok(&["rm", "-f", "db"]);

    // With the append-only file, what was acknowledged is there after the engine was killed.
    let port = start(
        &net,
        &["-v", "log:/data"],
        &["--appendonly", "yes", "--save", ""],
    );
    let mut asking = Asking::new(port);
    for number in 0..200 {
        asking.ask(&format!("RPUSH list {number}"));
    }
    asking.ask("MULTI");
    asking.ask("SET x 1");
    asking.ask("INCRBYFLOAT x 0.5");
    asking.ask("EXEC");
    asking.ask("SELECT 3");
    asking.ask("SPOP nosuch");
    asking.ask("SET there 1 PX 100000");
    let pid = rustix::process::Pid::from_raw(net.world.engine_pid()).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("killed");
    net.world.ok(&["rm", "-f", "db"]);
    let port = start(&net, &["-v", "log:/data"], &["--appendonly", "yes"]);
    let mut asking = Asking::new(port);
    assert_eq!(asking.ask("LLEN list"), ":200\n");
    assert_eq!(asking.ask("GET x"), "$3\n1.5\n");
    asking.ask("SELECT 3");
    assert_eq!(asking.ask("DBSIZE"), ":1\n");
}

#[test]
fn a_snapshot_by_redis_itself_is_read() {
    let net = Net::new();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("dump.rdb"),
        include_bytes!("redis/dump.rdb"),
    )
    .expect("written");
    let mount = format!("{}:/data", folder.path().display());
    let port = start(&net, &["-v", &mount], &["--save", ""]);
    net.says("db", "Done loading RDB, keys loaded: 14, keys expired: 0.");
    let mut asking = Asking::new(port);
    for (question, answer) in [
        ("GET number", "$5\n12345\n"),
        ("GET negative", "$2\n-7\n"),
        ("STRLEN long", ":3000\n"),
        ("GETRANGE long 2990 -1", "$10\ncabcabcabc\n"),
        (
            "LRANGE list 0 4",
            "*5\n$1\na\n$1\n1\n$2\n-2\n$5\n70000\n$10\n5000000000\n",
        ),
        ("LLEN biglist", ":3\n"),
        ("LINDEX biglist 2", "$5\nthree\n"),
        ("SMEMBERS ints", "*3\n$1\n1\n$1\n2\n$6\n300000\n"),
        ("SCARD set", ":3\n"),
        ("HGET hash n", "$3\n300\n"),
        ("HSTRLEN bighash f", ":100\n"),
        (
            "ZRANGE zset 0 -1 WITHSCORES",
            "*6\n$1\nc\n$4\n-inf\n$1\na\n$1\n1\n$1\nb\n$3\n2.5\n",
        ),
        ("ZCARD bigzset", ":1\n"),
        ("PEXPIRETIME later", ":32503680000000\n"),
        ("SELECT 1", "+OK\n"),
        ("GET other", "$2\ndb\n"),
    ] {
        assert_eq!(asking.ask(question), answer, "{question}");
    }
}
