//! `rm --link`: takes away the name that one container has for another.

use crate::engine::{Engine, Error, Result};

impl Engine {
    /// Removes the link called `CONTAINER/ALIAS`; both containers stay. A container's own name is no link.
    pub(super) async fn unlink(&self, name: &str) -> Result<()> {
        let missing = || Error::not_found(format!("No such container: {name}"));
        let Some((owner, alias)) = name.trim_start_matches('/').rsplit_once('/') else {
            self.find(name)?;
            return Err(Error::conflict(
                "Conflict, cannot remove the default link name of the container",
            ));
        };
        let owner = self.find(owner).map_err(|_| missing())?;
        let _verb = owner.verb.lock().await;
        let before = owner.look(Clone::clone);
        if !before.links.iter().any(|link| link.alias == alias) {
            return Err(missing());
        }
        let is_the_links = |line: &String| {
            let names = line.split_once('\t').map_or("", |(_, names)| names);
            names.split(' ').next() == Some(alias)
        };
        let mut lines = before.state.net.hosts.clone();
        lines.retain(is_the_links);
        owner.change(|r| {
            r.links.retain(|link| link.alias != alias);
            r.state.net.hosts.retain(|line| !lines.contains(line));
        });
        if let Err(e) = self.commit(&owner, false).await {
            owner.change(|r| *r = before);
            return Err(e);
        }
        if let Some(sandbox) = owner.sandbox() {
            sandbox.change_hosts(&[], &lines);
        }
        Ok(())
    }
}
