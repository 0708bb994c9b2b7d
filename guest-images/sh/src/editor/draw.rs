//! The line on the screen: where everything is when prompt and line wrap, and what to send.
//!
//! Pure: makes the bytes; remembers only in which row of its rows the cursor stands.

use super::width;

/// The picture on the screen.
#[derive(Debug, Default)]
pub struct Screen {
    /// Row of the cursor, counted from the prompt's last line.
    row: usize,
    /// What is there, if the cursor stands at its end.
    drawn: Option<(String, String)>,
}

/// Where the cursor is after a text, beginning in a column.
fn place(text: &str, column: usize, columns: usize) -> (usize, usize) {
    let (mut row, mut column) = (column / columns, column % columns);
    for c in text.chars() {
        if c == '\n' {
            (row, column) = (row + 1, 0);
            continue;
        }
        let size = width::of(c);
        // A wide character that does not fit goes to the next row.
        if column + size > columns {
            (row, column) = (row + 1, 0);
        }
        column += size;
        if column == columns {
            (row, column) = (row + 1, 0);
        }
    }
    (row, column)
}

impl Screen {
    /// Draws prompt and line over what was drawn before.
    pub fn draw(&mut self, prompt: &str, line: &str, before: &str, columns: usize) -> String {
        let columns = columns.max(2);
        // Earlier lines of the prompt were written once and stay.
        let last = prompt.rsplit('\n').next().unwrap_or("");
        let start = width::of_text(last);
        let at_end = line == before;
        let earlier = std::mem::replace(
            &mut self.drawn,
            at_end.then(|| (last.to_owned(), line.to_owned())),
        );
        // The usual case, a character more at the end: no need to draw the rest again.
        if let (true, Some((own, text))) = (at_end, earlier)
            && own == last
            && let Some(more) = line.strip_prefix(text.as_str())
            && start + width::of_text(line) < columns
            && !line.contains('\n')
        {
            return more.to_owned();
        }
        let mut out = self.to_top();
        out += last;
        out += &line.replace('\n', "\r\n");
        let (end_row, end_column) = place(line, start, columns);
        let (row, column) = place(before, start, columns);
        // At the right margin terminals wait for another character before they wrap.
        if end_column == 0 && end_row > 0 && !line.ends_with('\n') {
            out += "\r\n";
        }
        out += "\x1b[J";
        self.row = row;
        if at_end {
            return out;
        }
        if end_row > row {
            out += &format!("\x1b[{}A", end_row - row);
        }
        out += "\r";
        if column > 0 {
            out += &format!("\x1b[{column}C");
        }
        out
    }

    /// Moves to the prompt's row.
    fn to_top(&self) -> String {
        match self.row {
            0 => "\r".to_owned(),
            row => format!("\x1b[{row}A\r"),
        }
    }

    /// Moves below everything that was drawn.
    pub fn leave(&mut self, prompt: &str, line: &str, columns: usize) -> String {
        let start = width::of_text(prompt.rsplit('\n').next().unwrap_or(""));
        let (end_row, end_column) = place(line, start, columns.max(2));
        let down = end_row.saturating_sub(self.row);
        self.forget();
        let down = if down > 0 {
            format!("\x1b[{down}B")
        } else {
            String::new()
        };
        // The row after a full one is empty already.
        if end_column == 0 && end_row > 0 && !line.ends_with('\n') {
            format!("{down}\r")
        } else {
            format!("{down}\r\n")
        }
    }

    /// Forgets the picture: the screen was cleared or written over.
    pub fn forget(&mut self) {
        self.row = 0;
        self.drawn = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal just good enough to check the drawing.
    fn screen(outputs: &[String], columns: usize) -> (Vec<String>, (usize, usize)) {
        let mut rows = vec![vec![' '; columns]];
        let (mut row, mut column, mut wrap) = (0, 0, false);
        for output in outputs {
            let mut chars = output.chars();
            while let Some(c) = chars.next() {
                match c {
                    '\r' => (column, wrap) = (0, false),
                    '\n' => (row, wrap) = (row + 1, false),
                    '\x1b' => {
                        chars.next();
                        let mut number = 0;
                        let last = loop {
                            match chars.next() {
                                Some(c) if c.is_ascii_digit() => {
                                    number = number * 10 + c as usize - 48
                                }
                                Some(c) => break c,
                                None => break ' ',
                            }
                        };
                        match last {
                            'A' => row -= number,
                            'B' => row += number,
                            'C' => column += number,
                            'J' => {
                                rows.truncate(row + 1);
                                rows[row][column..].fill(' ');
                            }
                            _ => {}
                        }
                    }
                    c => {
                        if wrap {
                            (row, column, wrap) = (row + 1, 0, false);
                        }
                        while rows.len() <= row {
                            rows.push(vec![' '; columns]);
                        }
                        rows[row][column] = c;
                        if column + 1 == columns {
                            wrap = true
                        } else {
                            column += 1
                        }
                    }
                }
                while rows.len() <= row {
                    rows.push(vec![' '; columns]);
                }
            }
        }
        (
            rows.iter()
                .map(|row| row.iter().collect::<String>().trim_end().to_owned())
                .collect(),
            (row, column),
        )
    }

    #[test]
    fn lines_that_wrap() {
        let mut own = Screen::default();
        let first = own.draw("/ # ", "abcdefgh", "abcdefgh", 10);
        assert_eq!(
            screen(&[first.clone()], 10),
            (vec!["/ # abcdef".into(), "gh".into()], (1, 2))
        );
        let second = own.draw("/ # ", "abcdefgh", "a", 10);
        assert_eq!(screen(&[first.clone(), second.clone()], 10).1, (0, 5));
        let third = own.draw("/ # ", "ab", "ab", 10);
        assert_eq!(
            screen(&[first, second, third], 10).0[..1],
            ["/ # ab".to_owned()]
        );
    }

    #[test]
    fn a_full_row() {
        let mut own = Screen::default();
        let drawn = own.draw("$ ", "12345678", "12345678", 10);
        assert_eq!(screen(&[drawn.clone()], 10).1, (1, 0));
        let left = own.leave("$ ", "12345678", 10);
        assert_eq!(screen(&[drawn, left], 10).1, (1, 0));
    }
}
