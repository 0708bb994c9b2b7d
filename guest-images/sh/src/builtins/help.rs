//! `help`: what there is.

use super::{Output, Result, finish, names};
use crate::Env;
use yash_env::semantics::Field;

pub async fn main(env: &mut Env, args: Vec<Field>) -> Result {
    let output = match args.first() {
        Some(field) => topic(&field.value),
        None => Output::text(list(&names())),
    };
    finish(env, "help", output).await
}

fn list(names: &[&str]) -> String {
    let mut text = "Built-in commands:\n------------------\n\t".to_owned();
    let mut column = 8;
    for name in names {
        if column + name.len() > 70 {
            text += "\n\t";
            column = 8;
        }
        text += name;
        text.push(' ');
        column += name.len() + 1;
    }
    text.truncate(text.trim_end().len());
    text + "\n\nOther commands are programs: see /bin. `help NAME` tells about one of these.\n"
}

fn topic(name: &str) -> Output {
    let text = match name {
        "cd" => {
            "cd [DIR]: change the working directory; without DIR to $HOME, `cd -` to the one before"
        }
        "echo" => {
            "echo [-neE] WORDS: print the words; -n without a newline, -e with escapes such as \\n and \\t"
        }
        "exit" => "exit [N]: leave the shell with status N",
        "export" => "export NAME[=VALUE]: pass a variable on to commands; -p lists them",
        "fg" => "fg [%JOB]: bring a job to the foreground",
        "bg" => "bg [%JOB]: let a stopped job run in the background",
        "jobs" => "jobs [-lp]: list the jobs of this shell",
        "kill" => "kill [-SIGNAL] PID or %JOB ...: send a signal; -l lists them",
        "history" => "history: list what was typed",
        "read" => {
            "read [-rs] [-p PROMPT] [-t SECONDS] [-n COUNT] NAMES: read a line into variables"
        }
        "set" => "set [-eux] [-o OPTION] [WORDS]: set options and the parameters $1, $2, ...",
        "test" | "[" => {
            "test EXPRESSION: -f FILE, -d DIR, -z TEXT, A = B, A -lt B, ...; status 0 when true"
        }
        "trap" => "trap COMMAND SIGNALS: run COMMAND on INT, TERM, EXIT ...",
        "type" => "type NAMES: tell what a name would run",
        "wait" => "wait [PID or %JOB]: wait for background jobs to end",
        _ if names().contains(&name) => {
            return Output::text(format!("{name}: a built-in command\n"));
        }
        _ => return Output::error(1, format!("no help topics match '{name}'")),
    };
    Output::text(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_wraps() {
        let text = super::list(&["alias"; 30]);
        assert!(text.lines().all(|line| line.len() < 80));
    }
}
