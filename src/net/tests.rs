//! Sockets over the switch, without a kernel and without the host.

use super::mac::Mac;
use super::outside::{Outside, Reach};
use super::stack::{Interface, Protocol, Stack};
use super::switch::Switch;
use super::{Socket, publish};
use crate::base::errno::Errno;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Handle;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

struct World {
    switch: Arc<Switch>,
}

impl World {
    fn new(runtime: Option<Handle>) -> World {
        World {
            switch: Switch::new(Outside::new(Reach::default(), runtime)),
        }
    }

    fn join(&self, stack: &Arc<Stack>, network: &str, subnet: &str, address: &str, names: &[&str]) {
        let subnet: IpNet = subnet.parse().unwrap();
        let address: IpAddr = address.parse().unwrap();
        let interface = Interface {
            name: String::new(),
            network: network.to_owned(),
            addresses: vec![(address, subnet)],
            gateways: vec![subnet.hosts().next().unwrap()],
            mac: Mac::random(),
            internal: false,
            counters: Arc::default(),
        };
        let names = names.iter().map(|n| (*n).to_owned()).collect();
        self.switch
            .attach(stack, interface, names, vec![("db".into(), "two".into())]);
    }

    /// Two containers in one network, the second of them also in another.
    fn two(&self) -> (Arc<Stack>, Arc<Stack>) {
        let (one, two) = (
            Stack::new(self.switch.clone()),
            Stack::new(self.switch.clone()),
        );
        self.join(&one, "front", "10.0.0.0/24", "10.0.0.2", &["one"]);
        self.join(&two, "front", "10.0.0.0/24", "10.0.0.3", &["two", "alias"]);
        self.join(&two, "back", "10.0.1.0/24", "10.0.1.2", &["two"]);
        (one, two)
    }
}

fn tcp(stack: &Arc<Stack>) -> Socket {
    Socket::new(stack.clone(), false, Protocol::Tcp)
}

fn udp(stack: &Arc<Stack>) -> Socket {
    Socket::new(stack.clone(), false, Protocol::Udp)
}

fn listening(stack: &Arc<Stack>, address: &str, backlog: usize) -> Socket {
    let socket = tcp(stack);
    socket.bind(at(address)).unwrap();
    socket.listen(backlog).unwrap();
    socket
}

fn read(socket: &Socket) -> Result<Vec<u8>, Errno> {
    let mut buffer = [0; 1000];
    let (count, ..) = socket.try_receive(&mut buffer, false)?;
    Ok(buffer[..count].to_vec())
}

#[test]
fn a_connection_between_containers() {
    let world = World::new(None);
    let (one, two) = world.two();
    let server = listening(&two, "0.0.0.0:80", 5);
    assert_eq!(server.try_accept().err(), Some(Errno::Again));
    let client = tcp(&one);
    client.try_connect(at("10.0.0.3:80")).unwrap();
    let (accepted, from) = server.try_accept().unwrap();
    assert_eq!(from, client.local());
    assert_eq!(
        (from.ip().to_string().as_str(), client.peer()),
        ("10.0.0.2", Ok(at("10.0.0.3:80")))
    );
    client.try_send(b"hello", None).unwrap();
    assert_eq!(read(&accepted), Ok(b"hello".to_vec()));
    assert_eq!(read(&accepted), Err(Errno::Again));
    // Half-close: one direction ends, the other goes on.
    client.shutdown(false, true).unwrap();
    assert_eq!(read(&accepted), Ok(Vec::new()));
    accepted.try_send(b"bye", None).unwrap();
    drop(accepted);
    assert_eq!(read(&client), Ok(b"bye".to_vec()));
    assert_eq!(read(&client), Ok(Vec::new()));
    assert_eq!(client.try_send(b"x", None), Err(Errno::Pipe));
    let counters = one.interfaces()[0].counters.traffic();
    assert_eq!((counters.tx_bytes, counters.rx_bytes), (5, 3));
}

