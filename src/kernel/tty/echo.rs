//! The screen's half of the line discipline: output post-processing, column counting, and echoes.
//!
//! Echoes are operations until there is room and no ^S: what erasing a tab looks like depends on the column at that moment.

use super::termios::{Termios, iflag, lflag, oflag};
use std::collections::VecDeque;

/// Bytes between a program and the screen before writes wait.
pub const OUTPUT_SIZE: usize = 64 * 1024;
/// Echo operations that may wait behind ^S or a full screen; beyond it the oldest are lost, as on Linux.
const ECHO_SIZE: usize = 4096;

/// One step of an echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// Through output processing.
    Byte(u8),
    /// Without it.
    Verbatim(u8),
    /// As `^X`.
    Control(u8),
    SetCanonColumn,
    MoveBackColumn,
    EraseTab {
        columns: u32,
        after_tab: bool,
    },
}

/// Output on its way to the screen.
#[derive(Default)]
pub(super) struct Screen {
    pub output: VecDeque<u8>,
    echoes: VecDeque<Echo>,
    column: u32,
    /// The column where the line being typed began.
    canon_column: u32,
    /// Held by ^S.
    pub stopped: bool,
}

/// C's `iscntrl` as the kernel has it.
pub(super) fn is_control(byte: u8) -> bool {
    byte < 0x20 || byte == 0x7f
}

/// The kernel's `toupper`, which knows Latin-1 (and turns ß into ¿).
fn latin1_upper(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | 0xdf..=0xf6 | 0xf8..=0xff => byte - 0x20,
        _ => byte,
    }
}

/// A byte inside a UTF-8 character, when the terminal knows of UTF-8.
pub(super) fn is_continuation(byte: u8, modes: &Termios) -> bool {
    modes.i(iflag::IUTF8) && byte & 0xc0 == 0x80
}

impl Screen {
    /// Bytes that fit now.
    pub fn room(&self) -> usize {
        if self.stopped {
            return 0;
        }
        OUTPUT_SIZE.saturating_sub(self.output.len())
    }

    pub fn echo_op(&mut self, op: Echo) {
        if self.echoes.len() >= ECHO_SIZE {
            self.echoes.pop_front();
        }
        self.echoes.push_back(op);
    }

    /// Echoes a byte as typed: control characters as `^X` with ECHOCTL.
    pub fn echo(&mut self, byte: u8, modes: &Termios) {
        self.echo_op(match byte {
            0xff => Echo::Verbatim(byte),
            _ if modes.l(lflag::ECHOCTL) && is_control(byte) && byte != b'\t' => {
                Echo::Control(byte)
            }
            _ => Echo::Byte(byte),
        });
    }

    /// Echoes a byte that moves the cursor.
    pub fn echo_raw(&mut self, byte: u8) {
        self.echo_op(match byte {
            0xff => Echo::Verbatim(byte),
            _ => Echo::Byte(byte),
        });
    }

    pub fn drop_echoes(&mut self) {
        self.echoes.clear();
    }

    /// Performs waiting echoes as far as there is room.
    pub fn flush_echoes(&mut self, modes: &Termios) {
        // Nine bytes is the longest step: a tab expanded or erased.
        while self.room() > 8 {
            let Some(op) = self.echoes.pop_front() else {
                break;
            };
            match op {
                Echo::Byte(byte) if modes.o(oflag::OPOST) => {
                    self.process(byte, modes);
                }
                Echo::Byte(byte) => self.output.push_back(byte),
                Echo::Verbatim(byte) => {
                    self.output.push_back(byte);
                    self.column += 1;
                }
                Echo::Control(byte) => {
                    self.output.extend([b'^', byte ^ 0o100]);
                    self.column += 2;
                }
                Echo::SetCanonColumn => self.canon_column = self.column,
                Echo::MoveBackColumn => self.column = self.column.saturating_sub(1),
                Echo::EraseTab { columns, after_tab } => {
                    let columns = if after_tab {
                        columns
                    } else {
                        columns + self.canon_column
                    };
                    for _ in 0..8 - (columns & 7) {
                        self.output.push_back(b'\x08');
                        self.column = self.column.saturating_sub(1);
                    }
                }
            }
        }
    }

    /// A program's output; gives how many bytes of it were taken.
    pub fn write(&mut self, bytes: &[u8], modes: &Termios) -> usize {
        if !modes.o(oflag::OPOST) {
            let taken = bytes.len().min(self.room());
            self.output.extend(&bytes[..taken]);
            return taken;
        }
        let mut taken = 0;
        for &byte in bytes {
            let need = match byte {
                b'\n' => 2,
                b'\t' => 8,
                _ => 1,
            };
            if self.room() < need {
                break;
            }
            self.process(byte, modes);
            taken += 1;
        }
        taken
    }

    /// One byte through `OPOST` processing (`do_output_char`).
    fn process(&mut self, byte: u8, modes: &Termios) {
        let mut byte = byte;
        match byte {
            b'\n' => {
                if modes.o(oflag::ONLRET) {
                    self.column = 0;
                }
                if modes.o(oflag::ONLCR) {
                    self.column = 0;
                    self.canon_column = 0;
                    self.output.extend(*b"\r\n");
                    return;
                }
                self.canon_column = self.column;
            }
            b'\r' => {
                if modes.o(oflag::ONOCR) && self.column == 0 {
                    return;
                }
                if modes.o(oflag::OCRNL) {
                    byte = b'\n';
                    if modes.o(oflag::ONLRET) {
                        self.column = 0;
                        self.canon_column = 0;
                    }
                } else {
                    self.column = 0;
                    self.canon_column = 0;
                }
            }
            b'\t' => {
                let spaces = 8 - (self.column & 7);
                self.column += spaces;
                if modes.oflag & oflag::XTABS == oflag::XTABS {
                    self.output
                        .extend(std::iter::repeat_n(b' ', spaces as usize));
                    return;
                }
            }
            b'\x08' => self.column = self.column.saturating_sub(1),
            _ if !is_control(byte) => {
                if modes.o(oflag::OLCUC) {
                    byte = latin1_upper(byte);
                }
                if !is_continuation(byte, modes) {
                    // Wraps after four billion characters without a line end.
                    self.column = self.column.wrapping_add(1);
                }
            }
            _ => {}
        }
        self.output.push_back(byte);
    }

    /// Moves output into `buffer`.
    pub fn take(&mut self, most: usize) -> Vec<u8> {
        let count = most.min(self.output.len());
        self.output.drain(..count).collect()
    }
}
