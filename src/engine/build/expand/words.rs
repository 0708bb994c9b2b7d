//! Collects words while a text is expanded.

/// The words so far and the one that is growing.
#[derive(Default)]
pub struct Words {
    done: Vec<String>,
    word: String,
}

impl Words {
    /// A character of the text; blanks separate.
    pub fn character(&mut self, c: char) {
        match c.is_whitespace() {
            true => self.end(),
            false => self.word.push(c),
        }
    }

    /// A value in which blanks separate.
    pub fn split(&mut self, value: &str) {
        value.chars().for_each(|c| self.character(c));
    }

    /// A character that separates nothing.
    pub fn raw(&mut self, c: char) {
        self.word.push(c);
    }

    /// Quoted text.
    pub fn whole(&mut self, text: &str) {
        self.word.push_str(text);
    }

    pub fn finish(mut self) -> Vec<String> {
        self.end();
        self.done
    }

    fn end(&mut self) {
        if !self.word.is_empty() {
            self.done.push(std::mem::take(&mut self.word));
        }
    }
}
