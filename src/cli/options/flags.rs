//! The declarations: 101 flags that `run` and `create` share. Help in our own words, types and defaults as Docker has them.

use super::{devices, limits, mounts, network};
use crate::cli::grammar::Kind::{
    Bool, Bytes, Checked, CheckedList, Cpus, Duration, Int, Int64, List, Map, Text, Uint16, Uint64,
};
use crate::cli::grammar::{Flag, flag};

/// Checks one `-e`.
pub fn env_check(value: &str) -> Result<(), String> {
    let name = value.split('=').next().unwrap_or_default();
    if name.is_empty() {
        return Err(format!("invalid environment variable: {value}"));
    }
    Ok(())
}

fn label_check(value: &str) -> Result<(), String> {
    if value.starts_with('=') {
        return Err(format!("invalid label '{value}': empty name"));
    }
    Ok(())
}

fn attach_check(value: &str) -> Result<(), String> {
    match value.to_lowercase().as_str() {
        "stdin" | "stdout" | "stderr" => Ok(()),
        _ => Err("valid streams are STDIN, STDOUT and STDERR".into()),
    }
}

fn sysctl_check(value: &str) -> Result<(), String> {
    let name = value.split('=').next().unwrap_or_default();
    let known = [
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
    ];
    if known.contains(&name) || name.starts_with("net.") || name.starts_with("fs.mqueue.") {
        return Ok(());
    }
    Err(format!("sysctl '{value}' is not allowed"))
}

