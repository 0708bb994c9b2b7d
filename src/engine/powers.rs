//! What `--cap-add`, `--cap-drop` and `no-new-privileges` make of root in a container.
//!
//! Capabilities can be taken away and given back. None is given beyond Docker's default set, as the kernel has nothing for them to act
//! on; `create` warns of those.

use crate::base::capability::Capabilities;
use crate::wire::HostConfig;

/// Root's capabilities, and whether set-id bits are ignored.
pub fn of(host: &HostConfig) -> (Capabilities, bool) {
    let powers = match host.privileged {
        true => Capabilities::DOCKER,
        false => wanted(host).and(Capabilities::DOCKER),
    };
    (powers, no_new_privileges(host))
}

/// Whether more is wanted than there is.
pub fn beyond(host: &HostConfig) -> bool {
    !host.privileged && !wanted(host).without(Capabilities::DOCKER).is_empty()
}

fn wanted(host: &HostConfig) -> Capabilities {
    let [add, drop] =
        [&host.cap_add, &host.cap_drop].map(|names| names.as_deref().unwrap_or_default());
    Capabilities::tweaked(add, drop)
}

/// The last one given counts, as in Docker.
fn no_new_privileges(host: &HostConfig) -> bool {
    let meant = |option: &String| {
        let value = option.strip_prefix("no-new-privileges")?;
        Some(!value.ends_with("false"))
    };
    let options = host.security_opt.iter().flatten();
    options.rev().find_map(meant).unwrap_or(false)
}
