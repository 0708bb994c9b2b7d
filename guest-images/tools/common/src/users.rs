//! `/etc/passwd` and `/etc/group`, both ways.

use std::collections::HashMap;
use std::sync::OnceLock;

/// One line of `/etc/passwd`.
#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: String,
    pub shell: String,
}

/// One line of `/etc/group`.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub gid: u32,
    pub members: Vec<String>,
}

fn fields(path: &str) -> Vec<Vec<String>> {
    std::fs::read_to_string(path)
        .unwrap_or_default()
        .lines()
        .map(|line| line.split(':').map(str::to_string).collect())
        .collect()
}

/// All users.
pub fn users() -> &'static [User] {
    static USERS: OnceLock<Vec<User>> = OnceLock::new();
    USERS.get_or_init(|| {
        let mut users = Vec::new();
        for line in fields("/etc/passwd") {
            if let [name, _, uid, gid, _, home, shell] = &line[..] {
                if let (Ok(uid), Ok(gid)) = (uid.parse(), gid.parse()) {
                    users.push(User {
                        name: name.clone(),
                        uid,
                        gid,
                        home: home.clone(),
                        shell: shell.clone(),
                    });
                }
            }
        }
        users
    })
}

/// All groups.
pub fn groups() -> &'static [Group] {
    static GROUPS: OnceLock<Vec<Group>> = OnceLock::new();
    GROUPS.get_or_init(|| {
        let mut groups = Vec::new();
        for line in fields("/etc/group") {
            if let [name, _, gid, members] = &line[..] {
                if let Ok(gid) = gid.parse() {
                    let members = members
                        .split(',')
                        .filter(|m| !m.is_empty())
                        .map(str::to_string)
                        .collect();
                    groups.push(Group {
                        name: name.clone(),
                        gid,
                        members,
                    });
                }
            }
        }
        groups
    })
}

fn names() -> &'static (HashMap<u32, &'static str>, HashMap<u32, &'static str>) {
    static NAMES: OnceLock<(HashMap<u32, &'static str>, HashMap<u32, &'static str>)> =
        OnceLock::new();
    NAMES.get_or_init(|| {
        (
            users()
                .iter()
                .rev()
                .map(|user| (user.uid, user.name.as_str()))
                .collect(),
            groups()
                .iter()
                .rev()
                .map(|group| (group.gid, group.name.as_str()))
                .collect(),
        )
    })
}

/// The user's name, if it has one.
pub fn user_name(uid: u32) -> Option<&'static str> {
    names().0.get(&uid).copied()
}

/// The group's name, if it has one.
pub fn group_name(gid: u32) -> Option<&'static str> {
    names().1.get(&gid).copied()
}

/// The user's name or number.
pub fn user_text(uid: u32) -> String {
    user_name(uid).map_or_else(|| uid.to_string(), str::to_string)
}

/// The group's name or number.
pub fn group_text(gid: u32) -> String {
    group_name(gid).map_or_else(|| gid.to_string(), str::to_string)
}

/// A user by name or number.
pub fn find_user(text: &str) -> Option<u32> {
    users()
        .iter()
        .find(|user| user.name == text)
        .map(|user| user.uid)
        .or_else(|| text.parse().ok())
}

/// A group by name or number.
pub fn find_group(text: &str) -> Option<u32> {
    groups()
        .iter()
        .find(|group| group.name == text)
        .map(|group| group.gid)
        .or_else(|| text.parse().ok())
}

/// The supplementary groups that a user belongs to, the primary one first.
pub fn groups_of(user: &User) -> Vec<u32> {
    let mut list = vec![user.gid];
    list.extend(
        groups()
            .iter()
            .filter(|g| g.gid != user.gid && g.members.contains(&user.name))
            .map(|g| g.gid),
    );
    list
}
