//! `image inspect`.

use super::check_platform;
use crate::base::platform::Platform;
use crate::engine::container::DRIVER;
use crate::engine::ports::Image;
use crate::engine::{Engine, Result, blocking};
use crate::wire::image::{ImageConfig, ImageMetadata, RootFs};
use crate::wire::{GraphDriver, ImageInspect};

impl Engine {
    pub async fn image_inspect(
        &self,
        name: &str,
        platform: Option<Platform>,
    ) -> Result<ImageInspect> {
        let (images, name) = (self.images.clone(), name.to_owned());
        blocking(move || {
            let image = images.resolve(&name)?;
            check_platform(&image, &name, platform.as_ref())?;
            Ok(shown(&image))
        })
        .await
    }
}

fn shown(image: &Image) -> ImageInspect {
    let config = image.config.clone();
    ImageInspect {
        id: image.id.clone(),
        repo_tags: image.repo_tags.clone(),
        repo_digests: image.repo_digests.clone(),
        parent: image.parent.clone(),
        comment: image.comment.clone(),
        created: image.created.rfc3339(),
        docker_version: image.docker_version.clone(),
        author: image.author.clone(),
        architecture: image.architecture.clone(),
        variant: image.variant.clone(),
        os: image.os.clone(),
        os_version: image.os_version.clone(),
        size: image.size,
        graph_driver: GraphDriver {
            data: None,
            name: DRIVER.to_owned(),
        },
        root_fs: RootFs {
            kind: "layers".to_owned(),
            layers: Some(image.layers.clone()),
        },
        metadata: ImageMetadata {
            last_tag_time: image.last_tagged.rfc3339(),
        },
        config: ImageConfig {
            args_escaped: config.args_escaped,
            cmd: config.cmd,
            entrypoint: config.entrypoint,
            env: config.env,
            exposed_ports: config.exposed_ports,
            healthcheck: config.healthcheck,
            labels: config.labels,
            on_build: config.on_build,
            shell: config.shell,
            stop_signal: config.stop_signal,
            user: config.user,
            volumes: config.volumes,
            working_dir: config.working_dir,
        },
    }
}
