//! Build arguments: what `ARG` declares, what `--build-arg` gives, and which of both an instruction sees.

use std::collections::{BTreeMap, BTreeSet};

/// Known without `ARG`; they are no part of the cache until the file declares them.
const PREDEFINED: [&str; 10] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
];

type Defaults = BTreeMap<String, Option<String>>;

/// The arguments of one stage, or those before the first.
#[derive(Clone, Debug, Default)]
pub struct Args {
    given: Defaults,
    /// Before the first `FROM`.
    global: Defaults,
    declared: Defaults,
    /// The names of `declared` as they came.
    order: Vec<String>,
    /// Values that are there for whoever declares the name: platforms.
    automatic: BTreeMap<String, String>,
    used: BTreeSet<String>,
}

impl Args {
    /// With the values of the command line.
    pub fn new(given: Defaults) -> Self {
        Args {
            given,
            ..Args::default()
        }
    }

    /// With values for names that need no default.
    pub fn with_automatic(self, automatic: BTreeMap<String, String>) -> Self {
        Args { automatic, ..self }
    }

    /// For a new stage: what stages have declared does not reach the next one.
    pub fn stage(&self) -> Self {
        Args {
            declared: Defaults::new(),
            order: Vec::new(),
            ..self.clone()
        }
    }

    /// `ARG` before the first `FROM`.
    pub fn declare_global(&mut self, name: &str, default: Option<String>) {
        self.global.insert(name.to_owned(), default.clone());
        self.declare(name, default);
    }

    /// `ARG` in a stage.
    pub fn declare(&mut self, name: &str, default: Option<String>) {
        self.declared.insert(name.to_owned(), default);
        self.order.push(name.to_owned());
        self.used.insert(name.to_owned());
    }

    /// Takes over from a stage what it has used of the command line.
    pub fn finish_stage(&mut self, stage: &Args) {
        self.used.extend(stage.used.iter().cloned());
    }

    /// What `FROM` sees.
    pub fn globals(&self) -> Vec<(String, String)> {
        let mut names = self.global.clone();
        for name in self.automatic.keys() {
            names.entry(name.clone()).or_default();
        }
        self.values(&names)
    }

    /// What a name stands for of itself.
    pub fn automatic(&self, name: &str) -> Option<&str> {
        self.automatic.get(name).map(String::as_str)
    }

    /// The names that the stage has declared, in order; one that is declared twice comes twice.
    pub fn order(&self) -> &[String] {
        &self.order
    }

    /// What instructions of the stage see.
    pub fn seen(&self) -> Vec<(String, String)> {
        self.values(&self.declared)
    }

    /// Whether a `RUN` with this argument differs from one without it.
    pub fn counts(&self, name: &str) -> bool {
        self.declared.contains_key(name) || !PREDEFINED.contains(&name)
    }

    /// Arguments of the command line that nothing asked for.
    pub fn unused(&self) -> Vec<&str> {
        let names = self.given.keys().map(String::as_str);
        names
            .filter(|name| !self.used.contains(*name) && !PREDEFINED.contains(name))
            .collect()
    }

    fn values(&self, declared: &Defaults) -> Vec<(String, String)> {
        let names: BTreeSet<&str> = declared
            .keys()
            .map(String::as_str)
            .chain(PREDEFINED)
            .collect();
        let value = |name: &str| {
            let default = declared.get(name).cloned().flatten();
            Some((name.to_owned(), self.value_of(name, default)?))
        };
        names.into_iter().filter_map(value).collect()
    }

    fn value_of(&self, name: &str, default: Option<String>) -> Option<String> {
        if let Some(given) = self.given.get(name) {
            return given.clone();
        }
        default
            .or_else(|| self.global.get(name).cloned().flatten())
            .or_else(|| self.automatic.get(name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(given: &[(&str, &str)]) -> Args {
        Args::new(
            given
                .iter()
                .map(|(n, v)| ((*n).to_owned(), Some((*v).to_owned())))
                .collect(),
        )
    }

    fn value(args: &Args, name: &str) -> Option<String> {
        args.seen()
            .into_iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v)
    }

    #[test]
    fn the_command_line_wins_over_defaults_but_only_for_what_is_declared() {
        let mut args = args(&[("a", "given"), ("n", "never")]);
        assert_eq!(value(&args, "a"), None);
        args.declare("a", Some("default".to_owned()));
        args.declare("b", Some("default".to_owned()));
        args.declare("c", None);
        assert_eq!(value(&args, "a").as_deref(), Some("given"));
        assert_eq!(value(&args, "b").as_deref(), Some("default"));
        assert_eq!(value(&args, "c"), None);
        assert_eq!(args.unused(), ["n"]);
    }

    #[test]
    fn global_values_have_to_be_asked_for() {
        let mut args = args(&[]);
        args.declare_global("v", Some("1".to_owned()));
        assert_eq!(args.globals().len(), 1);
        let mut stage = args.stage();
        assert_eq!(value(&stage, "v"), None);
        stage.declare("v", None);
        assert_eq!(value(&stage, "v").as_deref(), Some("1"));
    }

    #[test]
    fn automatic_values_are_for_those_who_declare_them() {
        let automatic = BTreeMap::from([("TARGETOS".to_owned(), "wasi".to_owned())]);
        let args = args(&[]).with_automatic(automatic);
        assert!(
            args.globals()
                .contains(&("TARGETOS".to_owned(), "wasi".to_owned()))
        );
        let mut stage = args.stage();
        assert_eq!(value(&stage, "TARGETOS"), None);
        stage.declare("TARGETOS", None);
        assert_eq!(value(&stage, "TARGETOS").as_deref(), Some("wasi"));
        stage.declare("TARGETOS", Some("x".to_owned()));
        assert_eq!(value(&stage, "TARGETOS").as_deref(), Some("x"));
        assert_eq!(stage.order(), ["TARGETOS", "TARGETOS"]);
    }

    #[test]
    fn proxies_need_no_declaration_and_do_not_count() {
        let mut args = args(&[("http_proxy", "x")]);
        assert_eq!(value(&args, "http_proxy").as_deref(), Some("x"));
        assert!(!args.counts("http_proxy") && args.counts("other") && args.unused().is_empty());
        args.declare("http_proxy", None);
        assert!(args.counts("http_proxy"));
    }
}
