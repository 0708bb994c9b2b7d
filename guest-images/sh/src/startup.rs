//! The start: environment, options, profile files, and the loop over commands.

use crate::args::{Args, Parsed, Source};
use crate::input::{Lines, Prompting, Text};
use crate::system::{self, Kernel, process_passwd};
use crate::{Env, System, builtins, input, messages, mode, sys};
use std::cell::RefCell;
use std::ops::ControlFlow::Continue;
use std::rc::Rc;
use yash_env::option::{Option as ShellOption, State};
use yash_env::parser::{Config, IsKeyword, IsName};
use yash_env::prompt::GetPrompt;
use yash_env::semantics::command::RunFunction;
use yash_env::semantics::{ExitStatus, RunReadEvalLoop};
use yash_env::source::Source as Origin;
use yash_env::system::Concurrent;
use yash_env::trap::RunSignalTrapIfCaught;
use yash_env::variable::Scope;
use yash_semantics::trap::{run_exit_trap, run_trap_if_caught};
use yash_semantics::{interactive_read_eval_loop, read_eval_loop};
use yash_syntax::parser::lex::{Keyword, Lexer, is_name};

const VERSION: &str = concat!(
    "Schooner shell ",
    env!("CARGO_PKG_VERSION"),
    " (a POSIX shell on the yash crates that stands in for ash and bash; GPL-3.0-or-later)"
);

/// Runs the shell to its end and gives the exit status.
pub fn run(argv: Vec<String>) -> i32 {
    annotate_snippets::set_formatter(messages::format);
    let zero = argv
        .first()
        .map_or("sh", |zero| zero.rsplit('/').next().unwrap_or("sh"));
    let own_name = zero.trim_start_matches('-').to_owned();
    match crate::args::parse(argv) {
        Parsed::Version => {
            println!("{own_name}: {VERSION}");
            0
        }
        Parsed::Help => {
            println!(
                "{VERSION}\n\nUsage: {own_name} [-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE ARGS | -s ARGS]"
            );
            0
        }
        Parsed::Error(message) => {
            eprintln!("{own_name}: {message}");
            2
        }
        Parsed::Run(args) => {
            let system: System = Rc::new(Concurrent::new(Kernel::default()));
            system::run(&system, shell(system.clone(), args, &own_name))
        }
    }
}

async fn shell(system: System, args: Args, own_name: &str) -> i32 {
    let terminal = sys::tcgetattr(0).is_ok() && sys::tcgetattr(2).is_ok();
    let interactive = args.interactive || (args.source == Source::Stdin && terminal);
    let name = match &args.source {
        Source::File(path) => path.clone(),
        _ => own_name.to_owned(),
    };
    mode::set(args.bash, interactive, &name);
    let mut env = Env::with_system(system);
    let mut text = None;
    if let Source::File(path) = &args.source {
        match input::read_script(path) {
            Ok(content) => text = Some(content),
            Err(error) => {
                let words = system::errno::text(error);
                mode::set(args.bash, false, own_name);
                if args.bash {
                    eprintln!("bash: {path}: {words}");
                    return 127;
                }
                eprintln!("{own_name}: can't open '{path}': {words}");
                return 2;
            }
        }
    }
    prepare(&mut env, &args, interactive);
    if interactive {
        prepare_interactive(&mut env, &args).await;
    }
    profile(&mut env, &args, interactive).await;
    let result = match args.source {
        Source::Command(command) => {
            let command = match only_command(&command) {
                // As ash does: nothing is left to do for the shell, so the command takes its place (and its pid).
                Some(name) if !interactive && runs_program(&env, &name) => {
                    format!("exec {command}")
                }
                _ => command,
            };
            evaluate(&mut env, &command, Origin::CommandString).await
        }
        Source::File(path) => {
            let text = text.unwrap_or_default();
            evaluate(&mut env, &text, Origin::CommandFile { path }).await
        }
        Source::Stdin => {
            let cell = RefCell::new(&mut env);
            if interactive {
                let mut config = Config::with_input(Box::new(Prompting::new(&cell)));
                config.source = Some(Rc::new(Origin::Stdin));
                interactive_read_eval_loop(&cell, &mut Lexer::from(config)).await
            } else {
                let lines = Lines::new(cell.borrow().system.clone());
                let mut config = Config::with_input(Box::new(lines));
                config.source = Some(Rc::new(Origin::Stdin));
                read_eval_loop(&cell, &mut Lexer::from(config)).await
            }
        }
    };
    env.apply_result(result);
    run_exit_trap(&mut env).await;
    input::save_history(&env);
    env.exit_status.0
}

