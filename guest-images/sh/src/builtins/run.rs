//! Builtins that run or declare something: `let`, `time`, `ulimit`, `local`, `declare`, `.`, `eval`.

use super::{Output, Result, finish, words};
use crate::{Env, input, mode, startup, sys, system};
use std::ops::ControlFlow::{Break, Continue};
use std::time::Instant;
use yash_env::builtin::Result as BuiltinResult;
use yash_env::semantics::{Divert, ExitStatus, Field};
use yash_env::source::Source;
use yash_env::stack::Frame;
use yash_env::variable::Scope;

/// `shopt` and such: accepted, without effect.
pub async fn nothing(_env: &mut Env, _args: Vec<Field>) -> Result {
    Result::default()
}

/// `let expression …`: 0 when the last one is not zero.
pub async fn let_(env: &mut Env, args: Vec<Field>) -> Result {
    if args.is_empty() {
        return finish(env, "let", Output::error(2, "expression expected")).await;
    }
    let expressions = words(&args);
    let text: Vec<String> = expressions
        .iter()
        .map(|text| format!(": $(({text}))"))
        .collect();
    // The status is the last value's.
    let last = expressions.last().map_or("0", String::as_str);
    let (last, before) = (format!("[ \"$(({last}))\" != 0 ]"), &text[..text.len() - 1]);
    let mut script = before.join("\n");
    script.push('\n');
    script += &last;
    run_text(env, &script, &args[0]).await
}

async fn run_text(env: &mut Env, text: &str, origin: &Field) -> Result {
    let origin = Source::Eval {
        original: origin.origin.clone(),
    };
    let divert = startup::evaluate(env, text, origin).await;
    BuiltinResult::with_exit_status_and_divert(env.exit_status, divert)
}

/// `time command`: the command's time on standard error.
pub async fn time(env: &mut Env, args: Vec<Field>) -> Result {
    let start = Instant::now();
    let before = sys::times().unwrap_or_default();
    let posix = args.first().is_some_and(|field| field.value == "-p");
    let command: Vec<String> = args
        .iter()
        .skip(usize::from(posix))
        .map(|field| yash_quote::quote(&field.value).into_owned())
        .collect();
    let result = match args.first() {
        Some(first) => run_text(env, &command.join(" "), first).await,
        None => Result::default(),
    };
    let after = sys::times().unwrap_or_default();
    let user = after.user + after.child_user - before.user - before.child_user;
    let system = after.sys + after.child_sys - before.sys - before.child_sys;
    let real = start.elapsed().as_secs_f64();
    let line = |name: &str, seconds: f64| {
        let minutes = (seconds / 60.0) as u64;
        let rest = seconds - minutes as f64 * 60.0;
        match () {
            () if posix => format!("{name} {seconds:.2}\n"),
            () if mode::is_bash() => format!("{name}\t{minutes}m{rest:.3}s\n"),
            () => format!("{name}\t{minutes}m {rest:.2}s\n"),
        }
    };
    let lead = if mode::is_bash() && !posix { "\n" } else { "" };
    let text = format!(
        "{lead}{}{}{}",
        line("real", real),
        line("user", user as f64 / 1e9),
        line("sys", system as f64 / 1e9)
    );
    let _ = sys::write(2, text.as_bytes());
    result
}

/// yash's `ulimit`, which is the only one that may change limits.
pub async fn ulimit(env: &mut Env, args: Vec<Field>) -> Result {
    system::allow_limits(true);
    let result = yash_builtin::ulimit::main(env, args).await;
    system::allow_limits(false);
    result
}

/// `local name[=value] …`: `typeset` inside a function.
pub async fn local(env: &mut Env, args: Vec<Field>) -> Result {
    if !in_function(env) {
        let text = if mode::is_bash() {
            "can only be used in a function"
        } else {
            "not in a function"
        };
        let status = if mode::is_bash() { 1 } else { 2 };
        let mut result = finish(env, "local", Output::error(status, text)).await;
        if !mode::is_bash() {
            result.set_divert(Break(Divert::Interrupt(None)));
        }
        return result;
    }
    if args.is_empty() {
        return Result::default();
    }
    yash_builtin::typeset::main(env, args).await
}

/// `shift [n]`: as in ash, too large a number is a quiet failure.
pub async fn shift(env: &mut Env, args: Vec<Field>) -> Result {
    let count = args
        .first()
        .map_or(Ok(1), |field| field.value.parse::<usize>());
    if count.is_ok_and(|count| count > env.variables.positional_params().values.len()) {
        return Result::new(ExitStatus(1));
    }
    yash_builtin::shift::main(env, args).await
}

