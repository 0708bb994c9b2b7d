//! The engine's records, logs and images over the store.
//!
//! Implements the ports that need nothing but the state folder. Every call may wait for the disk.

mod archive;
mod commit;
mod examine;
mod images;
mod layers;
mod logs;
mod networks;
mod old_archive;
mod removal;

pub use images::StoredImages;
pub use layers::StoredLayers;
pub use logs::StoredLogs;
pub use networks::StoredNetworks;

use super::ports::Records;
use super::record::Record;
use super::{Error, Result};
use crate::store::{self, Commit, ImageRecord, Store, Table};
use std::sync::Arc;

/// The records of containers. Each holds the blobs of its image.
pub struct StoredRecords(pub Arc<Store>);

impl Records for StoredRecords {
    fn check(&self) -> Result<Vec<crate::store::Finding>> {
        Ok(self.0.check()?)
    }

    fn load(&self) -> Result<Vec<Record>> {
        let all = self.0.records().list(Table::Containers)?;
        Ok(all.into_iter().map(|(_, record)| record).collect())
    }

    fn put(&self, record: &Record, lazily: bool) -> Result<()> {
        // What a container did must be kept on a full disk too; a new one may be refused there.
        let fresh = record.state == Default::default();
        let commit = if lazily {
            Commit::Later
        } else if fresh {
            Commit::Durable
        } else {
            Commit::Urgent
        };
        self.0.records().transaction(commit, |changes| {
            if fresh {
                // Read here, so that no removal of the image can come between.
                let image: Option<ImageRecord> = changes.get(Table::Images, &record.image)?;
                let image = image.ok_or_else(|| store::Error::Missing(record.image.clone()))?;
                changes.hold(&record.id, &[image])?;
            }
            changes.put(Table::Containers, &record.id, record)
        })?;
        Ok(())
    }

    fn delete(&self, id: &str, lazily: bool) -> Result<()> {
        let commit = if lazily {
            Commit::Later
        } else {
            Commit::Urgent
        };
        self.0.records().transaction(commit, |changes| {
            changes.release(id)?;
            changes.delete(Table::Containers, id)
        })?;
        Ok(())
    }
}

