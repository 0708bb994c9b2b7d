//! Backspace, ^W and ^U: taking characters out of the line being typed, and what that looks like.

use super::echo::{Echo, is_continuation, is_control};
use super::line::Discipline;
use super::termios::{cc, lflag};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Character,
    Word,
    Line,
}

/// The kernel's `isalnum`: Latin-1 letters count.
fn is_alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || (byte >= 0xc0 && byte != 0xd7 && byte != 0xf7)
}

impl Discipline {
    pub(super) fn finish_erasing(&mut self) {
        if std::mem::take(&mut self.erasing) {
            self.screen.echo_raw(b'/');
        }
    }

    /// Handles VERASE, VWERASE and VKILL on the line being typed.
    pub(super) fn erase(&mut self, key: u8) {
        let modes = self.termios;
        let echo = modes.l(lflag::ECHO);
        if self.input.len() == self.committed {
            return;
        }
        let kind = if modes.is(cc::VERASE, key) {
            Kind::Character
        } else if modes.is(cc::VWERASE, key) {
            Kind::Word
        } else {
            let visibly = modes.l(lflag::ECHOK) && modes.l(lflag::ECHOKE) && modes.l(lflag::ECHOE);
            if !echo || !visibly {
                self.input.truncate(self.committed);
                if echo {
                    self.finish_erasing();
                    self.screen.echo(modes.cc[cc::VKILL], &modes);
                    if modes.l(lflag::ECHOK) {
                        self.screen.echo_raw(b'\n');
                    }
                }
                return;
            }
            Kind::Line
        };
        let mut in_word = false;
        while self.input.len() > self.committed {
            let mut head = self.input.len() - 1;
            while is_continuation(self.input[head].byte, &modes) && head > self.committed {
                head -= 1;
            }
            let byte = self.input[head].byte;
            // The first bytes of this character belong to a line already read: it is not cut in half.
            if is_continuation(byte, &modes) {
                break;
            }
            if kind == Kind::Word {
                if is_alnum(byte) || byte == b'_' {
                    in_word = true;
                } else if in_word {
                    break;
                }
            }
            if echo {
                self.echo_erased(kind, head, byte);
            }
            self.input.truncate(head);
            if kind == Kind::Character {
                break;
            }
        }
        if self.input.len() == self.committed && echo {
            self.finish_erasing();
        }
    }

    /// Shows that the character at `head`, the last one, goes away.
    fn echo_erased(&mut self, kind: Kind, head: usize, byte: u8) {
        let modes = self.termios;
        if modes.l(lflag::ECHOPRT) {
            if !std::mem::replace(&mut self.erasing, true) {
                self.screen.echo_raw(b'\\');
            }
            self.screen.echo(byte, &modes);
            for at in head + 1..self.input.len() {
                self.screen.echo_raw(self.input[at].byte);
                self.screen.echo_op(Echo::MoveBackColumn);
            }
        } else if kind == Kind::Character && !modes.l(lflag::ECHOE) {
            self.screen.echo(modes.cc[cc::VERASE], &modes);
        } else if byte == b'\t' {
            self.echo_erased_tab(head);
        } else {
            let control = is_control(byte);
            let shown = modes.l(lflag::ECHOCTL);
            let columns = match (control, shown) {
                (true, true) => 2,
                (true, false) => 0,
                (false, _) => 1,
            };
            for _ in 0..columns {
                for step in *b"\x08 \x08" {
                    self.screen.echo_raw(step);
                }
            }
        }
    }

    /// How far a tab goes back: by the columns since the tab before it, or since the line's start.
    fn echo_erased_tab(&mut self, head: usize) {
        let modes = self.termios;
        let mut columns = 0;
        let mut after_tab = false;
        for at in (self.committed..head).rev() {
            let byte = self.input[at].byte;
            if byte == b'\t' {
                after_tab = true;
                break;
            } else if is_control(byte) {
                columns += if modes.l(lflag::ECHOCTL) { 2 } else { 0 };
            } else if !is_continuation(byte, &modes) {
                columns += 1;
            }
        }
        self.screen.echo_op(Echo::EraseTab {
            columns: columns & 7,
            after_tab,
        });
    }
}