/// Refuses names that no variable can have, which yash takes.
async fn bad_name(env: &mut Env, builtin: &str, args: &[Field]) -> Option<Result> {
    let bad = args
        .iter()
        .filter(|field| !field.value.starts_with('-'))
        .find_map(|field| {
            let name = field.value.split('=').next().unwrap_or("");
            (!yash_syntax::parser::lex::is_name(name)).then(|| name.to_owned())
        })?;
    if mode::is_bash() {
        let text = format!("`{bad}': not a valid identifier");
        return Some(finish(env, builtin, Output::error(1, text)).await);
    }
    let mut result = finish(
        env,
        builtin,
        Output::error(2, format!("{bad}: bad variable name")),
    )
    .await;
    result.set_divert(Break(Divert::Interrupt(Some(ExitStatus(2)))));
    Some(result)
}

pub async fn export(env: &mut Env, args: Vec<Field>) -> Result {
    match bad_name(env, "export", &args).await {
        Some(result) => result,
        None => yash_builtin::export::main(env, args).await,
    }
}

pub async fn readonly(env: &mut Env, args: Vec<Field>) -> Result {
    match bad_name(env, "readonly", &args).await {
        Some(result) => result,
        None => yash_builtin::readonly::main(env, args).await,
    }
}

/// yash tells nobody, but this variable is always there outside functions, and never local to one.
fn in_function(env: &Env) -> bool {
    env.variables.get_scoped("PPID", Scope::Local).is_none()
}

/// `declare` of bash: attributes that make no difference are dropped, arrays refused.
pub async fn declare(env: &mut Env, args: Vec<Field>) -> Result {
    let mut list = Vec::new();
    for mut field in args {
        let sign = field
            .value
            .chars()
            .next()
            .filter(|c| matches!(c, '-' | '+'));
        if let Some(sign) = sign
            && field.value.len() > 1
        {
            if field.value.contains(['a', 'A']) {
                return finish(
                    env,
                    "declare",
                    Output::error(1, "arrays are not supported by this shell"),
                )
                .await;
            }
            let letters: String = field
                .value
                .chars()
                .filter(|c| "rxpgf".contains(*c))
                .collect();
            if letters.is_empty() {
                continue;
            }
            field.value = format!("{sign}{letters}");
        }
        list.push(field);
    }
    yash_builtin::typeset::main(env, list).await
}

/// `. file [words]`
pub async fn dot(env: &mut Env, args: Vec<Field>) -> Result {
    let mut args = args;
    if args.first().is_some_and(|field| field.value == "--") {
        args.remove(0);
    }
    let Some(file) = args.first().cloned() else {
        return yash_builtin::source::main(env, args).await;
    };
    let path = if file.value.contains('/') {
        Some(file.value.clone())
    } else {
        // Need not be executable, unlike a command.
        let path = env.variables.get_scalar("PATH").unwrap_or("").to_owned();
        let mut places: Vec<String> = path
            .split(':')
            .map(|dir| format!("{dir}/{}", file.value))
            .collect();
        if mode::is_bash() {
            places.push(format!("./{}", file.value));
        }
        places.into_iter().find(|path| {
            sys::stat(path).is_ok_and(|stat| stat.file_type() != schooner_sys::S_IFDIR)
        })
    };
    let text = match &path {
        Some(path) => input::read_script(path).map_err(|error| {
            let words = system::errno::text(error);
            if mode::is_bash() {
                format!("{path}: {words}")
            } else {
                format!("can't open '{path}': {words}")
            }
        }),
        None => Err(format!(
            "{}: {}",
            file.value,
            if mode::is_bash() {
                "No such file or directory"
            } else {
                "not found"
            }
        )),
    };
    let text = match text {
        Ok(text) => text,
        Err(message) if mode::is_bash() => return finish(env, "", Output::error(1, message)).await,
        Err(message) => {
            let mut result = finish(env, ".", Output::error(2, message)).await;
            result.set_divert(Break(Divert::Interrupt(Some(ExitStatus(2)))));
            return result;
        }
    };
    let env = &mut *env.push_frame(Frame::DotScript);
    let saved = (args.len() > 1).then(|| {
        let values = args[1..].iter().map(|field| field.value.clone()).collect();
        std::mem::replace(&mut env.variables.positional_params_mut().values, values)
    });
    env.exit_status = ExitStatus::SUCCESS;
    let origin = Source::DotScript {
        name: path.unwrap_or_default(),
        origin: file.origin,
    };
    let divert = startup::evaluate(env, &text, origin).await;
    if let Some(saved) = saved {
        env.variables.positional_params_mut().values = saved;
    }
    let (status, divert) = match divert {
        Break(Divert::Return(status)) => (status.unwrap_or(env.exit_status), Continue(())),
        other => (env.exit_status, other),
    };
    BuiltinResult::with_exit_status_and_divert(status, divert)
}

/// `eval words`
pub async fn eval(env: &mut Env, args: Vec<Field>) -> Result {
    let skip = usize::from(args.first().is_some_and(|field| field.value == "--"));
    let Some(first) = args.get(skip).cloned() else {
        return Result::default();
    };
    let text = words(&args[skip..]).join(" ");
    // An empty text succeeds, whatever came before.
    if text.trim().is_empty() {
        return Result::default();
    }
    run_text(env, &text, &first).await
}