/// The name of the only command in a text, if it is a single simple one with a plain name.
fn only_command(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        if matches!(
            chars[at],
            ';' | '|' | '&' | '(' | ')' | '{' | '}' | '\n' | '`' | '#' | '<'
        ) {
            return None;
        }
        at = crate::rewrite::skip(&chars, at);
    }
    let name = text.split_whitespace().next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    name.chars().all(plain).then(|| name.to_owned())
}

fn runs_program(env: &Env, name: &str) -> bool {
    !env.builtins.contains_key(name)
        && name.parse::<Keyword>().is_err()
        && env.functions.get(name).is_none()
        && env.aliases.get(name).is_none()
        && builtins::on_path(env, name).is_some()
}

/// Runs commands from a text.
pub async fn evaluate(env: &mut Env, text: &str, origin: Origin) -> yash_env::semantics::Result {
    let cell = RefCell::new(env);
    let mut config = Config::with_input(Box::new(Text::new(text)));
    config.source = Some(Rc::new(origin));
    let mut lexer = Lexer::from(config);
    // A reborrow, as the loop wants the very type `&RefCell<&mut Env>`.
    let mut env = cell.borrow_mut();
    let inner = RefCell::new(&mut **env);
    read_eval_loop(&inner, &mut lexer).await
}

fn prepare(env: &mut Env, args: &Args, interactive: bool) {
    env.variables.extend_env(std::env::vars());
    let prompts =
        ["PS1", "PS2", "PS4"].map(|name| env.variables.get_scalar(name).map(str::to_owned));
    env.init_variables();
    let default_ps1 = if args.bash { "\\s-\\v\\$ " } else { "\\w \\$ " };
    for (name, given, default) in [("PS1", 0, default_ps1), ("PS2", 1, "> "), ("PS4", 2, "+ ")] {
        let value = prompts[given].as_deref().unwrap_or(default);
        set(env, name, value, false);
    }
    if env.variables.get_scalar("PATH").is_none() {
        set(env, "PATH", "/sbin:/usr/sbin:/bin:/usr/bin", false);
    }
    if args.bash {
        set(env, "BASH", "/bin/bash", false);
        set(env, "BASH_VERSION", "5.2 (Schooner shell)", false);
        set(env, "HOSTNAME", &input::host_name(), false);
        set(env, "UID", &sys::getuid().to_string(), false);
        set(env, "EUID", &sys::geteuid().to_string(), false);
    }
    if let Some(shlvl) = Some(
        env.variables
            .get_scalar("SHLVL")
            .and_then(|n| n.parse::<u32>().ok())
            .unwrap_or(0),
    ) {
        set(env, "SHLVL", &(shlvl + 1).to_string(), true);
    }
    if interactive && env.variables.get_scalar("HOME").is_none() {
        let uid = sys::getuid().to_string();
        if let Some(fields) = process_passwd(|fields| fields[2] == uid) {
            set(env, "HOME", &fields[5], true);
        }
    }
    env.arg0.clone_from(&args.name);
    env.variables
        .positional_params_mut()
        .values
        .clone_from(&args.parameters);
    env.builtins.extend(builtins::all());
    for (option, state) in &args.options {
        env.options.set(*option, *state);
    }
    if matches!(args.source, Source::Command(_)) {
        env.options.set(ShellOption::CmdLine, State::On);
    }
    if args.login {
        env.options.set(ShellOption::Login, State::On);
    }
    inject(env);
}

