//! Requests about networks, and what the real engine answered to each.

use crate::engine::testing::{Bench, bench};
use crate::engine::{Filters, StopOptions};
use crate::wire::{CreateBody, NetworkConnect, NetworkCreate, NetworkDisconnect, go};

async fn network(bench: &Bench, body: &str) -> Result<String, String> {
    let body: NetworkCreate = go::from_slice(body.as_bytes()).expect("a request");
    let made = bench.engine.network_create(body).await;
    made.map(|m| m.id).map_err(|e| e.message)
}

async fn container(bench: &Bench, name: &str, rest: &str) -> Result<String, String> {
    let body = format!(r#"{{"Image":"busybox","Cmd":["sleep","1"],{rest}}}"#);
    let body: CreateBody = go::from_slice(body.as_bytes()).expect("a request");
    let made = bench.engine.create(Some(name), None, body).await;
    made.map(|m| m.id).map_err(|e| e.message)
}

async fn connect(
    bench: &Bench,
    network: &str,
    container: &str,
    settings: &str,
) -> Result<(), String> {
    let body = format!(r#"{{"Container":"{container}","EndpointConfig":{settings}}}"#);
    let body: NetworkConnect = go::from_slice(body.as_bytes()).expect("a request");
    let done = bench.engine.network_connect(network, body).await;
    done.map_err(|e| e.message)
}

async fn disconnect(bench: &Bench, network: &str, container: &str) -> Result<(), String> {
    let request = NetworkDisconnect {
        container: container.to_owned(),
        force: false,
    };
    let done = bench.engine.network_disconnect(network, request).await;
    done.map_err(|e| e.message)
}

#[tokio::test]
async fn refused_networks() {
    let bench = bench();
    network(&bench, r#"{"Name":"k1"}"#).await.expect("made");
    let subnet = |rest: &str| format!(r#"{{"Name":"k3","IPAM":{{"Config":[{{{rest}}}]}}}}"#);
    for (body, words) in [
        (
            r#"{"Name":"k1"}"#.to_owned(),
            "network with name k1 already exists",
        ),
        (
            r#"{"Name":"host"}"#.to_owned(),
            "operation is not permitted on predefined host network",
        ),
        (
            r#"{"Name":"k3","Driver":"nope"}"#.to_owned(),
            "plugin \"nope\" not found",
        ),
        (
            r#"{"Name":"k3","Driver":"null"}"#.to_owned(),
            "only one instance of \"null\" network is allowed",
        ),
        (
            subnet(r#""Subnet":"172.18.0.0/24""#),
            "invalid pool request: Pool overlaps with other one on this address space",
        ),
        (
            subnet(r#""Subnet":"10.78.0.1/24""#),
            "invalid network config:\ninvalid subnet 10.78.0.1/24: it should be 10.78.0.0/24",
        ),
        (
            subnet(r#""Subnet":"10.78.0.0/24","Gateway":"10.79.0.1","IPRange":"10.78.0.0/16""#),
            "invalid network config:\n* invalid ip-range 10.78.0.0/16: CIDR block is bigger than its parent subnet 10.78.0.0/24\n\
             * invalid gateway 10.79.0.1: parent subnet 10.78.0.0/24 doesn't contain this address",
        ),
        (
            r#"{"Name":"k3","EnableIPv4":false}"#.to_owned(),
            "IPv4 or IPv6 must be enabled",
        ),
    ] {
        assert_eq!(
            network(&bench, &body).await,
            Err(words.to_owned()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_container_has_a_place_while_it_runs() {
    let bench = bench();
    let subnet = r#"{"Name":"kn1","IPAM":{"Config":[{"Subnet":"10.81.0.0/24"}]}}"#;
    let net = network(&bench, subnet).await.expect("made");
    let rest = r#""Hostname":"hh","HostConfig":{"NetworkMode":"kn1"},"NetworkingConfig":{"EndpointsConfig":
        {"kn1":{"Aliases":["al1"],"IPAMConfig":{"IPv4Address":"10.81.0.55"},"MacAddress":"02:42:AC:11:00:99"}}}"#;
    let id = container(&bench, "kc0", rest).await.expect("made");
    bench.engine.start("kc0").await.expect("started");
    let shown = bench.engine.inspect("kc0", false).await.expect("shown");
    let of = &shown.network_settings.networks["kn1"];
    assert_eq!(
        (
            of.network_id.as_str(),
            of.ip_address.as_str(),
            of.ip_prefix_len,
            of.gateway.as_str()
        ),
        (net.as_str(), "10.81.0.55", 24, "10.81.0.1")
    );
    assert_eq!(of.mac_address, "02:42:ac:11:00:99");
    assert_eq!(
        of.dns_names,
        Some(vec![
            "kc0".into(),
            "al1".into(),
            id[..12].into(),
            "hh".into()
        ])
    );
    assert_eq!(shown.network_settings.ip_address, "");
    assert_eq!(
        shown.network_settings.sandbox_key.len(),
        "/var/run/docker/netns/".len() + 12
    );
    let member = &bench
        .engine
        .network_inspect("kn1")
        .expect("shown")
        .containers[&id];
    assert_eq!(
        (member.name.as_str(), member.ipv4_address.as_str()),
        ("kc0", "10.81.0.55/24")
    );
    let refused = bench
        .engine
        .network_remove("kn1")
        .await
        .expect_err("in use")
        .message;
    let short = &member.endpoint_id[..12];
    assert_eq!(
        refused,
        format!(
            "error while removing network: network kn1 has active endpoints (name:\"kc0\" id:\"{short}\")"
        )
    );

    container(&bench, "kc1", r#""HostConfig":{"NetworkMode":"kn1"}"#)
        .await
        .expect("made");
    bench.engine.start("kc1").await.expect("started");
    let taken = connect(&bench, "kn1", "kc1", "null").await;
    assert_eq!(
        taken,
        Err("endpoint with name kc1 already exists in network kn1".into())
    );
    container(&bench, "kc2", r#""HostConfig":{}"#)
        .await
        .expect("made");
    bench.engine.start("kc2").await.expect("started");
    let ip = |text: &str| format!(r#"{{"IPAMConfig":{{"IPv4Address":"{text}"}}}}"#);
    assert_eq!(
        connect(&bench, "kn1", "kc2", &ip("10.81.0.55")).await,
        Err("Address already in use".into())
    );
    assert_eq!(
        connect(&bench, "kn1", "kc2", &ip("10.99.0.55")).await,
        Err("invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.99.0.55".into())
    );
    connect(&bench, "kn1", "kc2", r#"{"Aliases":["zz"]}"#)
        .await
        .expect("connected");
    let shown = bench
        .engine
        .inspect("kc2", false)
        .await
        .expect("shown")
        .network_settings;
    assert_eq!(shown.ip_address, "172.17.0.2");
    assert_eq!(shown.networks["kn1"].ip_address, "10.81.0.3");
    disconnect(&bench, "bridge", "kc2")
        .await
        .expect("disconnected");
    let again = disconnect(&bench, "bridge", "kc2").await.expect_err("gone");
    assert!(
        again.ends_with(" is not connected to network bridge"),
        "{again}"
    );

    let now = StopOptions {
        timeout: Some(0),
        ..StopOptions::default()
    };
    for name in ["kc0", "kc1", "kc2"] {
        bench.engine.stop(name, now.clone()).await.expect("stopped");
    }
    let shown = bench
        .engine
        .inspect("kc0", false)
        .await
        .expect("shown")
        .network_settings;
    let of = &shown.networks["kn1"];
    assert_eq!((of.ip_address.as_str(), of.mac_address.as_str()), ("", ""));
    assert_eq!(
        (of.network_id.as_str(), shown.sandbox_id.as_str()),
        (net.as_str(), "")
    );
    assert_eq!(
        bench
            .engine
            .network_prune(&Filters::default())
            .await
            .expect("pruned")
            .networks_deleted,
        Some(vec!["kn1".into()])
    );
    let start = bench
        .engine
        .start("kc0")
        .await
        .expect_err("no network")
        .message;
    assert_eq!(
        start,
        format!("failed to set up container networking: network {net} not found")
    );
}

#[tokio::test]
async fn modes_that_do_not_go_together() {
    let bench = bench();
    container(&bench, "kc0", r#""HostConfig":{}"#)
        .await
        .expect("made");
    container(&bench, "kcn", r#""HostConfig":{"NetworkMode":"none"}"#)
        .await
        .expect("made");
    let shared = r#""HostConfig":{"NetworkMode":"container:kc0"}"#;
    for (rest, words) in [
        (
            format!(r#""Hostname":"x",{shared}"#),
            "conflicting options: hostname and the network mode",
        ),
        (
            format!(r#""ExposedPorts":{{"80/tcp":{{}}}},{shared}"#),
            "conflicting options: port exposing and the container type network mode",
        ),
        (
            r#""HostConfig":{"Links":["nosuch"]}"#.to_owned(),
            "could not get container for nosuch: No such container: nosuch",
        ),
        (
            r#""HostConfig":{},"NetworkingConfig":{"EndpointsConfig":{"bridge":{"IPAMConfig":{"IPv4Address":"1.2.3.4"}}}}"#
                .to_owned(),
            "invalid config for network bridge: invalid endpoint settings:\n\
             * user specified IP address is supported on user defined networks only\n\
             * no configured subnet or ip-range contain the IP address 1.2.3.4",
        ),
        (
            r#""HostConfig":{},"NetworkingConfig":{"EndpointsConfig":{"bridge":{"IPAMConfig":{"IPv6Address":"fd00::1"}}}}"#
                .to_owned(),
            "invalid config for network bridge: invalid endpoint settings:\n\
             * user specified IP address is supported on user defined networks only\n\
             * user specified IP address is supported only when connecting to networks with user configured subnets",
        ),
    ] {
        assert_eq!(container(&bench, "kx", &rest).await, Err(words.to_owned()), "{rest}");
    }
    let private = "container cannot be connected to multiple networks with one of the networks in private (none) mode";
    assert_eq!(
        connect(&bench, "bridge", "kcn", "null").await,
        Err(private.to_owned())
    );
    container(&bench, "ks", shared).await.expect("made");
    let error = bench
        .engine
        .start("ks")
        .await
        .expect_err("kc0 does not run")
        .message;
    assert_eq!(
        error,
        "cannot join network namespace of a non running container: container kc0 is created"
    );
}

#[tokio::test]
async fn links_are_names_and_variables() {
    let bench = bench();
    let body = r#""Env":["FOO=bar"],"ExposedPorts":{"80/tcp":{}},"HostConfig":{}"#;
    let target = container(&bench, "kl0", body).await.expect("made");
    container(&bench, "kl1", r#""HostConfig":{"Links":["kl0:db"]}"#)
        .await
        .expect("made");
    let error = bench
        .engine
        .start("kl1")
        .await
        .expect_err("kl0 does not run")
        .message;
    assert_eq!(
        error,
        "Cannot link to a non running container: /kl0 AS /kl1/db"
    );
    bench.engine.start("kl0").await.expect("started");
    bench.engine.start("kl1").await.expect("started");
    let net = bench
        .engine
        .find("kl1")
        .expect("there")
        .look(|r| r.state.net.clone());
    assert_eq!(
        net.hosts[0],
        format!("172.17.0.2\tdb {} kl0", &target[..12])
    );
    assert_eq!(
        net.env,
        [
            "DB_PORT=tcp://172.17.0.2:80",
            "DB_PORT_80_TCP=tcp://172.17.0.2:80",
            "DB_PORT_80_TCP_ADDR=172.17.0.2",
            "DB_PORT_80_TCP_PORT=80",
            "DB_PORT_80_TCP_PROTO=tcp",
            "DB_NAME=/kl1/db",
            "DB_ENV_FOO=bar"
        ]
    );
    let shown = bench.engine.inspect("kl1", false).await.expect("shown");
    assert_eq!(shown.host_config.links, Some(vec!["/kl0:/kl1/db".into()]));
}
