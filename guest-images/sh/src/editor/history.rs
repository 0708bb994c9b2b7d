//! What was typed before.

/// No more lines than this are kept.
const LIMIT: usize = 1000;

/// The list, oldest first.
#[derive(Debug, Default)]
pub struct History {
    lines: Vec<String>,
    /// Lines that came from the file.
    pub loaded: usize,
}

impl History {
    pub fn load(&mut self, text: &str) {
        self.lines = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        self.trim();
        self.loaded = self.lines.len();
    }
    fn trim(&mut self) {
        let extra = self.lines.len().saturating_sub(LIMIT);
        self.lines.drain(..extra);
    }
    /// Adds a line, unless it repeats the last one or is blank.
    pub fn add(&mut self, line: &str) {
        let line = line.trim_end();
        if line.trim_start().is_empty() || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        self.lines.push(line.to_owned());
        self.trim();
    }
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
    pub fn clear(&mut self) {
        self.lines.clear();
    }
    /// For the file: one line each.
    pub fn text(&self) -> String {
        self.lines
            .iter()
            .map(|line| format!("{}\n", line.replace('\n', " ")))
            .collect()
    }
    /// The newest line before `before` that contains `part`.
    pub fn search(&self, part: &str, before: usize) -> Option<usize> {
        let end = before.min(self.lines.len());
        self.lines[..end]
            .iter()
            .rposition(|line| line.contains(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_and_searching() {
        let mut history = History::default();
        history.load("ls\n\ncd /\n");
        for line in ["ls -l", "ls -l", "  ", "echo\n"] {
            history.add(line);
        }
        assert_eq!(history.lines(), ["ls", "cd /", "ls -l", "echo"]);
        assert_eq!(history.search("ls", 4), Some(2));
        assert_eq!(history.search("ls", 2), Some(0));
        assert_eq!(history.search("nosuch", 4), None);
        assert_eq!(history.text(), "ls\ncd /\nls -l\necho\n");
    }
}
