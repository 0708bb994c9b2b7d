//! What `schooner system check` finds: damaged or missing objects, each by name, and what nothing refers to.
//!
//! Reads everything and changes nothing but what redb itself repairs. Objects are checked one by one, so one that is
//! damaged does not hide the others.

use super::Store;
use super::blobs::DataReader;
use super::error::{Error, Result};
use super::images::{ImageRecord, TagRecord};
use super::paths;
use super::records::Table;
use crate::base::digest::Digest;
use crate::oci::layer;
use std::collections::{BTreeMap, BTreeSet};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Takes space and harms nothing.
    Orphan,
    /// Something that a record promises is damaged or missing.
    Damage,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// What it is: `blob sha256:…`, `image sha256:…`, `tag …`, `container …`, `record …`.
    pub object: String,
    pub what: String,
}

impl Store {
    /// Checks everything; an empty list means a clean folder. Takes as long as reading all blobs.
    pub fn check(&self) -> Result<Vec<Finding>> {
        let mut report = Report::default();
        if let Err(error) = self.records.check_integrity() {
            report.error(error);
        }
        let images = self.check_images(&mut report)?;
        self.check_tags(&mut report, &images)?;
        self.check_blobs(&mut report, &images)?;
        self.check_containers(&mut report)?;
        for folder in self.orphaned_volume_dirs()?.unwrap_or_default() {
            report.orphan(format!("volume folder {folder}"), "no record refers to it");
        }
        for table in [Table::Networks, Table::Volumes, Table::Packed, Table::Meta] {
            for (_, document) in self.records.list_all::<serde_json::Value>(table)? {
                document.map(drop).unwrap_or_else(|e| report.error(e));
            }
        }
        report
            .0
            .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok(report.0)
    }

    /// Every image that a record or a hold names; each config must parse and agree with its record.
    fn check_images(&self, report: &mut Report) -> Result<BTreeMap<Digest, ImageRecord>> {
        let mut images = BTreeMap::new();
        for (_, image) in self.records.list_all::<ImageRecord>(Table::Images)? {
            match image {
                Ok(image) => drop(images.insert(image.id, image)),
                Err(error) => report.error(error),
            }
        }
        for (_, held) in self.records.list_all::<Vec<ImageRecord>>(Table::Holds)? {
            match held {
                Ok(held) => images.extend(held.into_iter().map(|image| (image.id, image))),
                Err(error) => report.error(error),
            }
        }
        for image in images.values() {
            match self.images().config(&image.id) {
                Ok(config) => {
                    let layers = image.layers.iter().map(|layer| layer.diff_id);
                    if !layers.eq(config.view().rootfs.diff_ids.iter().copied()) {
                        let what = "its record and its config name different layers";
                        report.damage(format!("image {}", image.id), what);
                    }
                }
                // Damaged blobs are named by the look at the blobs.
                Err(Error::Damaged { object, .. }) if object.starts_with("blob") => {}
                Err(Error::Missing(_)) => {}
                Err(error) => report.error(error),
            }
        }
        Ok(images)
    }

    fn check_tags(
        &self,
        report: &mut Report,
        images: &BTreeMap<Digest, ImageRecord>,
    ) -> Result<()> {
        for (reference, tag) in self.records.list_all::<TagRecord>(Table::Tags)? {
            match tag {
                Ok(tag) if images.contains_key(&tag.image) => {}
                Ok(tag) => report.damage(
                    format!("tag {reference}"),
                    &format!("there is no image {}", tag.image),
                ),
                Err(error) => report.error(error),
            }
        }
        Ok(())
    }

    fn check_blobs(
        &self,
        report: &mut Report,
        images: &BTreeMap<Digest, ImageRecord>,
    ) -> Result<()> {
        let mut wanted: BTreeMap<Digest, BTreeSet<Digest>> = BTreeMap::new();
        for image in images.values() {
            for blob in image.blobs() {
                wanted.entry(blob).or_default().insert(image.id);
            }
        }
        let layers: BTreeSet<Digest> = images
            .values()
            .flat_map(|image| image.layers.iter().map(|layer| layer.diff_id))
            .collect();
        for (digest, users) in &wanted {
            let users: Vec<String> = users.iter().map(Digest::short).collect();
            let needed = format!("needed by image {}", users.join(", "));
            match self.check_blob(digest, layers.contains(digest)) {
                Ok(None) => {}
                Ok(Some(what)) => {
                    report.damage(format!("blob {digest}"), &format!("{what} ({needed})"));
                }
                Err(Error::Missing(_)) => {
                    report.damage(format!("blob {digest}"), &format!("is missing ({needed})"));
                }
                Err(error) => report.damage(format!("blob {digest}"), &error.to_string()),
            }
        }
        for (digest, size) in self.blobs.all()? {
            if !wanted.contains_key(&digest) {
                report.orphan(
                    format!("blob {digest}"),
                    &format!("nothing refers to it ({size} bytes)"),
                );
            }
        }
        Ok(())
    }

    /// What is wrong with a blob, if anything is.
    fn check_blob(&self, digest: &Digest, is_layer: bool) -> Result<Option<String>> {
        let data = self.blobs.open_blob(digest)?;
        let at = |e| Error::io("reading", e);
        let (found, len) = Digest::of_reader(&mut DataReader::new(&*data)).map_err(at)?;
        if found != *digest {
            return Ok(Some(format!("its bytes hash to {found}")));
        }
        if !is_layer {
            return Ok(None);
        }
        let made = match layer::index(&mut DataReader::new(&*data)) {
            Ok(index) => index,
            Err(why) => return Ok(Some(why.to_string())),
        };
        // A missing or unreadable index is made again at the next use; a readable one must say the truth.
        Ok(self
            .blobs
            .read_index(digest, len)
            .filter(|stored| *stored != made)
            .map(|_| "its stored index does not match its contents".to_owned()))
    }

    fn check_containers(&self, report: &mut Report) -> Result<()> {
        let mut known = BTreeSet::new();
        for (id, document) in self
            .records
            .list_all::<serde_json::Value>(Table::Containers)?
        {
            document.map(drop).unwrap_or_else(|e| report.error(e));
            let there = self.disk.stat(&paths::container_dir(&id));
            if !there
                .map_err(|e| Error::io("the container folder", e))?
                .is_some_and(|i| i.is_dir)
            {
                report.damage(format!("container {id}"), "its folder is missing");
            }
            known.insert(id);
        }
        let folders = self.disk.list(paths::CONTAINERS);
        for item in folders.map_err(|e| Error::io("the container folder", e))? {
            if !known.contains(&item.name) {
                report.orphan(format!("container {}", item.name), "no record refers to it");
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn damage(&mut self, object: String, what: &str) {
        self.add(Severity::Damage, object, what);
    }

    fn orphan(&mut self, object: String, what: &str) {
        self.add(Severity::Orphan, object, what);
    }

    fn error(&mut self, error: Error) {
        match error {
            Error::Damaged { object, why } => self.damage(object, &why),
            other => self.damage("state folder".to_owned(), &other.to_string()),
        }
    }

    fn add(&mut self, severity: Severity, object: String, what: &str) {
        let what = what.to_owned();
        self.0.push(Finding {
            severity,
            object,
            what,
        });
    }
}
