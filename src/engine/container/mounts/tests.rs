//! Requests with mounts, and what the real engine answered to each.

use crate::engine::testing::{Bench, bench};
use crate::engine::{Filters, Kind, RemoveOptions};
use crate::wire::{CreateBody, MountPoint, VolumeCreate, go};

async fn create(bench: &Bench, name: &str, rest: &str) -> Result<Vec<MountPoint>, (Kind, String)> {
    let body = format!(r#"{{"Image":"busybox",{rest}}}"#);
    let body: CreateBody = go::from_slice(body.as_bytes()).expect("a request");
    let made = bench.engine.create(Some(name), None, body).await;
    let id = made.map_err(|e| (e.kind, e.message))?.id;
    let mut mounts = bench
        .engine
        .inspect(&id, false)
        .await
        .expect("inspected")
        .mounts;
    mounts.sort_by(|a, b| a.destination.cmp(&b.destination));
    Ok(mounts)
}

fn volumes(bench: &Bench) -> Vec<String> {
    let all = bench.engine.volumes(&Filters::default()).expect("a list");
    all.volumes
        .unwrap_or_default()
        .into_iter()
        .map(|v| v.name)
        .collect()
}

#[tokio::test]
async fn refusals_are_dockers_to_the_byte() {
    let bench = bench();
    let invalid = Kind::InvalidParameter;
    let chars = "includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path";
    for (host, kind, words) in [
        (
            r#""Binds":["/a:/x:z,Z"]"#,
            Kind::System,
            "invalid mode: z,Z",
        ),
        (
            r#""Binds":["/a:/x:ro,"]"#,
            Kind::System,
            "invalid mode: ro,",
        ),
        (
            r#""Binds":["q1:/x:copy"]"#,
            Kind::System,
            "invalid mode: copy",
        ),
        (
            r#""Binds":["/a:"]"#,
            Kind::System,
            "invalid volume specification: '/a:'",
        ),
        (
            r#""Binds":["/a:ro"]"#,
            Kind::System,
            "invalid volume specification: '/a:ro'",
        ),
        (
            r#""Binds":[":/x"]"#,
            Kind::System,
            "invalid volume specification: ':/x'",
        ),
        (
            r#""Binds":["aa:/b:ro:d"]"#,
            Kind::System,
            "invalid volume specification: 'aa:/b:ro:d'",
        ),
        (
            r#""Binds":["q1:y"]"#,
            Kind::System,
            "invalid volume specification: 'q1:y': invalid mount config for type \"volume\": invalid mount path: 'y' mount path must be absolute",
        ),
        (
            r#""Binds":["/x:/"]"#,
            Kind::System,
            "invalid volume specification: '/x:/': invalid mount config for type \"bind\": invalid specification: destination can't be '/'",
        ),
        (
            r#""Binds":["/a:/x:nocopy"]"#,
            Kind::System,
            "invalid volume specification: '/a:/x:nocopy': invalid mount config for type \"bind\": field VolumeOptions must not be specified",
        ),
        (
            r#""Binds":["q1:/x:shared"]"#,
            Kind::System,
            "invalid volume specification: 'q1:/x:shared': invalid mount config for type \"volume\": field BindOptions must not be specified",
        ),
        (
            r#""Binds":["rel/x:/y"]"#,
            invalid,
            &format!("create rel/x: \"rel/x\" {chars}"),
        ),
        (
            r#""Binds":["..:/x"]"#,
            invalid,
            &format!("create ..: \"..\" {chars}"),
        ),
        (
            r#""Binds":["a:/x"]"#,
            invalid,
            "create a: volume name is too short, names should be at least two alphanumeric characters",
        ),
        (
            r#""Binds":["/a:/x","/b:/x/"]"#,
            invalid,
            "Duplicate mount point: /x",
        ),
        (
            r#""Binds":["/a:/x"],"Tmpfs":{"/x":""}"#,
            invalid,
            "Duplicate mount point: /x",
        ),
        (
            r#""Binds":["/a:/x"],"Mounts":[{"Type":"tmpfs","Target":"/x/"}]"#,
            invalid,
            "Duplicate mount point: /x/",
        ),
        (
            r#""Mounts":[{"Type":"bind","Source":"rel","Target":"/x"}]"#,
            invalid,
            "invalid mount config for type \"bind\": invalid mount path: 'rel' mount path must be absolute",
        ),
        (
            r#""Mounts":[{"Type":"bind","Source":"/nosuch/x","Target":"/x"}]"#,
            invalid,
            "invalid mount config for type \"bind\": bind source path does not exist: /nosuch/x",
        ),
        (
            r#""Mounts":[{"Type":"bind","Source":"","Target":"/x"}]"#,
            invalid,
            "invalid mount config for type \"bind\": field Source must not be empty",
        ),
        (
            r#""Mounts":[{"Type":"bind","Source":"/","Target":"/x","BindOptions":{"Propagation":"foo"}}]"#,
            invalid,
            "invalid mount config for type \"bind\": invalid propagation mode: foo",
        ),
        (
            r#""Mounts":[{"Type":"bind","Source":"/","Target":"/x","VolumeOptions":{}}]"#,
            invalid,
            "VolumeOptions must not be specified on mount type \"bind\"",
        ),
        (
            r#""Mounts":[{"Type":"volume","Target":"/x","ReadOnly":true}]"#,
            invalid,
            "invalid mount config for type \"volume\": must not set ReadOnly mode when using anonymous volumes",
        ),
        (
            r#""Mounts":[{"Type":"volume","Target":"/x","VolumeOptions":{"Subpath":"a"}}]"#,
            invalid,
            "invalid mount config for type \"volume\": must not set Subpath when using anonymous volumes",
        ),
        (
            r#""Mounts":[{"Type":"volume","Source":"q1","Target":"/x","VolumeOptions":{"Subpath":"../a"}}]"#,
            invalid,
            "invalid mount config for type \"volume\": subpath must be a relative path within the volume",
        ),
        (
            r#""Mounts":[{"Type":"volume","Source":"q1","Target":"/x","VolumeOptions":{"DriverConfig":{"Name":"foo"}}}]"#,
            Kind::NotFound,
            "create q1: error looking up volume plugin foo: plugin \"foo\" not found",
        ),
        (
            r#""Mounts":[{"Type":"tmpfs","Target":"/x","TmpfsOptions":{"Options":[["uid","5"]]}}]"#,
            invalid,
            "invalid mount config for type \"tmpfs\": invalid option: uid",
        ),
        (
            r#""Mounts":[{"Target":"/x"}]"#,
            invalid,
            "invalid mount config for type \"\": mount type unknown",
        ),
        (
            r#""Tmpfs":{"/":""}"#,
            invalid,
            "invalid specification: destination can't be '/'",
        ),
        (
            r#""VolumesFrom":["nosuch"]"#,
            invalid,
            "No such container: nosuch",
        ),
        (
            r#""VolumesFrom":["nosuch:foo"]"#,
            invalid,
            "invalid mode: foo",
        ),
        (
            r#""VolumesFrom":["nosuch:shared"]"#,
            invalid,
            "invalid mode: shared",
        ),
        (
            r#""VolumesFrom":[":ro"]"#,
            invalid,
            "invalid name or ID supplied: \"\"",
        ),
        (
            r#""VolumesFrom":[""]"#,
            invalid,
            "volumes-from specification cannot be an empty string",
        ),
    ] {
        let answer = create(&bench, "aa", &format!(r#""HostConfig":{{{host}}}"#)).await;
        assert_eq!(answer, Err((kind, words.to_owned())), "{host}");
    }
    // Volumes that were asked for by name stay, as with Docker; nothing else does.
    assert_eq!(volumes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn mounts_are_shown_as_docker_shows_them() {
    let bench = bench();
    let host = r#""HostConfig":{"Binds":["/tmp/../etc/:/b//x:ro","data:/d","more:/e:nocopy"],
        "Mounts":[{"Type":"volume","Target":"/m"},{"Type":"tmpfs","Target":"/t","ReadOnly":true}]},"Volumes":{"/v":{},"/d":{}}"#;
    let shown = create(&bench, "aa", host).await.expect("created");
    let lines: Vec<String> = shown
        .iter()
        .map(|m| {
            let name = if m.name.len() == 64 { "ID" } else { &m.name };
            let source = m.source.replace(&m.name, name);
            let (kind, to, mode, rw) = (&m.kind, &m.destination, &m.mode, m.rw);
            format!(
                "{kind} {name} {source} {to} {} [{mode}] {rw} {}",
                m.driver, m.propagation
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "bind  /etc /b/x  [ro] false rprivate",
            "volume data /state/volumes/data/_data /d local [z] true ",
            "volume more /state/volumes/more/_data /e local [nocopy] true ",
            "volume ID /state/volumes/ID/_data /m local [z] true ",
            "tmpfs   /t  [] false ",
            "volume ID /state/volumes/ID/_data /v local [] true ",
        ]
    );
    let inherited = create(&bench, "bb", r#""HostConfig":{"VolumesFrom":["aa:ro"]}"#)
        .await
        .expect("created");
    assert_eq!(inherited.len(), 6);
    assert!(inherited.iter().all(|m| !m.rw && m.mode.is_empty()));
}

#[tokio::test]
async fn a_volume_lives_as_long_as_somebody_has_it() {
    let bench = bench();
    let engine = &bench.engine;
    let named = VolumeCreate {
        name: "data".to_owned(),
        ..VolumeCreate::default()
    };
    engine.volume_create(named.clone()).await.expect("created");
    engine.volume_create(named).await.expect("found again");
    let a = create(
        &bench,
        "aa",
        r#""HostConfig":{"Binds":["data:/d"]},"Volumes":{"/v":{}}"#,
    )
    .await
    .expect("created");
    let anonymous = a[1].name.clone();
    create(&bench, "bb", r#""HostConfig":{"VolumesFrom":["aa"]}"#)
        .await
        .expect("created");
    let id = engine.inspect("aa", false).await.expect("inspected").id;
    let used = engine
        .volume_remove("data", true)
        .await
        .expect_err("in use");
    assert_eq!(used.kind, Kind::Conflict);
    assert!(
        used.message
            .starts_with("remove data: volume is in use - ["),
        "{used}"
    );
    assert!(used.message.contains(&id));
    let dangling = |wanted: &str| {
        let filters = Filters::default().with("dangling", wanted);
        engine
            .volumes(&filters)
            .expect("a list")
            .volumes
            .unwrap_or_default()
            .len()
    };
    assert_eq!((dangling("false"), dangling("true")), (2, 0));
    let with_volumes = RemoveOptions {
        volumes: true,
        ..RemoveOptions::default()
    };
    engine.remove("aa", with_volumes).await.expect("removed");
    assert_eq!(
        volumes(&bench).len(),
        2,
        "the other container has them still"
    );
    engine
        .remove("bb", RemoveOptions::default())
        .await
        .expect("removed");
    assert_eq!((dangling("false"), dangling("true")), (0, 2));
    let pruned = engine
        .volume_prune(&Filters::default(), false)
        .await
        .expect("pruned");
    assert_eq!(pruned.volumes_deleted, Some(vec![anonymous]));
    assert_eq!(pruned.space_reclaimed, 7);
    let all = Filters::default().with("all", "true");
    let pruned = engine.volume_prune(&all, false).await.expect("pruned");
    assert_eq!(pruned.volumes_deleted, Some(vec!["data".to_owned()]));
    let gone = engine.volume_inspect("data").expect_err("gone");
    assert_eq!(
        (gone.kind, gone.message.as_str()),
        (Kind::NotFound, "get data: no such volume")
    );
    assert_eq!(engine.volume_remove("data", true).await, Ok(()));
}
