//! A place in a text, one character at a time.

/// The characters and how far they were read.
pub struct Cursor {
    text: Vec<char>,
    at: usize,
}

impl Cursor {
    pub fn new(text: &str) -> Self {
        Cursor {
            text: text.chars().collect(),
            at: 0,
        }
    }

    pub fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    pub fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// A variable's name: letters, digits and `_`, only digits, or one of POSIX's special parameters. Empty where none stands.
    pub fn name(&mut self) -> String {
        let mut name = String::new();
        let numbered = self.peek().is_some_and(char::is_numeric);
        if matches!(self.peek(), Some('@' | '*' | '#' | '?' | '-' | '$' | '!')) {
            name.extend(self.next());
            return name;
        }
        while let Some(c) = self.peek() {
            let belongs = match numbered {
                true => c.is_numeric(),
                false => c.is_alphanumeric() || c == '_',
            };
            if !belongs {
                break;
            }
            name.push(c);
            self.at += 1;
        }
        name
    }
}
