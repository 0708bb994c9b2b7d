//! Which mounts a new container gets, and the volumes they need.
//!
//! From the weakest to the strongest: `--volumes-from`, `-v source:target`, `--mount`; then a new volume for each path of
//! `-v /path` and of the image's VOLUME where nothing is mounted yet (Docker's order). A volume is in use by the container
//! from here on; `release_mounts` takes that back.

mod mode;
pub mod spec;
#[cfg(test)]
mod tests;
mod tmpfs;

pub use tmpfs::{BadOption, Tmpfs};

use super::Container;
use crate::base::host_path;
use crate::engine::record::Mounted;
use crate::engine::volume::NewVolume;
use crate::engine::{Engine, Error, Result};
use crate::wire::{ContainerConfig, HostConfig, MountPoint};
use spec::Spec;

/// Refuses `--mount` and `--tmpfs` that cannot be followed.
pub fn check(host: &HostConfig) -> Result<()> {
    for mount in host.mounts.iter().flatten() {
        spec::check(mount)?;
    }
    for target in host.tmpfs.iter().flatten().map(|(target, _)| target) {
        spec::check_target(target).map_err(Error::invalid)?;
    }
    Ok(())
}

/// What the host said, in Docker's words.
pub fn words(error: std::io::Error) -> String {
    crate::base::errno::Errno::from(error)
        .words()
        .to_lowercase()
}

impl Engine {
    /// Decides the mounts of container `id` and makes its volumes. A failure leaves nothing behind.
    pub(super) async fn register_mounts(
        &self,
        id: &str,
        config: &ContainerConfig,
        host: &HostConfig,
    ) -> Result<Vec<Mounted>> {
        let mut mounts = Vec::new();
        match self.gather(id, config, host, &mut mounts).await {
            Ok(()) => Ok(mounts),
            Err(e) => {
                // The container does not come to be; the first error is the one to tell.
                let _ = self.release_mounts(id, &mounts, true).await;
                Err(e)
            }
        }
    }

    /// The container needs its volumes no more; with `volumes`, those that nobody named go with it.
    pub(super) async fn release_mounts(
        &self,
        id: &str,
        mounts: &[Mounted],
        volumes: bool,
    ) -> Result<()> {
        self.volumes.release(id);
        let gone = mounts
            .iter()
            .filter(|m| volumes && m.is_volume() && m.anonymous);
        self.discard_volumes(gone.map(|m| m.point.name.clone()).collect())
            .await
    }

    /// Tells that a container begins or ends to use its volumes.
    pub(super) fn tell_mounts(&self, container: &Container, begins: bool) {
        let mounts = container.look(|r| r.mounts.clone());
        for Mounted { point, .. } in mounts.iter().filter(|m| m.is_volume()) {
            match begins {
                true => self.tell_mount(&point.name, &container.id, &point.destination, point.rw),
                false => self.tell_unmount(&point.name, &container.id),
            }
        }
    }

    async fn gather(
        &self,
        id: &str,
        config: &ContainerConfig,
        host: &HostConfig,
        mounts: &mut Vec<Mounted>,
    ) -> Result<()> {
        for from in host.volumes_from.iter().flatten() {
            self.inherit(id, from, mounts).await?;
        }
        let mut taken: Vec<String> = Vec::new();
        let tmpfs = |target: &str| {
            let mut all = host.tmpfs.iter().flatten();
            all.any(|(path, _)| host_path::clean(path) == target)
        };
        for text in host.binds.iter().flatten() {
            let spec = spec::bind(text, &host.volume_driver)?;
            let target = spec.mounted.point.destination.clone();
            if taken.contains(&target) || tmpfs(&target) {
                return Err(Error::invalid(format!("Duplicate mount point: {target}")));
            }
            self.add(id, spec, mounts).await?;
            taken.push(target);
        }
        for mount in host.mounts.iter().flatten() {
            let spec = spec::mount(mount);
            let target = spec.mounted.point.destination.clone();
            if taken.contains(&target) {
                let asked = &mount.target;
                return Err(Error::invalid(format!("Duplicate mount point: {asked}")));
            }
            self.add(id, spec, mounts).await?;
            taken.push(target);
        }
        for path in config.volumes.iter().flatten().map(|(path, _)| path) {
            let destination = host_path::clean(path);
            if mounts.iter().any(|m| m.point.destination == destination) {
                continue;
            }
            let point = MountPoint {
                kind: "volume".to_owned(),
                destination,
                rw: true,
                ..MountPoint::default()
            };
            let spec = Spec {
                mounted: Mounted {
                    point,
                    anonymous: true,
                    copy: true,
                    only_over_folders: true,
                    ..Mounted::default()
                },
                driver: host.volume_driver.clone(),
                ..Spec::default()
            };
            self.add(id, spec, mounts).await?;
        }
        Ok(())
    }

    /// The mounts of another container, perhaps read-only. What the image has there is not copied again.
    async fn inherit(&self, id: &str, from: &str, mounts: &mut Vec<Mounted>) -> Result<()> {
        let (name, read_only) = spec::volumes_from(from)?;
        let found = self.find(name).map_err(|e| Error::invalid(e.message))?;
        for mut mounted in found.look(|r| r.mounts.clone()) {
            mounted.point.mode.clear();
            mounted.point.rw &= !read_only;
            mounted.copy = false;
            mounted.only_over_folders = false;
            let spec = Spec {
                mounted,
                ..Spec::default()
            };
            self.add(id, spec, mounts).await?;
        }
        Ok(())
    }

    async fn add(&self, id: &str, spec: Spec, mounts: &mut Vec<Mounted>) -> Result<()> {
        let Spec {
            mut mounted,
            driver,
            options,
            labels,
        } = spec;
        if mounted.is_volume() {
            let new = NewVolume {
                name: mounted.point.name.clone(),
                driver,
                options,
                labels,
            };
            let record = self.need_volume(new, Some(id)).await?;
            mounted.point.source = self.mountpoint(&record.name);
            mounted.point.name = record.name;
            mounted.point.driver = super::super::volume::DRIVER.to_owned();
        }
        mounts.retain(|m| m.point.destination != mounted.point.destination);
        mounts.push(mounted);
        Ok(())
    }
}
