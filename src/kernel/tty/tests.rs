//! The pty as the engine and a guest see it: waiting, job control, sizes, hang-up.

use super::termios::{cc, lflag};
use super::*;
use crate::base::errno::Errno;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

#[derive(Default)]
struct Recorder(Mutex<Vec<(char, u32, u8)>>);

impl TtySignals for Recorder {
    fn signal_group(&self, pgrp: u32, signal: u8) {
        self.0.lock().push(('g', pgrp, signal));
    }
    fn signal_leader(&self, session: u32, signal: u8) {
        self.0.lock().push(('l', session, signal));
    }
}

/// A terminal whose session 1 has group 5 in the foreground.
fn terminal() -> (Arc<Pty>, Slave, Arc<Recorder>) {
    let pty = Pty::new(Size::new(24, 80));
    let recorder = Arc::new(Recorder::default());
    let weak: Weak<Recorder> = Arc::downgrade(&recorder);
    pty.set_signals(weak);
    pty.acquire(1, 1).unwrap();
    pty.set_foreground(5);
    let slave = pty.open_slave();
    (pty, slave, recorder)
}

fn raw(minimum: u8, tenths: u8) -> Termios {
    let mut termios = Termios::default();
    termios.lflag &= !(lflag::ICANON | lflag::ECHO);
    termios.cc[cc::VMIN] = minimum;
    termios.cc[cc::VTIME] = tenths;
    termios
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

#[test]
fn keys_signal_the_foreground() {
    let (pty, _slave, recorder) = terminal();
    pty.try_write_input(b"a\x03b\x1c\x1a").unwrap();
    pty.resize(Size::new(24, 80));
    pty.resize(Size::new(50, 100));
    assert_eq!(
        *recorder.0.lock(),
        [
            ('g', 5, signal::SIGINT),
            ('g', 5, signal::SIGQUIT),
            ('g', 5, signal::SIGTSTP),
            ('g', 5, signal::SIGWINCH),
        ]
    );
    assert_eq!(pty.size(), Size::new(50, 100));
}

#[test]
fn hangup_signals_and_ends_everything() {
    let (pty, slave, recorder) = terminal();
    pty.hangup();
    pty.hangup();
    let expected = [('l', 1, 1), ('l', 1, 18), ('g', 5, 1), ('g', 5, 18)];
    assert_eq!(*recorder.0.lock(), expected);
    assert_eq!(block_on(slave.read(&mut [0; 8])), Ok(0));
    assert_eq!(slave.try_write(b"x"), Err(Errno::Io));
    assert_eq!(slave.termios(), Err(Errno::Io));
    assert_eq!(slave.readiness(), 1 | 4 | 8 | 16);
    assert_eq!(block_on(pty.read_output(8)), b"");
}

#[test]
fn background_access() {
    let (pty, slave, _) = terminal();
    let caller = |pgrp, session, deaf, orphaned| Caller {
        pgrp,
        session,
        deaf,
        orphaned,
    };
    let behind = caller(7, 1, false, false);
    let ask = |caller: &Caller, access| pty.background(caller, access);
    assert_eq!(
        ask(&behind, Access::Read),
        Background::Stop(signal::SIGTTIN)
    );
    assert_eq!(ask(&behind, Access::Write), Background::Go);
    assert_eq!(
        ask(&behind, Access::Change),
        Background::Stop(signal::SIGTTOU)
    );
    assert_eq!(
        ask(&caller(5, 1, false, false), Access::Read),
        Background::Go
    );
    // Another session's processes are not under this terminal's job control.
    assert_eq!(
        ask(&caller(7, 2, false, false), Access::Read),
        Background::Go
    );
    let deaf = caller(7, 1, true, false);
    assert_eq!(ask(&deaf, Access::Read), Background::Refuse(Errno::Io));
    assert_eq!(ask(&deaf, Access::Change), Background::Go);
    let orphaned = caller(7, 1, false, true);
    assert_eq!(ask(&orphaned, Access::Read), Background::Refuse(Errno::Io));
    assert_eq!(
        ask(&orphaned, Access::Change),
        Background::Refuse(Errno::Io)
    );
    let mut termios = Termios::default();
    termios.lflag |= lflag::TOSTOP;
    block_on(slave.set_termios(SetWhen::Now, termios)).unwrap();
    assert_eq!(
        ask(&behind, Access::Write),
        Background::Stop(signal::SIGTTOU)
    );
}

#[test]
fn one_session_at_a_time() {
    let (pty, _slave, recorder) = terminal();
    assert_eq!(pty.acquire(2, 2), Err(Errno::Perm));
    pty.leader_exited(2);
    assert_eq!(pty.session(), Some(1));
    pty.leader_exited(1);
    assert_eq!((pty.session(), pty.foreground()), (None, None));
    assert_eq!(*recorder.0.lock(), [('g', 5, signal::SIGHUP)]);
    pty.acquire(2, 2).unwrap();
    assert_eq!(pty.foreground(), Some(2));
}

#[test]
fn output_ends_with_the_last_slave() {
    let (pty, slave, _) = terminal();
    let second = slave.clone();
    drop(slave);
    second.try_write(b"bye\n").unwrap();
    drop(second);
    assert_eq!(block_on(pty.read_output(16)), b"bye\r\n");
    assert_eq!(block_on(pty.read_output(16)), b"");
    assert_eq!(pty.try_write_input(b"x"), Err(Errno::Io));
}

#[test]
fn a_reader_waits_for_the_line() {
    let (pty, slave, _) = terminal();
    let mut buffer = [0; 16];
    let count = block_on(async {
        let (count, ()) = tokio::join!(slave.read(&mut buffer), async {
            pty.write_input(b"ab").await.unwrap();
            tokio::task::yield_now().await;
            pty.write_input(b"c\r").await.unwrap();
        });
        count.unwrap()
    });
    assert_eq!(&buffer[..count], b"abc\n");
}

#[test]
fn typing_waits_while_nobody_reads() {
    let (pty, slave, _) = terminal();
    block_on(slave.set_termios(SetWhen::Now, raw(1, 0))).unwrap();
    let typed = vec![b'x'; 20_000];
    let read = block_on(async {
        let reader = async {
            let mut total = 0;
            let mut buffer = [0; 1000];
            while total < 20_000 {
                total += slave.read(&mut buffer).await.unwrap();
            }
            total
        };
        let (written, total) = tokio::join!(pty.write_input(&typed), reader);
        written.unwrap();
        total
    });
    assert_eq!(read, 20_000);
    assert_eq!(pty.try_write_input(&typed), Ok(line::INPUT_SIZE - 1));
    assert_eq!(pty.try_write_input(b"y"), Ok(0));
}

#[test]
fn writing_waits_for_the_screen() {
    let (pty, slave, _) = terminal();
    let bytes = vec![b'x'; 200_000];
    let (mut done, mut shown) = (0, 0);
    block_on(async {
        let screen = async {
            while shown < 200_000 {
                shown += pty.read_output(4096).await.len();
            }
        };
        let (written, ()) = tokio::join!(slave.write(&bytes, &mut done), screen);
        written.unwrap();
    });
    assert_eq!((done, shown), (200_000, 200_000));
    slave.try_write(b"text").unwrap();
    pty.try_write_input(b"\x13").unwrap();
    assert_eq!(slave.try_write(b"more"), Err(Errno::Again));
    pty.try_write_input(b"\x11").unwrap();
    assert_eq!(slave.try_write(b"more"), Ok(4));
}

#[test]
fn vmin_and_vtime() {
    let (pty, slave, _) = terminal();
    let set = |minimum, tenths| {
        block_on(slave.set_termios(SetWhen::Flush, raw(minimum, tenths))).unwrap();
    };
    let mut buffer = [0; 8];
    set(0, 0);
    assert_eq!(block_on(slave.read(&mut buffer)), Ok(0));
    assert_eq!(slave.try_read(&mut buffer), Ok(0));
    set(0, 1);
    assert_eq!(block_on(slave.read(&mut buffer)), Ok(0));
    assert_eq!(slave.try_read(&mut buffer), Err(Errno::Again));
    set(3, 0);
    pty.try_write_input(b"ab").unwrap();
    assert_eq!(slave.readiness() & 1, 0);
    assert_eq!(slave.try_read(&mut buffer), Err(Errno::Again));
    assert_eq!(slave.try_read(&mut buffer[..2]), Ok(2));
    pty.try_write_input(b"abcd").unwrap();
    assert_eq!(slave.readiness() & 1, 1);
    assert_eq!(block_on(slave.read(&mut buffer)), Ok(4));
    set(3, 1);
    pty.try_write_input(b"a").unwrap();
    assert_eq!(block_on(slave.read(&mut buffer)), Ok(1));
}
