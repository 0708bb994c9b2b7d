//! Numbers and names of the tree; what the files say is tested with real processes in `tests/kernel`.

use super::nodes::{Node, PID_FILES, ROOT, SYSTEM};
use std::collections::HashSet;

fn every_node() -> Vec<Node> {
    let mut nodes = vec![Node::Root, Node::SelfLink, Node::ThreadSelf];
    nodes.extend((0..SYSTEM.len()).map(Node::System));
    for pid in [1, 77, 4_194_303] {
        nodes.extend([
            Node::TaskDir { pid },
            Node::FdDir { pid },
            Node::FdInfoDir { pid },
        ]);
        for task in [false, true] {
            nodes.push(Node::Pid { pid, task });
            nodes.extend((0..PID_FILES.len()).map(|place| Node::PidFile { pid, task, place }));
        }
        for fd in [0, 3, 1023] {
            nodes.extend([Node::Fd { pid, fd }, Node::FdInfo { pid, fd }]);
        }
    }
    nodes
}

#[test]
fn numbers_are_distinct_and_round_trip() {
    let nodes = every_node();
    let numbers: HashSet<_> = nodes.iter().map(|node| node.encode()).collect();
    assert_eq!(numbers.len(), nodes.len());
    for node in nodes {
        assert_eq!(Node::decode(node.encode()), Ok(node));
    }
    assert_eq!(Node::Root.encode(), ROOT);
    for wild in [0, 2, 3 << 16 | 0xffff, 99 << 16, u64::MAX] {
        assert!(Node::decode(wild).is_err(), "{wild:x}");
    }
}

#[test]
fn every_child_knows_its_parent() {
    for node in every_node() {
        for (name, child) in node.children() {
            let shared = ["fd", "fdinfo"].contains(&name);
            assert!(shared || child.parent() == node, "{name} of {node:?}");
        }
    }
}
