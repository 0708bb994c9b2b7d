//! `--user`: names and numbers, looked up in the container's own passwd and group files. The errors are Docker's.

use super::files;
use crate::engine::{Error, Result};
use crate::vfs::{Cred, Namespace};

/// Who a process runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub cred: Cred,
    pub home: String,
}

/// The largest id that Docker takes.
const LARGEST: i64 = 0x7fff_ffff;

/// `user`, `user:group`, by name or number; empty is root. `more` are the names of `--group-add`.
pub fn find(namespace: &Namespace, text: &str, more: &[String]) -> Result<User> {
    // A file that is missing or unreadable knows nobody.
    let file = |path: &str| files::read(namespace, path).unwrap_or_default();
    look_up(&file("/etc/passwd"), &file("/etc/group"), text, more)
}

struct Passwd<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

struct Group<'a> {
    name: &'a str,
    gid: u32,
    members: Vec<&'a str>,
}

fn look_up(passwd: &[u8], group: &[u8], text: &str, more: &[String]) -> Result<User> {
    let (passwd, group) = (
        String::from_utf8_lossy(passwd),
        String::from_utf8_lossy(group),
    );
    let users: Vec<Passwd<'_>> = passwd.lines().filter_map(passwd_line).collect();
    let groups: Vec<Group<'_>> = group.lines().filter_map(group_line).collect();
    let (user, own_group) = text
        .split_once(':')
        .map_or((text, None), |(u, g)| (u, Some(g)));
    let number = |text: &str| -> Result<Option<u32>> {
        match text.parse::<i64>() {
            Ok(n) if (0..=LARGEST).contains(&n) => Ok(u32::try_from(n).ok()),
            Ok(_) => Err(Error::invalid(format!(
                "uids and gids must be in range 0-{LARGEST}"
            ))),
            Err(_) => Ok(None),
        }
    };
    let uid = if user.is_empty() { Some(0) } else { None };
    let by_name = users.iter().find(|u| uid.is_none() && u.name == user);
    let uid = match uid {
        Some(uid) => Some(uid),
        None if by_name.is_some() => None,
        None => number(user)?,
    };
    let known = by_name.or_else(|| users.iter().find(|u| Some(u.uid) == uid));
    let (uid, default_gid) = match (known, uid) {
        (Some(known), _) => (known.uid, known.gid),
        (None, Some(uid)) => (uid, 0),
        (None, None) => {
            return Err(Error::invalid(format!(
                "unable to find user {user}: no matching entries in passwd file"
            )));
        }
    };
    let gid_of = |name: &str| -> Result<u32> {
        if let Some(found) = groups.iter().find(|g| g.name == name) {
            return Ok(found.gid);
        }
        number(name)?.ok_or_else(|| {
            Error::invalid(format!(
                "unable to find group {name}: no matching entries in group file"
            ))
        })
    };
    let mut extra: Vec<u32> = Vec::new();
    let gid = match own_group.filter(|g| !g.is_empty()) {
        Some(name) => gid_of(name)?,
        None => {
            let name = known.map_or("", |u| u.name);
            extra.extend(
                groups
                    .iter()
                    .filter(|g| !name.is_empty() && g.members.contains(&name))
                    .map(|g| g.gid),
            );
            default_gid
        }
    };
    for name in more {
        extra.push(gid_of(name)?);
    }
    // The own group is one of the groups, so that a group without rights cannot be shed (CVE-2022-36109).
    extra.retain(|g| *g != gid);
    extra.insert(0, gid);
    let mut seen = Vec::new();
    extra.retain(|g| {
        !seen.contains(g) && {
            seen.push(*g);
            true
        }
    });
    let home = known
        .map(|u| u.home)
        .filter(|h| !h.is_empty())
        .unwrap_or("/")
        .to_owned();
    Ok(User {
        cred: Cred {
            groups: extra,
            ..Cred::user(uid, gid)
        },
        home,
    })
}

fn passwd_line(line: &str) -> Option<Passwd<'_>> {
    let fields: Vec<&str> = line.split(':').collect();
    Some(Passwd {
        name: fields.first().filter(|n| !n.is_empty())?,
        uid: fields.get(2)?.parse().ok()?,
        gid: fields.get(3)?.parse().ok()?,
        home: fields.get(5).unwrap_or(&""),
    })
}

fn group_line(line: &str) -> Option<Group<'_>> {
    let fields: Vec<&str> = line.split(':').collect();
    Some(Group {
        name: fields.first().filter(|n| !n.is_empty())?,
        gid: fields.get(2)?.parse().ok()?,
        members: fields
            .get(3)
            .map_or_else(Vec::new, |list| list.split(',').collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nbroken\n";
    const GROUP: &[u8] = b"root:x:0:\nwheel:x:10:me,you\nme:x:1000:\n";

    fn ids(text: &str) -> (u32, u32, Vec<u32>, String) {
        let user = look_up(PASSWD, GROUP, text, &[]).unwrap();
        (user.cred.uid, user.cred.gid, user.cred.groups, user.home)
    }

    #[test]
    fn users_are_found_by_name_and_number() {
        assert_eq!(ids(""), (0, 0, vec![0], "/root".into()));
        assert_eq!(ids("me"), (1000, 1000, vec![1000, 10], "/home/me".into()));
        assert_eq!(ids("1000"), (1000, 1000, vec![1000, 10], "/home/me".into()));
        assert_eq!(ids("me:wheel"), (1000, 10, vec![10], "/home/me".into()));
        assert_eq!(ids("5000"), (5000, 0, vec![0], "/".into()));
        assert_eq!(ids("5000:7"), (5000, 7, vec![7], "/".into()));
        assert_eq!(ids(":wheel"), (0, 10, vec![10], "/root".into()));
        let more = look_up(PASSWD, GROUP, "me", &["44".into(), "wheel".into()]).unwrap();
        assert_eq!(more.cred.groups, [1000, 10, 44]);
    }

    #[test]
    fn strangers_are_refused_in_dockers_words() {
        let words = |text: &str| look_up(PASSWD, GROUP, text, &[]).unwrap_err().message;
        assert_eq!(
            words("nosuch"),
            "unable to find user nosuch: no matching entries in passwd file"
        );
        assert_eq!(
            words("1:nosuch"),
            "unable to find group nosuch: no matching entries in group file"
        );
        assert_eq!(
            words("99999999999"),
            "uids and gids must be in range 0-2147483647"
        );
    }

    #[test]
    fn an_image_without_files_still_has_root() {
        let user = look_up(b"", b"", "", &[]).unwrap();
        assert_eq!((user.cred.uid, user.home.as_str()), (0, "/"));
    }
}