impl From<store::Error> for Error {
    fn from(e: store::Error) -> Self {
        let words = e.to_string();
        match e {
            store::Error::Input(_) => Error::invalid(words),
            store::Error::Missing(_) => Error::not_found(words),
            store::Error::Ambiguous(_) => Error::invalid(words),
            _ => Error::system(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::clock::SystemClock;
    use crate::engine::options::{ImportOptions, LogOptions};
    use crate::engine::ports::{Images, ImportSpec, LogDisk};
    use crate::engine::testing::{
        FakeRuntime, MemoryNetworks, MemoryVolumes, NoCaches, NoRegistries,
    };
    use crate::engine::{Engine, Parts, StopOptions};
    use crate::wire::{CreateBody, go};
    use futures_util::StreamExt;

    fn engine(dir: &std::path::Path) -> Arc<Engine> {
        let store = Arc::new(Store::open_dir(dir).unwrap());
        Engine::new(Parts {
            clock: Arc::new(SystemClock),
            records: Arc::new(StoredRecords(store.clone())),
            runtime: Arc::new(FakeRuntime::default()),
            logs: Arc::new(StoredLogs(store.clone())),
            images: Arc::new(StoredImages::new(store.clone())),
            layers: Arc::new(StoredLayers::new(store.clone())),
            caches: Arc::new(NoCaches),
            volumes: Arc::<MemoryVolumes>::default(),
            networks: Arc::<MemoryNetworks>::default(),
            reach: crate::net::Reach::default(),
            registries: Arc::new(NoRegistries),
            root: "/state".to_owned(),
            id: "id".to_owned(),
            memory: 0,
            cpus: 2,
        })
        .unwrap()
    }

    fn tar() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(3);
        header.set_mode(0o644);
        header.set_cksum();
        builder
            .append_data(&mut header, "hello", &b"hi\n"[..])
            .unwrap();
        builder.into_inner().unwrap()
    }

    #[tokio::test]
    async fn containers_logs_and_images_survive_the_engine() {
        let dir = tempfile::tempdir().unwrap();
        let first = engine(dir.path());
        let body = futures_util::stream::iter([Ok(bytes::Bytes::from(tar()))]);
        let options = ImportOptions {
            repo: "docker.io/library/mine".into(),
            tag: "1".into(),
            changes: vec![r#"CMD ["echo","from the image"]"#.into(), "ENV A=b".into()],
            ..ImportOptions::default()
        };
        let image = first.import(body, options).await.unwrap();
        let shown = first.image_inspect("mine:1", None).await.unwrap();
        assert_eq!(
            (shown.id.as_str(), shown.size, shown.comment.as_str()),
            (image.as_str(), 3, "Imported from -")
        );
        assert_eq!(
            (shown.repo_tags, shown.os),
            (vec!["mine:1".to_owned()], "wasi".to_owned())
        );
        let body: CreateBody = go::from_slice(br#"{"Image":"mine:1"}"#).unwrap();
        let id = first.create(Some("cc"), None, body).await.unwrap().id;
        // The double of the runtime makes no folder.
        std::fs::create_dir_all(dir.path().join("containers").join(&id)).unwrap();
        let ended = first
            .wait(&id, crate::engine::WaitCondition::NextExit)
            .unwrap();
        first.start(&id).await.unwrap();
        ended.await;
        let body: CreateBody = go::from_slice(br#"{"Image":"mine:1","Cmd":["sleep"]}"#).unwrap();
        first.create(Some("up"), None, body).await.unwrap();
        first.start("up").await.unwrap();
        first.stop("up", StopOptions::default()).await.unwrap();
        drop(first);
        // The tasks of the stopped engine let the store go within their next poll.
        let second = loop {
            tokio::task::yield_now().await;
            if let Ok(store) = Store::open_dir(dir.path()) {
                drop(store);
                break engine(dir.path());
            }
        };
        let again = second.inspect("cc", false).await.unwrap();
        assert_eq!(
            (again.id, again.state.status.as_str(), again.path.as_str()),
            (id, "exited", "echo")
        );
        assert!(again.config.env.unwrap().contains(&"A=b".to_owned()));
        let options = LogOptions {
            stdout: true,
            ..LogOptions::default()
        };
        let log: Vec<_> = second
            .logs("cc", options)
            .await
            .unwrap()
            .output
            .collect()
            .await;
        assert!(log.concat().ends_with(b"from the image\n"));
        assert_eq!(
            second.inspect("up", false).await.unwrap().state.exit_code,
            143
        );
    }

    #[test]
    fn unknown_images_are_told_in_dockers_words() {
        let dir = tempfile::tempdir().unwrap();
        let images = StoredImages::new(Arc::new(Store::open_dir(dir.path()).unwrap()));
        let words = |name: &str| images.resolve(name).unwrap_err().message;
        assert_eq!(words("nosuch"), "No such image: nosuch:latest");
        assert_eq!(
            words("NoSuch"),
            "invalid reference format: repository name (library/NoSuch) must be lowercase"
        );
        assert_eq!(words("abcdef123456"), "No such image: abcdef123456:latest");
        let spec = ImportSpec {
            reference: Some("docker.io/library/x:latest".into()),
            ..ImportSpec::default()
        };
        let id = images.import(&mut &tar()[..], spec).unwrap();
        assert_eq!(images.resolve(&id[7..20]).unwrap().id, id);
        assert_eq!(images.all().unwrap()[0].repo_tags, ["x:latest"]);
        assert!(
            images
                .import(
                    &mut &b"this is no tar, and long enough to be looked at"[..],
                    ImportSpec::default()
                )
                .is_err()
        );
    }

    #[test]
    fn logs_are_files_of_the_container() {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open_dir(dir.path()).unwrap());
        store.create_container_dir("abc").unwrap();
        let logs = StoredLogs(store);
        logs.append("abc", "abc-json.log")
            .unwrap()
            .0
            .write_all(b"one")
            .unwrap();
        let (mut file, length) = logs.append("abc", "abc-json.log").unwrap();
        assert_eq!(length, 3);
        file.write_all(b"two").unwrap();
        logs.rename("abc", "abc-json.log", "abc-json.log.1")
            .unwrap();
        let mut text = String::new();
        logs.read("abc", "abc-json.log.1")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "onetwo");
        assert!(logs.path("abc", "x").contains("abc"));
    }
}
