//! `ping`: echo requests to members of the container's networks and to their gateways. Nothing goes outside.

use applet::stream::lookup;
use applet::{Args, busybox, die, flush, getopt, opts, os, out};
use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd, POLLIN, PollFd};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

const SIGINT: i32 = 2;
const TTL: u8 = 64;
const HEADER: usize = 8;

/// `ping`.
pub fn main(argv: &[String]) -> i32 {
    let usage = "ping [-46q] [-c COUNT] [-i SEC] [-s SIZE] [-w SEC] [-W SEC] HOST";
    let args = getopt(argv, "46qnAc:i:s:w:W:t:I:", &[], usage);
    let [host] = args.rest.as_slice() else {
        opts::complain("a host is needed", usage)
    };
    let six = args.has('6') || argv[0].ends_with('6');
    let wanted = |ip: &IpAddr| !(args.has('4') && ip.is_ipv6()) && (!six || ip.is_ipv6());
    let Some(ip) = lookup(host).into_iter().find(wanted) else {
        die(match busybox() {
            true => format!("bad address '{host}'"),
            false => format!("{host}: Name or service not known"),
        })
    };
    let mut run = Run {
        ip,
        size: number(&args, 's', 56.0) as usize,
        quiet: args.has('q'),
        sent: 0,
        times: Vec::new(),
    };
    let fd = socket::socket(ip.is_ipv6(), Kind::Echo)
        .unwrap_or_else(|errno| die(format_args!("socket: {}", errno.words())));
    os::catch_signal(SIGINT);
    writeln!(out(), "PING {host} ({ip}): {} data bytes", run.size);
    flush();
    let count = number(&args, 'c', f64::INFINITY);
    let pause = seconds(&args, 'i', 1.0);
    let patience = seconds(&args, 'W', 10.0);
    let end = args
        .has('w')
        .then(|| Instant::now() + seconds(&args, 'w', 0.0));
    while f64::from(run.sent) < count {
        let began = Instant::now();
        let last = f64::from(run.sent + 1) >= count;
        run.one(fd, if last { patience } else { pause });
        let rest = pause.saturating_sub(began.elapsed());
        let interrupted = !last && schooner_sys::sleep(rest).is_err();
        if interrupted || os::caught(SIGINT) || end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
    }
    run.summary(host)
}

fn number(args: &Args, letter: char, otherwise: f64) -> f64 {
    args.value(letter).map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| die(format_args!("invalid number '{text}'")))
    })
}

fn seconds(args: &Args, letter: char, otherwise: f64) -> Duration {
    Duration::try_from_secs_f64(number(args, letter, otherwise)).unwrap_or_default()
}

struct Run {
    ip: IpAddr,
    /// Bytes behind the header.
    size: usize,
    quiet: bool,
    sent: u16,
    /// Round trips in microseconds.
    times: Vec<u64>,
}

impl Run {
    /// Sends one request and waits for its answer.
    fn one(&mut self, fd: Fd, patience: Duration) {
        let number = self.sent;
        let mut message = vec![if self.ip.is_ipv6() { 128 } else { 8 }, 0, 0, 0];
        message.extend((os::pid() as u16).to_be_bytes());
        message.extend(number.to_be_bytes());
        message.resize(HEADER + self.size, 0);
        let began = Instant::now();
        self.sent += 1;
        match socket::send_to(fd, &message, SocketAddr::new(self.ip, 0)) {
            Ok(_) => {}
            Err(Errno::EINTR) => return,
            Err(errno) => die(format_args!("sendto: {}", errno.words())),
        }
        let mut buffer = vec![0; message.len()];
        loop {
            let mut fds = [PollFd {
                fd,
                events: POLLIN,
                revents: 0,
            }];
            let left = patience.saturating_sub(began.elapsed());
            if !matches!(schooner_sys::ppoll(&mut fds, Some(left), None), Ok(1..)) {
                return;
            }
            let Ok((count, from)) = socket::recv_from(fd, &mut buffer) else {
                return;
            };
            if count < HEADER || buffer[6..8] != number.to_be_bytes() {
                // The answer to an earlier request, too late.
                continue;
            }
            let took = began.elapsed().as_micros() as u64;
            self.times.push(took);
            if !self.quiet {
                let (ip, time) = (from.ip(), milliseconds(took));
                writeln!(
                    out(),
                    "{count} bytes from {ip}: seq={number} ttl={TTL} time={time} ms"
                );
                flush();
            }
            return;
        }
    }

    fn summary(&self, host: &str) -> i32 {
        let (sent, back) = (usize::from(self.sent), self.times.len());
        let lost = (sent - back) * 100 / sent.max(1);
        writeln!(
            out(),
            "\n--- {host} ping statistics ---\n{sent} packets transmitted, {back} packets received, {lost}% packet loss"
        );
        if let (Some(min), Some(max)) = (self.times.iter().min(), self.times.iter().max()) {
            let mean = self.times.iter().sum::<u64>() / back as u64;
            let [min, mean, max] = [*min, mean, *max].map(milliseconds);
            writeln!(out(), "round-trip min/avg/max = {min}/{mean}/{max} ms");
        }
        i32::from(back == 0)
    }
}

fn milliseconds(micros: u64) -> String {
    format!("{}.{:03}", micros / 1000, micros % 1000)
}
