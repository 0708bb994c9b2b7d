//! The builtins: yash's, and what ash and bash have besides.
//!
//! Each of our own is a function from arguments to [`Output`] where it can be: pure and tested as such.

mod echo;
mod extra;
mod help;
mod kill;
mod printf;
mod read;
mod regex;
mod run;
mod show;
mod test;

use crate::{Env, System};

pub use show::on_path;

use yash_env::builtin::{Builtin, Result, Type};
use yash_env::io::Fd;
use yash_env::semantics::{ExitStatus, Field};
use yash_env::system::concurrency::WriteAll as _;

/// What a simple builtin does.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Output {
    pub out: Vec<u8>,
    /// Messages without what begins them.
    pub errors: Vec<String>,
    pub status: i32,
}

impl Output {
    /// A failure with one message.
    pub fn error(status: i32, message: impl Into<String>) -> Self {
        Output {
            out: Vec::new(),
            errors: vec![message.into()],
            status,
        }
    }
    /// Success or failure without a word.
    pub fn status(status: i32) -> Self {
        Output {
            status,
            ..Output::default()
        }
    }
    /// Success with a text.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Output {
            out: text.into(),
            ..Output::default()
        }
    }
}

/// Writes what a simple builtin gave.
pub async fn finish(env: &mut Env, name: &str, output: Output) -> Result {
    let mut status = output.status;
    if !output.out.is_empty()
        && let Err(error) = env.system.write_all(Fd::STDOUT, &output.out).await
    {
        let text = format!("write error: {}", crate::system::errno::text(error));
        env.system
            .print_error(crate::messages::own("", &text))
            .await;
        status = 1;
    }
    for message in &output.errors {
        env.system
            .print_error(crate::messages::own(name, message))
            .await;
    }
    Result::new(ExitStatus(status))
}

macro_rules! simple {
    ($name:literal, $prefix:literal, $function:path) => {
        (
            $name,
            Builtin::new(Type::Mandatory, |env, args| {
                Box::pin(async move {
                    let words: Vec<String> = args.into_iter().map(|field| field.value).collect();
                    finish(env, $prefix, $function(&words)).await
                })
            }),
        )
    };
}
macro_rules! with_env {
    ($name:literal, $function:path) => {
        (
            $name,
            Builtin::new(Type::Mandatory, |env, args| Box::pin($function(env, args))),
        )
    };
}

/// Every builtin.
pub fn all() -> Vec<(&'static str, Builtin<System>)> {
    let mut list: Vec<(&'static str, Builtin<System>)> = yash_builtin::iter()
        .map(|(name, mut builtin)| {
            // yash wants a program of the same name on PATH for these; a container may have none.
            if builtin.r#type == Type::Substitutive {
                builtin.r#type = Type::Mandatory;
            }
            (name, builtin)
        })
        .collect();
    list.extend([
        simple!("echo", "", echo::main),
        simple!("printf", "", printf::main),
        simple!("test", "", test::main),
        simple!("[", "", test::bracket),
        simple!("[[", "", test::bracket),
        simple!("__substring", "", extra::substring),
        simple!("__replace", "", extra::replace),
        simple!("__case", "", extra::case),
        simple!("__random", "", extra::random),
        simple!("__matches", "", extra::matches),
        with_env!("help", help::main),
        with_env!("kill", kill::main),
        with_env!("jobs", show::jobs),
        with_env!("type", show::type_),
        with_env!("hash", show::hash),
        with_env!("history", show::history),
        with_env!("umask", show::umask),
        with_env!("read", read::main),
        with_env!("let", run::let_),
        with_env!("time", run::time),
        with_env!("ulimit", run::ulimit),
        (
            "local",
            declaration(|env, args| Box::pin(run::local(env, args))),
        ),
        (
            "declare",
            declaration(|env, args| Box::pin(run::declare(env, args))),
        ),
        (
            "typeset",
            declaration(|env, args| Box::pin(run::declare(env, args))),
        ),
        (
            "export",
            declaring(|env, args| Box::pin(run::export(env, args))),
        ),
        (
            "readonly",
            declaring(|env, args| Box::pin(run::readonly(env, args))),
        ),
        (
            "trap",
            Builtin::new(Type::Special, |env, args| Box::pin(show::trap(env, args))),
        ),
        (
            "shift",
            special(|env, args| Box::pin(run::shift(env, args))),
        ),
        (".", special(|env, args| Box::pin(run::dot(env, args)))),
        ("source", special(|env, args| Box::pin(run::dot(env, args)))),
        ("eval", special(|env, args| Box::pin(run::eval(env, args)))),
    ]);
    if crate::mode::is_bash() {
        list.push(with_env!("shopt", run::nothing));
        list.push(with_env!("logout", yash_exit));
    } else {
        list.retain(|(name, _)| !matches!(*name, "declare" | "typeset"));
    }
    list
}

async fn yash_exit(env: &mut Env, args: Vec<Field>) -> Result {
    yash_builtin::exit::main(env, args).await
}

fn declaration(main: yash_env::builtin::Main<System>) -> Builtin<System> {
    let mut builtin = Builtin::new(Type::Mandatory, main);
    builtin.is_declaration_utility = Some(true);
    builtin
}

fn declaring(main: yash_env::builtin::Main<System>) -> Builtin<System> {
    let mut builtin = Builtin::new(Type::Special, main);
    builtin.is_declaration_utility = Some(true);
    builtin
}

fn special(main: yash_env::builtin::Main<System>) -> Builtin<System> {
    let mut builtin = Builtin::new(Type::Special, main);
    builtin.handles_signals_internally = true;
    builtin
}

/// The names of all builtins, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = all().into_iter().map(|(name, _)| name).collect();
    // Those of `rewrite` are nobody's business.
    names.retain(|name| !name.starts_with("__"));
    names.sort_unstable();
    names.dedup();
    names
}

/// Replaces yash's fields by their texts.
pub fn words(args: &[Field]) -> Vec<String> {
    args.iter().map(|field| field.value.clone()).collect()
}
