//! `id`, `whoami`, `groups`.

use applet::{busybox, die, getopt, os, out, users};

fn all_groups(user: Option<&users::User>) -> Vec<u32> {
    match user {
        Some(user) => users::groups_of(user),
        None => {
            let mut list = vec![os::egid()];
            list.extend(
                os::group_list()
                    .into_iter()
                    .filter(|gid| *gid != os::egid()),
            );
            list
        }
    }
}

fn lookup(name: &str) -> &'static users::User {
    let found = users::users()
        .iter()
        .find(|user| user.name == name || name.parse() == Ok(user.uid));
    found.unwrap_or_else(|| {
        die(if busybox() {
            format!("unknown user {name}")
        } else {
            format!("'{name}': no such user")
        })
    })
}

/// `id`.
pub fn id(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("user", 'u'),
        ("group", 'g'),
        ("groups", 'G'),
        ("name", 'n'),
        ("real", 'r'),
        ("zero", 'z'),
    ];
    let args = getopt(argv, "ugGnrzZ", LONG, "id [-ugGnr] [USER]");
    let user = args.rest.first().map(|name| lookup(name));
    let (uid, gid) = match user {
        Some(user) => (user.uid, user.gid),
        None if args.has('r') => (os::uid(), os::gid()),
        None => (os::euid(), os::egid()),
    };
    let groups = all_groups(user);
    let mut o = out();
    let name = args.has('n');
    let user_text = |uid: u32| {
        if name {
            users::user_text(uid)
        } else {
            uid.to_string()
        }
    };
    let group_text = |gid: u32| {
        if name {
            users::group_text(gid)
        } else {
            gid.to_string()
        }
    };
    let end = if args.has('z') { "\0" } else { "\n" };
    match args.last_of("ugG") {
        Some('u') => write!(o, "{}{end}", user_text(uid)),
        Some('g') => write!(o, "{}{end}", group_text(gid)),
        Some(_) => write!(
            o,
            "{}{end}",
            groups
                .iter()
                .map(|gid| group_text(*gid))
                .collect::<Vec<_>>()
                .join(" ")
        ),
        None => {
            let label = |id: u32, name: Option<&str>| {
                name.map_or_else(|| id.to_string(), |name| format!("{id}({name})"))
            };
            write!(
                o,
                "uid={} gid={}",
                label(uid, users::user_name(uid)),
                label(gid, users::group_name(gid))
            );
            let list: Vec<String> = groups
                .iter()
                .map(|gid| label(*gid, users::group_name(*gid)))
                .collect();
            if user.is_some() || !busybox() || !os::group_list().is_empty() {
                write!(o, " groups={}", list.join(","));
            }
            o.text("\n");
        }
    }
    0
}

/// `whoami`, `logname`.
pub fn whoami(argv: &[String]) -> i32 {
    getopt(argv, "", &[], "whoami");
    match users::user_name(os::euid()) {
        Some(name) => {
            writeln!(out(), "{name}");
            0
        }
        None if busybox() => die(format_args!("unknown uid {}", os::euid())),
        None => die(format_args!("cannot find name for user ID {}", os::euid())),
    }
}

/// `groups`.
pub fn groups(argv: &[String]) -> i32 {
    let args = getopt(argv, "", &[], "groups [USER]...");
    let text = |list: Vec<u32>| {
        list.iter()
            .map(|gid| users::group_text(*gid))
            .collect::<Vec<_>>()
            .join(" ")
    };
    if args.rest.is_empty() {
        writeln!(out(), "{}", text(all_groups(None)));
    }
    for name in &args.rest {
        writeln!(out(), "{name} : {}", text(all_groups(Some(lookup(name)))));
    }
    0
}
