//! The network programs of the catalogue's images.

use super::{Net, text};

/// Runs a line of shell in a network; what it said on both streams, and its code.
fn line(net: &Net, network: &str, line: &str) -> (String, i32) {
    let output = net.world.run(&[
        "run",
        "--rm",
        "--network",
        network,
        "alpine",
        "sh",
        "-c",
        line,
    ]);
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    (said, output.status.code().unwrap_or(-1))
}

/// Makes the network `front` over the first three numbers of an address, and in it `web`, which sends back what it gets at
/// port 80 and has 9 as its last number.
fn web(net: &Net, prefix: &str, options: &[&str]) {
    let (subnet, address) = (format!("{prefix}.0/24"), format!("{prefix}.9"));
    net.world
        .ok(&["network", "create", "--subnet", &subnet, "front"]);
    let run = [
        "run",
        "-d",
        "--name",
        "web",
        "--network",
        "front",
        "--ip",
        &address,
    ];
    let program = ["alpine", "nc", "-lk", "-p", "80", "-e", "cat"];
    net.world.ok(&[&run, options, &program].concat());
}

#[test]
fn names_are_pinged_looked_up_and_called() {
    let net = Net::new();
    net.world
        .ok(&["network", "create", "--subnet", "10.77.0.0/24", "front"]);
    net.world.ok(&[
        "run",
        "-d",
        "--name",
        "web",
        "--network",
        "front",
        "--ip",
        "10.77.0.9",
        "alpine",
        "nc",
        "-lk",
        "-p",
        "80",
        "-e",
        "cat",
    ]);
    let (said, code) = line(&net, "front", "ping -c 1 web");
    assert!(
        said.starts_with(
            "PING web (10.77.0.9): 56 data bytes\n64 bytes from 10.77.0.9: seq=0 ttl=64"
        ),
        "{said}"
    );
    assert!(
        said.contains("1 packets transmitted, 1 packets received, 0% packet loss"),
        "{said}"
    );
    assert_eq!(code, 0);
    let (said, code) = line(&net, "front", "ping -c 1 -W 1 10.77.0.99");
    assert!(said.contains("100% packet loss") && code == 1, "{said}");
    let refused = ("ping: bad address 'nosuch'\n".to_owned(), 1);
    assert_eq!(line(&net, "front", "ping nosuch"), refused);
    // Nothing goes outside.
    let (said, code) = line(&net, "front", "ping -c 1 192.0.2.1");
    assert!(
        said.ends_with("ping: sendto: Operation not permitted\n") && code == 1,
        "{said}"
    );

    let (said, code) = line(
        &net,
        "front",
        "nslookup web; nslookup 10.77.0.9; nslookup nosuch",
    );
    for part in [
        "Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n",
        "Name:\tweb\nAddress: 10.77.0.9\n",
        "9.0.77.10.in-addr.arpa\tname = web\n",
        "** server can't find nosuch: NXDOMAIN\n",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(code, 1);

    assert_eq!(
        line(&net, "front", "echo hello | nc web 80"),
        ("hello\n".to_owned(), 0)
    );
    assert_eq!(line(&net, "front", "nc -z web 81"), (String::new(), 1));
    // Several callers at once have a program each: the first one stays until the second one is through.
    let both = "mkfifo f; cat f | nc web 80 > one & exec 9>f; echo two | nc web 80; echo one >&9; exec 9>&-; wait; cat one";
    assert_eq!(line(&net, "front", both), ("two\none\n".to_owned(), 0));
}

#[test]
fn interfaces_routes_and_sockets_are_shown() {
    let net = Net::new();
    web(&net, "10.78.0", &["--mac-address", "02:42:ac:11:00:07"]);
    let inside = |command: &[&str]| net.world.ok(&[&["exec", "web"], command].concat());
    let shown = inside(&["ip", "addr"]);
    for part in [
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536",
        "    link/ether 02:42:ac:11:00:07 brd ff:ff:ff:ff:ff:ff\n    inet 10.78.0.9/24 brd 10.78.0.255 scope global eth0\n",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(
        inside(&["ip", "route"]),
        "default via 10.78.0.1 dev eth0 \n10.78.0.0/24 dev eth0 scope link  src 10.78.0.9 \n"
    );
    assert!(
        inside(&["ifconfig", "eth0"])
            .contains("inet addr:10.78.0.9  Bcast:10.78.0.255  Mask:255.255.255.0")
    );
    assert_eq!(inside(&["hostname", "-i"]), "10.78.0.9\n");
    let listening = inside(&["netstat", "-tlnp"]);
    assert!(
        listening.ends_with(
            "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      1/nc\n"
        ),
        "{listening}"
    );
    let table = inside(&["cat", "/proc/net/tcp"]);
    assert!(
        table.contains("   0: 00000000:0050 00000000:0000 0A 00000000:00000000"),
        "{table}"
    );
}
