//! `redis-benchmark`: many clients that ask the same thing, all served by one loop.

use crate::protocol::{self, Arg, parse};
use applet::stream::lookup;
use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd, O_NONBLOCK, POLLIN, POLLOUT, PollFd};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const USAGE: &str = "redis-benchmark [-h HOST] [-p PORT] [-a PASSWORD] [-c CLIENTS] [-n REQUESTS] [-d BYTES] [-k 0|1] [-r KEYS] [-P REQUESTS] [-t TESTS] [-q] [--csv] [COMMAND…]";

/// The tests without `-t`: name, what is shown, command; `<data>` is replaced by the value.
const TESTS: &[(&str, &str, &str)] = &[
    ("ping", "PING_MBULK", "PING"),
    ("set", "SET", "SET key:__rand_int__ <data>"),
    ("get", "GET", "GET key:__rand_int__"),
    ("incr", "INCR", "INCR counter:__rand_int__"),
    ("lpush", "LPUSH", "LPUSH mylist <data>"),
    ("rpush", "RPUSH", "RPUSH mylist <data>"),
    ("lpop", "LPOP", "LPOP mylist"),
    ("rpop", "RPOP", "RPOP mylist"),
    ("sadd", "SADD", "SADD myset element:__rand_int__"),
    ("hset", "HSET", "HSET myhash element:__rand_int__ <data>"),
    ("spop", "SPOP", "SPOP myset"),
    ("zadd", "ZADD", "ZADD myzset 1 element:__rand_int__"),
    ("zpopmin", "ZPOPMIN", "ZPOPMIN myzset"),
    (
        "lrange",
        "LRANGE_100 (first 100 elements)",
        "LRANGE mylist 0 99",
    ),
    (
        "mset",
        "MSET (10 keys)",
        "MSET key:0 <data> key:1 <data> key:2 <data> key:3 <data> key:4 <data> key:5 <data> key:6 <data> key:7 <data> key:8 <data> key:9 <data>",
    ),
];

struct Plan {
    to: SocketAddr,
    password: Option<String>,
    clients: usize,
    requests: usize,
    bytes: usize,
    stays: bool,
    keys: u64,
    pipeline: usize,
    quiet: bool,
    csv: bool,
}

/// One connection of the test.
struct Asker {
    fd: Fd,
    out: Vec<u8>,
    sent: usize,
    input: Vec<u8>,
    /// Replies that are still to come.
    awaited: usize,
    /// Of these, replies to the password.
    skipped: usize,
    began: Instant,
}

