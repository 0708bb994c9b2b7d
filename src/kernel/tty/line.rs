//! The line discipline: what Linux's `n_tty` does between a keyboard and a program, as a pure state machine.
//!
//! Promises the same echo, the same lines and the same signals as Linux for the same bytes (held by a comparison with a real
//! pty in the tests). Leaves waiting, process groups and sizes to `pty`. The echo half is in `echo`, erasing in `erase`.
//!
//! ```text
//! keyboard ── receive() ──► input (lines) ── read() ──► program
//!                 │ echo                                   │ write()
//! screen  ◄── take_output() ◄── output ◄── post-processing ┘
//! ```

use super::echo::{Echo, Screen};
use super::termios::{Termios, cc, iflag, lflag};
use std::collections::VecDeque;

/// Bytes of unread input, Linux's `N_TTY_BUF_SIZE`.
pub const INPUT_SIZE: usize = 4096;

/// The numbers of the signals that a keyboard raises.
pub mod signal {
    pub const SIGHUP: u8 = 1;
    pub const SIGINT: u8 = 2;
    pub const SIGQUIT: u8 = 3;
    pub const SIGCONT: u8 = 18;
    pub const SIGTSTP: u8 = 20;
    pub const SIGTTIN: u8 = 21;
    pub const SIGTTOU: u8 = 22;
    pub const SIGWINCH: u8 = 28;
}

/// The kernel's `tolower`, which knows Latin-1.
fn latin1_lower(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' | 0xc0..=0xd6 | 0xd8..=0xde => byte + 0x20,
        _ => byte,
    }
}

/// One byte of input; `end` marks the last of a line, `eof` one that is not delivered (VEOF).
#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub byte: u8,
    end: bool,
    eof: bool,
}

/// The state of one terminal's line discipline.
#[derive(Default)]
pub struct Discipline {
    pub(super) termios: Termios,
    pub(super) input: VecDeque<Cell>,
    /// How many cells of `input` are complete lines (canonical mode only).
    pub(super) committed: usize,
    /// The next byte is literal (after VLNEXT).
    literal: bool,
    /// Inside an ECHOPRT `\…/` group.
    pub(super) erasing: bool,
    pub(super) screen: Screen,
}

impl Discipline {
    /// The modes now.
    pub fn termios(&self) -> Termios {
        self.termios
    }

    /// Changes the modes as `TCSETS` does; with a change of ICANON, unread bytes become a line or stop being one.
    pub fn set_termios(&mut self, new: Termios) {
        let (old, new) = (self.termios, new.as_pty());
        self.termios = new;
        if (old.lflag ^ new.lflag) & lflag::ICANON != 0 {
            for cell in &mut self.input {
                cell.end = false;
                cell.eof = false;
            }
            self.committed = 0;
            if new.l(lflag::ICANON)
                && let Some(last) = self.input.back_mut()
            {
                last.end = true;
                self.committed = self.input.len();
            }
            self.erasing = false;
            self.literal = false;
        }
        if old.i(iflag::IXON) && !new.i(iflag::IXON) {
            self.screen.stopped = false;
        }
        self.screen.flush_echoes(&self.termios);
    }

    /// Drops unread input (`TCIFLUSH`).
    pub fn flush_input(&mut self) {
        self.input.clear();
        self.committed = 0;
        self.erasing = false;
    }

    /// Takes keyboard bytes and adds raised signals; gives how many bytes there was room for.
    pub fn receive(&mut self, bytes: &[u8], signals: &mut Vec<u8>) -> usize {
        let mut taken = 0;
        for &byte in bytes {
            if !self.make_room() {
                break;
            }
            self.receive_byte(byte, signals);
            taken += 1;
        }
        self.screen.flush_echoes(&self.termios);
        taken
    }

    /// A line that outgrows the buffer loses its last byte, so that its end can still be typed; complete lines are never cut.
    fn make_room(&mut self) -> bool {
        if self.input.len() < INPUT_SIZE - 1 {
            return true;
        }
        let overflow = self.termios.l(lflag::ICANON) && self.committed == 0;
        if overflow && self.input.len() >= INPUT_SIZE {
            self.input.pop_back();
        }
        overflow
    }

    fn receive_byte(&mut self, mut byte: u8, signals: &mut Vec<u8>) {
        let modes = self.termios;
        if modes.i(iflag::ISTRIP) {
            byte &= 0x7f;
        }
        if modes.i(iflag::IUCLC) && modes.l(lflag::IEXTEN) {
            byte = latin1_lower(byte);
        }
        let literal = std::mem::take(&mut self.literal);
        if !literal && (self.flow_control(byte) || self.raise(byte, signals)) {
            return;
        }
        if modes.i(iflag::IXON) && modes.i(iflag::IXANY) {
            self.screen.stopped = false;
        }
        if literal {
            return self.receive_plain(byte, false);
        }
        if byte == b'\r' && modes.i(iflag::IGNCR) {
            return;
        }
        let newline = byte == b'\r' && modes.i(iflag::ICRNL);
        if newline {
            byte = b'\n';
        } else if byte == b'\n' && modes.i(iflag::INLCR) {
            byte = b'\r';
        }
        if modes.l(lflag::ICANON) && self.receive_canonical(byte) {
            return;
        }
        self.receive_plain(byte, newline);
    }

