//! Networks from the command line; what was recorded from the real docker command says so by being equal to it.

use crate::support::{World, text};

/// Runs `schooner ARGS`; gives the exit code, standard output and standard error.
fn all(world: &World, args: &[&str]) -> (Option<i32>, String, String) {
    let output = world.run(args);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn fails(world: &World, args: &[&str], words: &str) {
    let expected = (Some(1), String::new(), format!("{words}\n"));
    assert_eq!(all(world, args), expected, "{args:?}");
}

#[test]
fn the_network_commands_are_dockers() {
    let world = World::new();
    let id = world.ok(&["network", "create", "k1"]);
    assert_eq!(id.trim().len(), 64);
    let short = &id[..12];
    assert_eq!(
        world.ok(&["network", "ls", "-f", "name=k1"]),
        format!("NETWORK ID     NAME      DRIVER    SCOPE\n{short}   k1        bridge    local\n")
    );
    world.ok(&[
        "network",
        "create",
        "--subnet",
        "10.77.0.0/16",
        "--gateway",
        "10.77.0.254",
        "--ip-range",
        "10.77.5.0/24",
        "--aux-address",
        "a=10.77.5.1",
        "--label",
        "x=y",
        "--internal",
        "k2",
    ]);
    assert_eq!(
        world.ok(&[
            "network",
            "inspect",
            "-f",
            "{{json .IPAM}} {{.Internal}} {{.Labels}}",
            "k2"
        ]),
        "{\"Driver\":\"default\",\"Options\":{},\"Config\":[{\"Subnet\":\"10.77.0.0/16\",\"IPRange\":\"10.77.5.0/24\",\
         \"Gateway\":\"10.77.0.254\",\"AuxiliaryAddresses\":{\"a\":\"10.77.5.1\"}}]} true map[x:y]\n"
    );
    let range = "{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}}";
    assert_eq!(
        world.ok(&["network", "inspect", "-f", range, "k1"]),
        "172.18.0.0/16 172.18.0.1\n"
    );
    let daemon = |words: &str| format!("Error response from daemon: {words}");
    for (args, words) in [
        (
            &["--gateway", "1.2.3.4"][..],
            "every ip-range or gateway must have a corresponding subnet".to_owned(),
        ),
        (
            &["--subnet", "10.78.0.0/24", "--gateway", "10.79.0.1"],
            "no matching subnet for gateway 10.79.0.1".to_owned(),
        ),
        (
            &["--subnet", "10.77.0.0/24"],
            daemon("invalid pool request: Pool overlaps with other one on this address space"),
        ),
        (
            &["--subnet", "nope"],
            daemon("invalid network config:\ninvalid subnet nope: invalid CIDR block notation"),
        ),
        (&["-d", "nope"], daemon("plugin \"nope\" not found")),
    ] {
        let args = [&["network", "create"], args, &["k3"]].concat();
        fails(&world, &args, &words);
    }
    assert_eq!(
        all(&world, &["network", "rm", "host", "k1", "nosuch"]),
        (
            Some(1),
            "k1\n".into(),
            "Error response from daemon: host is a pre-defined network and cannot be removed\n\
             Error response from daemon: network nosuch not found\nexit status 1\n"
                .into()
        )
    );
    assert_eq!(
        all(&world, &["network", "rm", "-f", "nosuch"]),
        (Some(0), String::new(), String::new())
    );
    assert_eq!(
        world.ok(&["network", "prune", "-f"]),
        "Deleted Networks:\nk2\n\n"
    );
}

#[test]
fn containers_have_addresses_and_find_themselves() {
    let world = World::new();
    world.ok(&["network", "create", "--subnet", "10.81.0.0/24", "front"]);
    world.ok(&[
        "run",
        "-d",
        "--name",
        "web",
        "--network",
        "front",
        "--ip",
        "10.81.0.9",
        "--network-alias",
        "site",
        "--hostname",
        "hh",
        "alpine",
        "sleep",
        "300",
    ]);
    let hosts = world.ok(&["exec", "web", "cat", "/etc/hosts"]);
    assert!(
        hosts.ends_with("ip6-allrouters\n10.81.0.9\thh\n"),
        "{hosts}"
    );
    let resolv = world.ok(&["exec", "web", "cat", "/etc/resolv.conf"]);
    assert!(
        resolv.contains("\nnameserver 127.0.0.11\noptions ndots:0\n"),
        "{resolv}"
    );
    let names = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}} {{index .DNSNames 1}}{{end}}";
    assert_eq!(
        world.ok(&["inspect", "-f", names, "web"]),
        "10.81.0.9 10.81.0.1 site\n"
    );
    world.ok(&["network", "connect", "bridge", "web"]);
    let hosts = world.ok(&["exec", "web", "cat", "/etc/hosts"]);
    assert!(
        hosts.ends_with("10.81.0.9\thh\n172.17.0.2\thh\n"),
        "{hosts}"
    );
    fails(
        &world,
        &["network", "connect", "front", "web"],
        "Error response from daemon: endpoint with name web already exists in network front",
    );
    world.ok(&["network", "disconnect", "bridge", "web"]);
    let hosts = world.ok(&["exec", "web", "cat", "/etc/hosts"]);
    assert!(
        hosts.ends_with("ip6-allrouters\n10.81.0.9\thh\n"),
        "{hosts}"
    );
    let shared = world.ok(&[
        "run",
        "--rm",
        "--network",
        "container:web",
        "alpine",
        "cat",
        "/etc/hostname",
        "/etc/hosts",
    ]);
    assert!(
        shared.starts_with("hh\n127.0.0.1") && shared.ends_with("10.81.0.9\thh\n"),
        "{shared}"
    );
    let rm = all(&world, &["network", "rm", "front"]);
    assert!(
        rm.2.contains("network front has active endpoints (name:\"web\" id:"),
        "{rm:?}"
    );
    world.ok(&["rm", "-f", "web"]);
    world.ok(&["network", "rm", "front"]);
}