#[test]
fn refused_unreachable_and_reset() {
    let world = World::new(None);
    let (one, two) = world.two();
    let refused = |to: &str| tcp(&one).try_connect(at(to)).unwrap_err();
    assert_eq!(refused("10.0.0.3:80"), Errno::Connrefused);
    assert_eq!(refused("10.0.0.9:80"), Errno::Hostunreach);
    // A network that the caller is not in.
    assert_eq!(refused("10.0.1.2:80"), Errno::Hostunreach);
    // The host itself, by the gateway.
    assert_eq!(refused("10.0.0.1:80"), Errno::Connrefused);
    let alone = Stack::new(world.switch.clone());
    assert_eq!(
        tcp(&alone).try_connect(at("192.0.2.1:80")),
        Err(Errno::Netunreach)
    );
    let server = listening(&two, "10.0.0.3:80", 5);
    let client = tcp(&one);
    client.try_connect(at("10.0.0.3:80")).unwrap();
    let (accepted, _) = server.try_accept().unwrap();
    client.try_send(b"unread", None).unwrap();
    drop(accepted);
    assert_eq!(read(&client), Err(Errno::Connreset));
    world.switch.detach(&two, "front");
    assert_eq!(refused("10.0.0.3:80"), Errno::Hostunreach);
}

#[test]
fn a_full_backlog_and_a_full_buffer_hold_back() {
    let world = World::new(None);
    let (one, _two) = world.two();
    let server = listening(&one, "127.0.0.1:80", 1);
    let first = tcp(&one);
    first.try_connect(at("127.0.0.1:80")).unwrap();
    let second = tcp(&one);
    assert_eq!(second.try_connect(at("127.0.0.1:80")), Err(Errno::Again));
    let (accepted, _) = server.try_accept().unwrap();
    second.try_connect(at("127.0.0.1:80")).unwrap();
    let big = vec![7; 1 << 20];
    let sent = first.try_send(&big, None).unwrap();
    assert_eq!(sent, super::channel::CAPACITY);
    assert_eq!(first.try_send(&big, None), Err(Errno::Again));
    assert_eq!(read(&accepted).unwrap().len(), 1000);
    assert_eq!(first.try_send(&big, None), Ok(1000));
    drop(server);
    assert_eq!(read(&second), Err(Errno::Connreset));
}

#[test]
fn ports_are_held_once() {
    let world = World::new(None);
    let (one, two) = world.two();
    let server = listening(&one, "0.0.0.0:80", 5);
    let bind = |stack, address| tcp(stack).bind(at(address)).err();
    assert_eq!(bind(&one, "127.0.0.1:80"), Some(Errno::Addrinuse));
    assert_eq!(bind(&one, "0.0.0.0:81"), None);
    assert_eq!(bind(&one, "10.0.0.3:81"), Some(Errno::Addrnotavail));
    assert_eq!(bind(&two, "0.0.0.0:80"), None);
    let six = Socket::new(one.clone(), true, Protocol::Tcp);
    assert_eq!(six.bind(at("[::]:80")), Err(Errno::Addrinuse));
    six.options.lock().only_v6 = true;
    assert_eq!(six.bind(at("[::]:80")), Ok(()));
    drop(server);
    assert_eq!(bind(&one, "127.0.0.1:80"), None);
    let any = tcp(&one);
    any.bind(at("0.0.0.0:0")).unwrap();
    assert!(any.local().port() >= 32_768);
}

#[test]
fn six_speaks_four_in_mapped_addresses() {
    let world = World::new(None);
    let (one, two) = world.two();
    let server = Socket::new(two.clone(), true, Protocol::Tcp);
    server.bind(at("[::]:80")).unwrap();
    server.listen(5).unwrap();
    let client = tcp(&one);
    client.try_connect(at("10.0.0.3:80")).unwrap();
    let (_, from) = server.try_accept().unwrap();
    assert_eq!(from.ip(), "::ffff:10.0.0.2".parse::<IpAddr>().unwrap());
}