/// Every flag that both commands have.
pub fn container_flags() -> Vec<Flag> {
    let rate = |long, help| flag(long, "", CheckedList("list", devices::rate_check), help);
    let operations = |long, help| {
        flag(
            long,
            "",
            CheckedList("list", devices::operations_check),
            help,
        )
    };
    vec![
        flag(
            "add-host",
            "",
            CheckedList("list", network::host_check),
            "Add a line to the container's hosts file (name:address)",
        ),
        flag(
            "annotation",
            "",
            Map,
            "Attach an annotation for the runtime (key=value)",
        ),
        flag(
            "attach",
            "a",
            CheckedList("list", attach_check),
            "Attach only these streams: STDIN, STDOUT, STDERR",
        ),
        flag(
            "blkio-weight",
            "",
            Uint16,
            "Block I/O weight, 10 to 1000, 0 for none (recorded only)",
        )
        .default("0"),
        flag(
            "blkio-weight-device",
            "",
            CheckedList("list", devices::weight_check),
            "Block I/O weight of a device (recorded only)",
        ),
        flag("cap-add", "", List, "Add a Linux capability"),
        flag("cap-drop", "", List, "Drop a Linux capability"),
        flag(
            "cgroup-parent",
            "",
            Text,
            "Parent control group (recorded only)",
        ),
        flag(
            "cgroupns",
            "",
            Text,
            "Control group namespace: host or private (recorded only)",
        ),
        flag("cidfile", "", Text, "Write the container's ID to this file"),
        flag(
            "cpu-count",
            "",
            Int64,
            "Number of CPUs (Windows containers; recorded only)",
        )
        .default("0"),
        flag(
            "cpu-percent",
            "",
            Int64,
            "Percent of CPU (Windows containers; recorded only)",
        )
        .default("0"),
        flag(
            "cpu-period",
            "",
            Int64,
            "Length of a CPU period in microseconds",
        )
        .default("0"),
        flag(
            "cpu-quota",
            "",
            Int64,
            "CPU time in each period, in microseconds",
        )
        .default("0"),
        flag(
            "cpu-rt-period",
            "",
            Int64,
            "Real-time period in microseconds (recorded only)",
        )
        .default("0"),
        flag(
            "cpu-rt-runtime",
            "",
            Int64,
            "Real-time runtime in microseconds (recorded only)",
        )
        .default("0"),
        flag(
            "cpu-shares",
            "c",
            Int64,
            "Weight of this container when CPUs are scarce",
        )
        .default("0"),
        flag(
            "cpus",
            "",
            Cpus,
            "How many CPUs may be used at most, such as 0.5",
        ),
        flag("cpuset-cpus", "", Text, "CPUs that may be used (0-3, 0,1)"),
        flag(
            "cpuset-mems",
            "",
            Text,
            "Memory nodes that may be used (recorded only)",
        ),
        flag(
            "device",
            "",
            List,
            "Add a device of the host (recorded only)",
        ),
        flag(
            "device-cgroup-rule",
            "",
            CheckedList("list", devices::rule_check),
            "Rule for allowed devices (recorded only)",
        ),
        rate(
            "device-read-bps",
            "Limit a device's reading, bytes per second",
        ),
        operations(
            "device-read-iops",
            "Limit a device's reading, operations per second",
        ),
        rate(
            "device-write-bps",
            "Limit a device's writing, bytes per second",
        ),
        operations(
            "device-write-iops",
            "Limit a device's writing, operations per second",
        ),
        flag(
            "disable-content-trust",
            "",
            Bool,
            "Skip verification of the image",
        )
        .default("true"),
        flag(
            "dns",
            "",
            CheckedList("list", network::ip_check),
            "Name server for the container",
        ),
        flag("dns-opt", "", List, "Option of the resolver").hidden(),
        flag("dns-option", "", List, "Option of the resolver"),
        flag(
            "dns-search",
            "",
            CheckedList("list", network::domain_check),
            "Domain in which short names are looked up",
        ),
        flag("domainname", "", Text, "Domain name of the container"),
        flag(
            "entrypoint",
            "",
            Text,
            "Program to run in place of the image's entry point",
        ),
        flag(
            "env",
            "e",
            CheckedList("list", env_check),
            "Set an environment variable (NAME=value, or NAME to take ours)",
        ),
        flag(
            "env-file",
            "",
            List,
            "Read environment variables from a file",
        ),
        flag(
            "expose",
            "",
            List,
            "Note a port or a range of ports as used",
        ),
        flag(
            "gpus",
            "",
            Checked("gpu-request", devices::gpus_check),
            "GPUs to add (recorded only)",
        ),
        flag("group-add", "", List, "Further group of the user"),
        flag(
            "health-cmd",
            "",
            Text,
            "Command that checks the container's health",
        ),
        flag(
            "health-interval",
            "",
            Duration,
            "Time between two checks (1m30s)",
        )
        .default("0s"),
        flag(
            "health-retries",
            "",
            Int,
            "Failures in a row until it counts as unhealthy",
        )
        .default("0"),
        flag(
            "health-start-interval",
            "",
            Duration,
            "Time between two checks while starting",
        )
        .default("0s"),
        flag(
            "health-start-period",
            "",
            Duration,
            "Time in which failures do not count yet",
        )
        .default("0s"),
        flag(
            "health-timeout",
            "",
            Duration,
            "How long one check may take",
        )
        .default("0s"),
        flag("hostname", "h", Text, "Host name of the container"),
        flag(
            "init",
            "",
            Bool,
            "Run a small init that passes signals on and buries orphans",
        ),
        flag("interactive", "i", Bool, "Keep standard input open"),
        flag(
            "io-maxbandwidth",
            "",
            Bytes,
            "I/O bandwidth (Windows containers; recorded only)",
        )
        .default("0"),
        flag(
            "io-maxiops",
            "",
            Uint64,
            "I/O operations (Windows containers; recorded only)",
        )
        .default("0"),
        flag("ip", "", Text, "IPv4 address"),
        flag("ip6", "", Text, "IPv6 address"),
        flag("ipc", "", Text, "IPC mode"),
        flag(
            "isolation",
            "",
            Text,
            "Isolation technology (recorded only)",
        ),
        flag(
            "kernel-memory",
            "",
            Bytes,
            "Kernel memory limit (recorded only)",
        )
        .default("0")
        .hidden(),
        flag(
            "label",
            "l",
            CheckedList("list", label_check),
            "Give the container a label (key=value)",
        ),
        flag("label-file", "", List, "Read labels from a file"),
        flag(
            "link",
            "",
            CheckedList("list", network::link_check),
            "Link to another container",
        ),
        flag("link-local-ip", "", List, "Link-local address"),
        flag("log-driver", "", Text, "Driver of the container's log"),
        flag("log-opt", "", List, "Option of the log driver"),
        flag("mac-address", "", Text, "MAC address"),
        flag("memory", "m", Bytes, "Memory limit, such as 300m").default("0"),
        flag(
            "memory-reservation",
            "",
            Bytes,
            "Memory that should suffice",
        )
        .default("0"),
        flag(
            "memory-swap",
            "",
            Checked("bytes", limits::swap_check),
            "Memory and swap together; -1 for unlimited swap",
        )
        .default("0"),
        flag(
            "memory-swappiness",
            "",
            Int64,
            "Willingness to swap, 0 to 100 (recorded only)",
        )
        .default("-1"),
        flag(
            "mount",
            "",
            CheckedList("mount", mounts::check),
            "Mount a volume, a folder or a tmpfs",
        ),
        flag("name", "", Text, "Name of the container"),
        flag(
            "net",
            "",
            CheckedList("network", network::network_check),
            "Network to connect to",
        )
        .hidden(),
        flag("net-alias", "", List, "Further name in the network").hidden(),
        flag(
            "network",
            "",
            CheckedList("network", network::network_check),
            "Network to connect to",
        ),
        flag("network-alias", "", List, "Further name in the network"),
        flag(
            "no-healthcheck",
            "",
            Bool,
            "Do not run the image's health check",
        ),
        flag(
            "oom-kill-disable",
            "",
            Bool,
            "Do not kill when memory runs out (recorded only)",
        ),
        flag(
            "oom-score-adj",
            "",
            Int,
            "Preference of the memory killer, -1000 to 1000 (recorded only)",
        )
        .default("0"),
        flag("pid", "", Text, "PID namespace"),
        flag(
            "pids-limit",
            "",
            Int64,
            "How many processes there may be; -1 for any number",
        )
        .default("0"),
        flag("platform", "", Text, "Platform of the image"),
        flag("privileged", "", Bool, "Give the container extended rights"),
        flag(
            "publish",
            "p",
            List,
            "Publish a port ([address:]host:container)",
        ),
        flag(
            "publish-all",
            "P",
            Bool,
            "Publish every exposed port on a free one",
        ),
        flag(
            "pull",
            "",
            Text,
            "When to pull the image (\"always\", \"missing\", \"never\")",
        )
        .default("missing"),
        flag("quiet", "q", Bool, "Do not show the progress of pulling"),
        flag(
            "read-only",
            "",
            Bool,
            "Make the container's root file system read-only",
        ),
        flag(
            "restart",
            "",
            Text,
            "When to start again after the container ended",
        )
        .default("no"),
        flag("rm", "", Bool, "Remove the container when it ends"),
        flag("runtime", "", Text, "Runtime (recorded only)"),
        flag("security-opt", "", List, "Security option"),
        flag("shm-size", "", Bytes, "Size of /dev/shm").default("0"),
        flag(
            "stop-signal",
            "",
            Text,
            "Signal that asks the container to stop",
        ),
        flag(
            "stop-timeout",
            "",
            Int,
            "Seconds to wait after it before killing",
        )
        .default("0"),
        flag("storage-opt", "", List, "Option of the storage driver"),
        flag(
            "sysctl",
            "",
            CheckedList("map", sysctl_check),
            "Kernel parameter (recorded only)",
        ),
        flag(
            "tmpfs",
            "",
            List,
            "Mount a file system in memory (path[:options])",
        ),
        flag("tty", "t", Bool, "Give the container a terminal"),
        flag(
            "ulimit",
            "",
            CheckedList("ulimit", limits::ulimit_check),
            "Limit of the processes (name=soft[:hard])",
        ),
        flag(
            "use-api-socket",
            "",
            Bool,
            "Give the container access to the engine",
        ),
        flag(
            "user",
            "u",
            Text,
            "User, as name or number, with :group if wanted",
        ),
        flag("userns", "", Text, "User namespace (recorded only)"),
        flag("uts", "", Text, "UTS namespace"),
        flag(
            "volume",
            "v",
            List,
            "Mount a volume or a folder ([source:]path[:options])",
        ),
        flag(
            "volume-driver",
            "",
            Text,
            "Driver of anonymous volumes (recorded only)",
        ),
        flag(
            "volumes-from",
            "",
            List,
            "Mount what another container has mounted",
        ),
        flag("workdir", "w", Text, "Folder in which the program starts"),
    ]
}