/// The functions that the yash crates expect from one another.
fn inject(env: &mut Env) {
    env.any.insert(Box::new(IsKeyword::<System>(|_, word| {
        word.parse::<Keyword>().is_ok()
    })));
    env.any
        .insert(Box::new(IsName::<System>(|_, name| is_name(name))));
    env.any
        .insert(Box::new(RunReadEvalLoop::<System>(|env, config| {
            Box::pin(async move { read_eval_loop(env, &mut Lexer::from(config)).await })
        })));
    env.any.insert(Box::new(RunFunction::<System>(
        |env, function, fields, hook| {
            Box::pin(
                yash_semantics::command::simple_command::execute_function_body(
                    env, function, fields, hook,
                ),
            )
        },
    )));
    env.any.insert(Box::new(GetPrompt::<System>(|env, context| {
        let primary = context.is_first_line();
        Box::pin(async move { input::prompt(env, primary).await })
    })));
    env.any
        .insert(Box::new(RunSignalTrapIfCaught::<System>(|env, signal| {
            Box::pin(async move { run_trap_if_caught(env, signal).await })
        })));
}

/// Assigns a variable.
pub fn set(env: &mut Env, name: &str, value: &str, export: bool) {
    let mut variable = env.variables.get_or_new(name, Scope::Global);
    let _ = variable.assign(value.to_owned(), None);
    if export {
        variable.export(true);
    }
}

async fn prepare_interactive(env: &mut Env, args: &Args) {
    env.options.set(ShellOption::Interactive, State::On);
    let monitor = args
        .options
        .iter()
        .rev()
        .find(|(option, _)| *option == ShellOption::Monitor);
    let monitor = monitor.is_none_or(|(_, state)| *state == State::On)
        && env.ensure_foreground().await.is_ok();
    env.options.set(
        ShellOption::Monitor,
        if monitor { State::On } else { State::Off },
    );
    let system = env.system.clone();
    let _ = env
        .traps
        .enable_internal_dispositions_for_terminators(&system)
        .await;
    if monitor {
        let _ = env
            .traps
            .enable_internal_dispositions_for_stoppers(&system)
            .await;
    }
    let _ = env
        .traps
        .enable_internal_disposition_for_sigchld(&system)
        .await;
    input::load_history(env);
}

async fn profile(env: &mut Env, args: &Args, interactive: bool) {
    let home = env.variables.get_scalar("HOME").unwrap_or("").to_owned();
    let mut files = Vec::new();
    if args.login && !args.no_profile {
        files.push("/etc/profile".to_owned());
        let own = if args.bash {
            [".bash_profile", ".bash_login", ".profile"].as_slice()
        } else {
            &[".profile"]
        };
        let own = own.iter().map(|name| format!("{home}/{name}"));
        files.extend(own.filter(|path| sys::stat(path).is_ok()).take(1));
    }
    if interactive && args.bash && !args.no_rc && !args.login {
        files.push("/etc/bash.bashrc".to_owned());
        files.push(format!("{home}/.bashrc"));
    }
    if interactive
        && !args.bash
        && let Some(file) = env.variables.get_scalar("ENV")
    {
        files.push(file.to_owned());
    }
    for path in files {
        // A missing file is the usual case.
        if let Ok(text) = input::read_script(&path)
            && let Continue(()) = evaluate(env, &text, Origin::InitFile { path }).await
        {}
    }
    env.exit_status = ExitStatus::SUCCESS;
}

#[cfg(test)]
mod tests {
    use super::only_command;

    #[test]
    fn single_commands_are_recognised() {
        for (text, name) in [
            ("ps", Some("ps")),
            (" sleep 10 ", Some("sleep")),
            ("echo 'a;b' \"$x | y\" >f", Some("echo")),
            ("/bin/ls -l", Some("/bin/ls")),
            ("a; b", None),
            ("a | b", None),
            ("a &", None),
            ("x=1 a", None),
            ("a\nb", None),
            ("$x", None),
            ("", None),
        ] {
            assert_eq!(only_command(text).as_deref(), name, "{text}");
        }
    }
}