    /// A byte of text. `newline` is one that ICRNL made: it moves the cursor, where a typed line feed shows as `^J`.
    fn receive_plain(&mut self, byte: u8, newline: bool) {
        if self.termios.l(lflag::ECHO) {
            self.finish_erasing();
            if newline {
                self.screen.echo_raw(b'\n');
            } else {
                self.echo_first_column();
                self.screen.echo(byte, &self.termios);
            }
        }
        self.push(byte, false, false);
    }

    /// ^S and ^Q.
    fn flow_control(&mut self, byte: u8) -> bool {
        if !self.termios.i(iflag::IXON) {
            return false;
        }
        if self.termios.is(cc::VSTART, byte) {
            self.screen.stopped = false;
            return true;
        }
        if self.termios.is(cc::VSTOP, byte) {
            // What was echoed before the stop is on the screen already.
            self.screen.flush_echoes(&self.termios);
            self.screen.stopped = true;
            return true;
        }
        false
    }

    /// ^C, ^\ and ^Z.
    fn raise(&mut self, byte: u8, signals: &mut Vec<u8>) -> bool {
        if !self.termios.l(lflag::ISIG) {
            return false;
        }
        let signal = if self.termios.is(cc::VINTR, byte) {
            signal::SIGINT
        } else if self.termios.is(cc::VQUIT, byte) {
            signal::SIGQUIT
        } else if self.termios.is(cc::VSUSP, byte) {
            signal::SIGTSTP
        } else {
            return false;
        };
        signals.push(signal);
        if !self.termios.l(lflag::NOFLSH) {
            self.screen.drop_echoes();
            self.flush_input();
        }
        if self.termios.i(iflag::IXON) {
            self.screen.stopped = false;
        }
        if self.termios.l(lflag::ECHO) {
            self.screen.echo(byte, &self.termios);
        }
        true
    }

    /// The editing keys and the ends of lines; gives whether the byte was one.
    fn receive_canonical(&mut self, byte: u8) -> bool {
        let modes = self.termios;
        let extended = modes.l(lflag::IEXTEN);
        if modes.is(cc::VERASE, byte)
            || modes.is(cc::VKILL, byte)
            || (extended && modes.is(cc::VWERASE, byte))
        {
            self.erase(byte);
        } else if extended && modes.is(cc::VLNEXT, byte) {
            self.literal = true;
            if modes.l(lflag::ECHO) {
                self.finish_erasing();
                if modes.l(lflag::ECHOCTL) {
                    self.screen.echo_raw(b'^');
                    self.screen.echo_raw(b'\x08');
                }
            }
        } else if extended && modes.l(lflag::ECHO) && modes.is(cc::VREPRINT, byte) {
            self.finish_erasing();
            self.screen.echo(byte, &modes);
            self.screen.echo_raw(b'\n');
            for at in self.committed..self.input.len() {
                self.screen.echo(self.input[at].byte, &modes);
            }
        } else if byte == b'\n' {
            if modes.l(lflag::ECHO | lflag::ECHONL) {
                self.screen.echo_raw(b'\n');
            }
            self.push(byte, true, false);
        } else if modes.is(cc::VEOF, byte) {
            self.push(0, true, true);
        } else if modes.is(cc::VEOL, byte) || (extended && modes.is(cc::VEOL2, byte)) {
            if modes.l(lflag::ECHO) {
                self.echo_first_column();
                self.screen.echo(byte, &modes);
            }
            self.push(byte, true, false);
        } else {
            return false;
        }
        true
    }

    /// A tab is erased by columns, counted from where the line began.
    fn echo_first_column(&mut self) {
        if self.committed == self.input.len() {
            self.screen.echo_op(Echo::SetCanonColumn);
        }
    }

    fn push(&mut self, byte: u8, end: bool, eof: bool) {
        self.input.push_back(Cell { byte, end, eof });
        if end {
            self.committed = self.input.len();
        }
    }

    /// How many bytes a read could take now, counting an end of file as one.
    pub fn available(&self) -> usize {
        match self.termios.l(lflag::ICANON) {
            true => self.committed,
            false => self.input.len(),
        }
    }

    /// Reads one line, or what is there in raw mode. `Some(0)` is an end of file; `None` means nothing is there.
    pub fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let canonical = self.termios.l(lflag::ICANON);
        if self.available() == 0 {
            return None;
        }
        let mut done = 0;
        while done < buffer.len() && self.available() > 0 {
            let Some(cell) = self.pop() else { break };
            if !cell.eof {
                buffer[done] = cell.byte;
                done += 1;
            }
            if canonical && cell.end {
                return Some(done);
            }
        }
        // A VEOF right behind a filled buffer is not an end of file for the next read.
        if canonical && done > 0 && self.input.front().is_some_and(|cell| cell.eof) {
            self.pop();
        }
        Some(done)
    }

    fn pop(&mut self) -> Option<Cell> {
        let cell = self.input.pop_front()?;
        self.committed = self.committed.saturating_sub(1);
        Some(cell)
    }

    /// Takes what a program writes, with output processing; gives how many bytes there was room for.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        self.screen.flush_echoes(&self.termios);
        self.screen.write(bytes, &self.termios)
    }

    /// Whether a write of at least one byte would be taken.
    pub fn writable(&self) -> bool {
        self.screen.room() > 0
    }

    /// Takes what the screen shows next, at most `most` bytes.
    pub fn take_output(&mut self, most: usize) -> Vec<u8> {
        let taken = self.screen.take(most);
        // The room just made belongs to echoes that waited for it.
        self.screen.flush_echoes(&self.termios);
        taken
    }

    /// Whether the screen has something to show.
    pub fn has_output(&self) -> bool {
        !self.screen.output.is_empty()
    }
}