/// `redis-benchmark`.
pub fn main(argv: &[String]) -> i32 {
    let args = applet::getopt(argv, "+h:p:a:c:n:d:k:r:P:t:qV", &[("csv", 'V')], USAGE);
    let number = |letter, default: usize| {
        args.value(letter)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let host = args.value('h').unwrap_or("127.0.0.1");
    let port = number('p', 6379) as u16;
    let Some(ip) = lookup(host).into_iter().next() else {
        eprintln!("Could not connect to Redis at {host}:{port}: Name or service not known");
        return 1;
    };
    let plan = Plan {
        to: SocketAddr::new(ip, port),
        password: args.value('a').map(str::to_owned),
        clients: number('c', 50).max(1),
        requests: number('n', 100_000).max(1),
        bytes: number('d', 3).max(1),
        stays: number('k', 1) != 0,
        keys: number('r', 0) as u64,
        pipeline: number('P', 1).max(1),
        quiet: args.has('q'),
        csv: args.has('V'),
    };
    let chosen: Option<Vec<String>> = args
        .value('t')
        .map(|list| list.split(',').map(str::to_ascii_lowercase).collect());
    let mut tests: Vec<(String, Vec<Arg>)> = Vec::new();
    if args.rest.is_empty() {
        let data = "x".repeat(plan.bytes);
        for (name, title, command) in TESTS {
            if chosen
                .as_ref()
                .is_none_or(|chosen| chosen.iter().any(|word| word == name))
            {
                let words = command
                    .split(' ')
                    .map(|word| word.replace("<data>", &data).into_bytes());
                tests.push(((*title).to_owned(), words.collect()));
            }
        }
    } else {
        tests.push((
            args.rest.join(" "),
            args.rest
                .iter()
                .map(|word| word.clone().into_bytes())
                .collect(),
        ));
    }
    if plan.csv {
        println!(
            "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\""
        );
    }
    for (title, command) in tests {
        match run(&plan, &command) {
            Ok((times, total)) => report(&plan, &title, times, total),
            Err(words) => {
                eprintln!("{words}");
                return 1;
            }
        }
    }
    0
}

/// Runs one test: how long each request took, and all of them.
fn run(plan: &Plan, command: &[Arg]) -> Result<(Vec<Duration>, Duration), String> {
    let failed = |errno: Errno| {
        format!(
            "Could not connect to Redis at {}: {}",
            plan.to,
            errno.words()
        )
    };
    let mut random = Instant::now().elapsed().as_nanos() as u64 | 1;
    let mut askers = Vec::new();
    for _ in 0..plan.clients.min(plan.requests) {
        askers.push(Asker::open(plan).map_err(failed)?);
    }
    let (mut issued, mut times) = (0, Vec::with_capacity(plan.requests));
    let mut buffer = vec![0; 64 << 10];
    let began = Instant::now();
    for asker in &mut askers {
        issued += asker.ask(plan, command, plan.requests - issued, &mut random);
    }
    let mut fds = Vec::new();
    while times.len() < plan.requests {
        fds.clear();
        fds.extend(askers.iter().map(|asker| PollFd {
            fd: if asker.awaited == 0 { -1 } else { asker.fd },
            events: POLLIN
                | if asker.sent < asker.out.len() {
                    POLLOUT
                } else {
                    0
                },
            revents: 0,
        }));
        schooner_sys::ppoll(&mut fds, None, None).map_err(|errno| errno.words().to_owned())?;
        for (asker, entry) in askers.iter_mut().zip(&fds) {
            if entry.revents & POLLOUT != 0 {
                asker.push().map_err(failed)?;
            }
            if entry.revents & !POLLOUT == 0 {
                continue;
            }
            asker.hear(&mut buffer, &mut times)?;
            if asker.awaited == 0 && issued < plan.requests {
                if !plan.stays {
                    *asker = Asker::open(plan).map_err(failed)?;
                }
                issued += asker.ask(plan, command, plan.requests - issued, &mut random);
            }
        }
    }
    Ok((times, began.elapsed()))
}

impl Asker {
    fn open(plan: &Plan) -> Result<Asker, Errno> {
        let fd = socket::socket(plan.to.is_ipv6(), Kind::Stream)?;
        let mut asker = Asker {
            fd,
            out: Vec::new(),
            sent: 0,
            input: Vec::new(),
            awaited: 0,
            skipped: 0,
            began: Instant::now(),
        };
        socket::connect(fd, plan.to)?;
        schooner_sys::set_status_flags(fd, O_NONBLOCK)?;
        if let Some(password) = &plan.password {
            protocol::command(&mut asker.out, &["AUTH", password]);
            (asker.awaited, asker.skipped) = (1, 1);
        }
        Ok(asker)
    }

    /// Asks as much as fits into a pipeline; how much that is.
    fn ask(&mut self, plan: &Plan, command: &[Arg], left: usize, random: &mut u64) -> usize {
        let count = plan.pipeline.min(left);
        for _ in 0..count {
            let words: Vec<Arg> = command
                .iter()
                .map(|word| filled(word, plan.keys, random))
                .collect();
            protocol::command(&mut self.out, &words);
        }
        self.awaited += count;
        self.began = Instant::now();
        // What cannot be sent now is sent when there is room; a broken connection is found when it is read.
        let _ = self.push();
        count
    }

    fn push(&mut self) -> Result<(), Errno> {
        while self.sent < self.out.len() {
            match socket::send(self.fd, &self.out[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }

    /// Takes the replies that came.
    fn hear(&mut self, buffer: &mut [u8], times: &mut Vec<Duration>) -> Result<(), String> {
        match socket::recv(self.fd, buffer) {
            Ok(0) => return Err("Server closed the connection".into()),
            Ok(count) => self.input.extend_from_slice(&buffer[..count]),
            Err(Errno::EAGAIN) => return Ok(()),
            Err(errno) => return Err(errno.words().into()),
        }
        let mut at = 0;
        while let Some((reply, length)) = parse(&self.input[at..])? {
            at += length;
            self.awaited = self.awaited.saturating_sub(1);
            if self.skipped > 0 {
                self.skipped -= 1;
            } else {
                times.push(self.began.elapsed());
            }
            if let protocol::Reply::Error(words) = reply {
                return Err(format!("Error from server: {words}"));
            }
        }
        self.input.drain(..at);
        Ok(())
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        // Nothing is left to be done about a failure.
        let _ = schooner_sys::close(self.fd);
    }
}

/// A word with a number in the place of `__rand_int__`.
fn filled(word: &[u8], keys: u64, random: &mut u64) -> Arg {
    const MARK: &[u8] = b"__rand_int__";
    let Some(at) = word
        .windows(MARK.len())
        .position(|part| part == MARK)
        .filter(|_| keys > 0)
    else {
        return word.to_vec();
    };
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    let number = format!("{:012}", *random % keys);
    [&word[..at], number.as_bytes(), &word[at + MARK.len()..]].concat()
}

fn report(plan: &Plan, title: &str, mut times: Vec<Duration>, total: Duration) {
    times.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let part = |share: f64| millis(times[((times.len() - 1) as f64 * share) as usize]);
    let rate = times.len() as f64 / total.as_secs_f64().max(1e-9);
    let mean = times.iter().copied().map(millis).sum::<f64>() / times.len() as f64;
    if plan.csv {
        println!(
            "\"{title}\",\"{rate:.2}\",\"{mean:.3}\",\"{:.3}\",\"{:.3}\",\"{:.3}\",\"{:.3}\",\"{:.3}\"",
            part(0.0),
            part(0.5),
            part(0.95),
            part(0.99),
            part(1.0)
        );
    } else if plan.quiet {
        println!(
            "{title}: {rate:.2} requests per second, p50={:.3} msec",
            part(0.5)
        );
    } else {
        println!(
            "====== {title} ======\n  {} requests completed in {:.2} seconds\n  {} parallel clients\n  {} bytes payload\n  keep alive: {}\n\nSummary:\n  throughput summary: {rate:.2} requests per second\n  latency summary (msec):\n          avg       min       p50       p95       p99       max\n{:>13.3} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>9.3}\n",
            times.len(),
            total.as_secs_f64(),
            plan.clients,
            plan.bytes,
            u8::from(plan.stays),
            mean,
            part(0.0),
            part(0.5),
            part(0.95),
            part(0.99),
            part(1.0)
        );
    }
}
