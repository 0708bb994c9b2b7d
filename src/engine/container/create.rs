//! `create`: checks a request, merges it with its image, and makes the record of a container.

use super::{Container, defaults, merge, networking, validate};
use crate::base;
use crate::engine::record::{Record, State};
use crate::engine::{Engine, Error, Result, blocking};
use crate::wire::{CreateBody, CreateResponse, HostConfig};
use std::sync::Arc;

impl Engine {
    /// Makes a container. Answers when its record is durable.
    pub async fn create(
        &self,
        name: Option<&str>,
        platform: Option<&str>,
        body: CreateBody,
    ) -> Result<CreateResponse> {
        self.create_as(name, platform, body, false).await
    }

    /// Makes the container of a build's step: until it is told to stay, a crash may take it with it.
    pub(in crate::engine) async fn create_fleeting(
        &self,
        body: CreateBody,
    ) -> Result<CreateResponse> {
        self.create_as(None, None, body, true).await
    }

    /// Keeps the container of a step. Answers when its record is durable.
    pub(in crate::engine) async fn let_stay(&self, id: &str) -> Result<()> {
        let container = self.find(id)?;
        container.stay();
        self.commit(&container, false).await
    }

    async fn create_as(
        &self,
        name: Option<&str>,
        platform: Option<&str>,
        body: CreateBody,
        fleeting: bool,
    ) -> Result<CreateResponse> {
        let CreateBody {
            mut config,
            host_config,
            networking_config,
        } = body;
        if config == Default::default() {
            return Err(Error::invalid(
                "config cannot be empty in order to create a container",
            ));
        }
        let mut host = host_config.unwrap_or_default();
        if let Some(name) = name {
            validate::name(name)?;
        }
        let mut warnings = validate::config(&config)?;
        warnings.extend(validate::host(&mut host, self.facts.cpus)?);
        warnings.extend(networking::check(&config, &host)?);

        let images = self.images.clone();
        let reference = config.image.clone();
        let image = blocking(move || images.resolve(&reference)).await?;
        validate::platform(platform, &image)?;
        validate::resources::storage(&host)?;
        merge::image(&mut config, &image.config);
        if config
            .entrypoint
            .as_ref()
            .is_some_and(|e| e.len() == 1 && e[0].is_empty())
        {
            config.entrypoint = None;
        }
        let argv: Vec<String> = config
            .entrypoint
            .iter()
            .flatten()
            .chain(config.cmd.iter().flatten())
            .cloned()
            .collect();
        let Some((path, args)) = argv.split_first() else {
            return Err(Error::invalid("no command specified"));
        };

        let id = base::id::random();
        defaults::config(&mut config, &host, &id);
        defaults::host(&mut host);
        self.check_others(&host)?;
        let plan = self.plan_networks(&mut config, &mut host, networking_config)?;
        let name = self.take_name(name, &id)?;
        let mounts = match self.register_mounts(&id, &config, &host).await {
            Ok(mounts) => mounts,
            Err(e) => {
                self.containers.release(&name, &id);
                return Err(e);
            }
        };
        let record = Record {
            name,
            id: id.clone(),
            created: self.clock.now(),
            image: image.id.clone(),
            path: path.clone(),
            args: args.to_vec(),
            mounts,
            config,
            host_config: host,
            networks: plan.networks,
            macs: plan.macs,
            links: plan.links,
            state: State::default(),
            restart_count: 0,
        };
        if let Err(e) = self.make(&record, fleeting).await {
            self.containers.release(&record.name, &id);
            // The first error is the one to tell.
            let _ = self.release_mounts(&id, &record.mounts, true).await;
            return Err(e);
        }
        let container = Container::new(record, &self.clock, &self.logs);
        let container = Arc::new(match fleeting {
            true => container.fleeting(),
            false => container,
        });
        self.containers.insert(container.clone());
        self.tell(&container, "create", &[]);
        Ok(CreateResponse { id, warnings })
    }

    /// Other containers that this one wants to share with must be there.
    fn check_others(&self, host: &HostConfig) -> Result<()> {
        for mode in [&host.ipc_mode, &host.pid_mode] {
            if let Some(other) = mode.strip_prefix("container:") {
                self.find(other).map_err(|e| Error::invalid(e.message))?;
            }
        }
        for link in host.links.iter().flatten() {
            let name = link.split(':').next().unwrap_or_default();
            self.find(name).map_err(|e| {
                Error::invalid(e.message).context(&format!("could not get container for {name}"))
            })?;
        }
        Ok(())
    }

    async fn make(&self, record: &Record, lazily: bool) -> Result<()> {
        self.runtime.prepare(record).await?;
        let (records, new) = (self.records.clone(), record.clone());
        let committed = blocking(move || records.put(&new, lazily)).await;
        if committed.is_err() {
            // The record does not exist, so its files must not either; the first error is the one to tell.
            let _ = self.runtime.discard(&record.id);
        }
        committed
    }

    /// The wanted name, or one that nobody has.
    fn take_name(&self, name: Option<&str>, id: &str) -> Result<String> {
        if let Some(name) = name {
            let name = name.strip_prefix('/').unwrap_or(name);
            self.containers.reserve(name, id)?;
            return Ok(name.to_owned());
        }
        for retry in 0..6 {
            let name = base::name::random(retry);
            if self.containers.reserve(&name, id).is_ok() {
                return Ok(name);
            }
        }
        let short = id.get(..12).unwrap_or(id);
        self.containers.reserve(short, id)?;
        Ok(short.to_owned())
    }
}