#[test]
fn datagrams_arrive_whole_or_not_at_all() {
    let world = World::new(None);
    let (one, two) = world.two();
    let server = udp(&two);
    server.bind(at("0.0.0.0:53")).unwrap();
    let client = udp(&one);
    client
        .try_send(b"question", Some(at("10.0.0.3:53")))
        .unwrap();
    client.try_send(b"", Some(at("10.0.0.3:53"))).unwrap();
    let mut small = [0; 4];
    let (count, whole, from) = server.try_receive(&mut small, true).unwrap();
    assert_eq!((count, whole), (4, 8));
    assert_eq!(server.try_receive(&mut small, false).unwrap().0, 4);
    assert_eq!(read(&server), Ok(Vec::new()));
    server.try_send(b"answer", Some(from)).unwrap();
    assert_eq!(read(&client), Ok(b"answer".to_vec()));
    assert_eq!(
        client.try_send(&[0; 70_000], Some(at("10.0.0.3:53"))),
        Err(Errno::Msgsize)
    );
    assert_eq!(udp(&one).try_send(b"x", None), Err(Errno::Destaddrreq));
    // Nobody reads: what does not fit is lost, and memory stays bounded.
    let piece = [1; 10_000];
    for _ in 0..100 {
        client.try_send(&piece, Some(at("10.0.0.3:53"))).unwrap();
    }
    let waiting = std::iter::from_fn(|| read(&server).ok()).count();
    assert!((15..25).contains(&waiting), "{waiting}");
}

#[test]
fn names_are_known_within_a_network() {
    let world = World::new(None);
    let (one, two) = world.two();
    let find = |from, name| {
        let found = world.switch.find(from, name);
        found
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(find(&one, "two"), "10.0.0.3");
    assert_eq!(find(&one, "ALIAS."), "10.0.0.3");
    assert_eq!(find(&one, "db"), "10.0.0.3");
    assert_eq!(find(&two, "two"), "10.0.0.3 10.0.1.2");
    assert_eq!(find(&one, "nosuch"), "");
    assert_eq!(find(&one, "host.docker.internal"), "10.0.0.1");
    let stranger = Stack::new(world.switch.clone());
    assert_eq!(find(&stranger, "two"), "");
}

#[tokio::test]
async fn a_published_port_leads_in_and_closes() {
    let world = World::new(Some(Handle::current()));
    let (one, _two) = world.two();
    let server = listening(&one, "0.0.0.0:80", 5);
    let target = publish::Target {
        stack: Arc::downgrade(&one),
        to: at("10.0.0.2:80"),
        gateway: "10.0.0.1".parse().unwrap(),
    };
    let published = publish::tcp(at("127.0.0.1:0"), target.clone())
        .await
        .unwrap();
    let mut host = tokio::net::TcpStream::connect(published.host)
        .await
        .unwrap();
    host.write_all(b"GET").await.unwrap();
    let accepted = std::future::poll_fn(|cx| {
        server.poll(cx);
        match server.try_accept() {
            Ok(accepted) => std::task::Poll::Ready(accepted),
            Err(_) => std::task::Poll::Pending,
        }
    });
    let (accepted, from) = accepted.await;
    assert_eq!(from.ip().to_string(), "10.0.0.1");
    let got = std::future::poll_fn(|cx| {
        accepted.poll(cx);
        match read(&accepted) {
            Err(Errno::Again) => std::task::Poll::Pending,
            done => std::task::Poll::Ready(done),
        }
    });
    assert_eq!(got.await, Ok(b"GET".to_vec()));
    accepted.try_send(b"200", None).unwrap();
    drop(accepted);
    let mut text = String::new();
    host.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "200");
    // The same port again is refused while it is open, and free afterwards.
    assert!(publish::tcp(published.host, target.clone()).await.is_err());
    let address = published.host;
    drop(published);
    while publish::tcp(address, target.clone()).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn published_datagrams_find_their_way_back() {
    let world = World::new(Some(Handle::current()));
    let (one, _two) = world.two();
    let server = udp(&one);
    server.bind(at("0.0.0.0:53")).unwrap();
    let target = publish::Target {
        stack: Arc::downgrade(&one),
        to: at("10.0.0.2:53"),
        gateway: "10.0.0.1".parse().unwrap(),
    };
    let published = publish::udp(at("127.0.0.1:0"), target).await.unwrap();
    let host = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    host.send_to(b"question", published.host).await.unwrap();
    let mut buffer = [0; 100];
    let (count, _, from) = std::future::poll_fn(|cx| {
        server.poll(cx);
        match server.try_receive(&mut buffer, false) {
            Err(Errno::Again) => std::task::Poll::Pending,
            done => std::task::Poll::Ready(done),
        }
    })
    .await
    .unwrap();
    server.try_send(&buffer[..count], Some(from)).unwrap();
    let mut answer = [0; 100];
    let count = host.recv(&mut answer).await.unwrap();
    assert_eq!(&answer[..count], b"question");
}
