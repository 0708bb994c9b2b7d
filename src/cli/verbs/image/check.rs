//! `image check`: which programs of an image need imports that only this engine has, and which need some that it lacks.

use super::layers::bytes;
use crate::cli::app::{App, escape, out};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::Bool;
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::table::align;
use crate::wire::ProgramCheck;

pub fn verb() -> Verb {
    Verb {
        paths: &["image check"],
        usage: "IMAGE",
        about: "Show which programs of an image run in other WebAssembly engines",
        arity: Arity::Exactly(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![flag(
        "imports",
        "",
        Bool,
        "Name each import that keeps a program here",
    )]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let target = format!("/schooner/images/{}/check", escape(given.first()));
    let programs: Vec<ProgramCheck> = client.get(&target).await?;
    out(&page(&programs, given.on("imports")));
    Ok(0)
}

fn page(programs: &[ProgramCheck], with_imports: bool) -> String {
    let mut table = String::from("PROGRAM\tSIZE\tKIND\tRUNS ELSEWHERE\tIMPORTS FROM\n");
    for program in programs {
        let (kind, elsewhere) = match (program.error.as_str(), program.own.is_empty()) {
            ("", true) => (program.kind.as_str(), "yes"),
            ("", false) => (program.kind.as_str(), "no"),
            _ => ("damaged", "no"),
        };
        let imports = match program.error.as_str() {
            "" => program.imports.join(", "),
            why => why.replace(['\t', '\n'], " "),
        };
        let size = bytes(program.size);
        table += &format!("{}\t{size}\t{kind}\t{elsewhere}\t{imports}\n", program.path);
    }
    let mut text = align(&table);
    for program in programs
        .iter()
        .filter(|p| with_imports && !p.own.is_empty())
    {
        text += &format!("\n{}\n", program.path);
        for (module, names) in &program.own {
            text += &format!("  {module}: {}\n", names.join(" "));
        }
    }
    for program in programs.iter().filter(|p| !p.missing.is_empty()) {
        let lacks = program.missing.join(", ");
        text += &format!("\n{} does not run here: no {lacks}\n", program.path);
    }
    let here = programs.iter().filter(|p| !p.own.is_empty()).count();
    let all = programs.len();
    text + &match (all, here) {
        (0, _) => "\nno WebAssembly program in this image\n".to_owned(),
        (_, 0) => format!("\nall {all} programs need nothing but WASI\n"),
        _ => format!("\n{here} of {all} programs need imports that only schooner has\n"),
    }
}
