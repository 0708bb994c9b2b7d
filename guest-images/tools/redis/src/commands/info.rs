//! `INFO` and `COMMAND`: what the server tells of itself.

use super::*;
use crate::data;

/// The release whose commands and words are followed.
pub const VERSION: &str = "7.4.7";

pub const COMMANDS: &[Command] = &[
    command("info", -1, 0, NO_KEYS, info),
    command("command", -1, 0, NO_KEYS, |call| match call.args.len() {
        1 => {
            let names: Vec<&str> = sorted(call.server);
            Ok(Reply::Array(
                names
                    .into_iter()
                    .map(|name| describe(call.server, name.as_bytes()))
                    .collect(),
            ))
        }
        _ => part(call, COMMAND),
    }),
];

fn sorted(server: &Server) -> Vec<&'static str> {
    let mut names: Vec<&str> = server.table.keys().copied().collect();
    names.sort_unstable();
    names
}

fn describe(server: &Server, name: &[u8]) -> Reply {
    let Some(command) = server.table.get(lower(name).as_str()) else {
        return Reply::NullArray;
    };
    let flag = |bit, word| (command.flags & bit != 0).then_some(Reply::Simple(word));
    let read =
        (command.flags & WRITE == 0 && command.keys.0 != 0).then_some(Reply::Simple("readonly"));
    let flags = [
        flag(WRITE, "write"),
        read,
        flag(GROWS, "denyoom"),
        flag(ADMIN, "admin"),
        flag(OPEN, "no_auth"),
        flag(WAITS, "blocking"),
        flag(LISTENING, "pubsub"),
    ];
    let empty = || Reply::Array(Vec::new());
    Reply::Array(vec![
        Reply::bulk(command.name),
        Reply::Int(command.arity.into()),
        Reply::Set(flags.into_iter().flatten().collect()),
        Reply::Int(command.keys.0.into()),
        Reply::Int(command.keys.1.into()),
        Reply::Int(command.keys.2.into()),
        Reply::Set(Vec::new()),
        empty(),
        empty(),
        empty(),
    ])
}

const COMMAND: &[Part] = &[
    ("count", 2, |call| Ok(Reply::count(call.server.table.len()))),
    ("list", -2, |call| Ok(Reply::array(sorted(call.server)))),
    ("info", -2, |call| {
        let names: Vec<Vec<u8>> = match call.args.len() {
            2 => sorted(call.server)
                .into_iter()
                .map(|name| name.as_bytes().to_vec())
                .collect(),
            _ => call.args[2..].to_vec(),
        };
        Ok(Reply::Array(
            names
                .iter()
                .map(|name| describe(call.server, name))
                .collect(),
        ))
    }),
    ("docs", -2, |_| Ok(Reply::Map(Vec::new()))),
    ("getkeys", -3, |call| {
        let args = &call.args[2..];
        match call.server.table.get(lower(&args[0]).as_str()) {
            None => err("Invalid command specified"),
            Some(command) if !command.fits(args.len()) => {
                err("Invalid number of arguments specified for command")
            }
            Some(command) if command.keys.0 == 0 => err("The command has no key arguments"),
            Some(command) => Ok(Reply::array(command.keys(args))),
        }
    }),
];

/// Sections in their order.
const SECTIONS: &[&str] = &[
    "server",
    "clients",
    "memory",
    "persistence",
    "stats",
    "replication",
    "cpu",
    "modules",
    "errorstats",
    "cluster",
    "keyspace",
];

fn info(call: &mut Call<'_>) -> Answer {
    let asked: Vec<String> = call.args[1..].iter().map(|arg| lower(arg)).collect();
    let all = asked.is_empty()
        || asked
            .iter()
            .any(|word| matches!(word.as_str(), "all" | "default" | "everything"));
    let chosen = SECTIONS
        .iter()
        .filter(|name| all || asked.iter().any(|word| word == **name));
    let texts: Vec<String> = chosen.map(|name| section(call.server, name)).collect();
    Ok(Reply::Verbatim(texts.join("\r\n")))
}

/// `1.50M`.
fn human(bytes: usize) -> String {
    let units = ["B", "K", "M", "G"];
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 1024.0 && unit + 1 < units.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes}B")
    } else {
        format!("{size:.2}{}", units[unit])
    }
}

fn section(server: &mut Server, name: &str) -> String {
    let flag = |is: bool| if is { 1 } else { 0 };
    let uptime = server.now.saturating_sub(server.since) / 1000;
    let (used, peak) = (data::used(), server.stats.peak.max(data::used()));
    let mut lines: Vec<String> = Vec::new();
    let mut line = |key: &str, value: &dyn std::fmt::Display| lines.push(format!("{key}:{value}"));
    match name {
        "server" => {
            let path = server.config.path().to_owned();
            line("redis_version", &VERSION);
            line("redis_git_sha1", &"00000000");
            line("redis_git_dirty", &0);
            line("redis_build_id", &"schooner");
            line("redis_mode", &"standalone");
            line("os", &"Schooner WASI wasm32");
            line("arch_bits", &32);
            line("monotonic_clock", &"POSIX clock_gettime");
            line("multiplexing_api", &"poll");
            line("process_id", &applet::os::pid());
            line("process_supervised", &"no");
            line("run_id", &server.run_id);
            line("tcp_port", &server.config.text("port"));
            line("server_time_usec", &(applet::time::now() / 1000));
            line("uptime_in_seconds", &uptime);
            line("uptime_in_days", &(uptime / 86400));
            line("hz", &10);
            line("configured_hz", &10);
            line("executable", &"/usr/local/bin/redis-server");
            line("config_file", &path);
            line("io_threads_active", &0);
        }
        "clients" => {
            line("connected_clients", &(server.clients.len() - 1));
            line("maxclients", &server.config.text("maxclients"));
            line("blocked_clients", &server.waiting.len());
            line(
                "pubsub_clients",
                &server
                    .clients
                    .values()
                    .filter(|client| client.listens())
                    .count(),
            );
            line(
                "watching_clients",
                &server
                    .clients
                    .values()
                    .filter(|client| !client.watching.is_empty())
                    .count(),
            );
        }
        "memory" => {
            let limit = server.config.number("maxmemory") as usize;
            line("used_memory", &used);
            line("used_memory_human", &human(used));
            line("used_memory_rss", &used);
            line("used_memory_rss_human", &human(used));
            line("used_memory_peak", &peak);
            line("used_memory_peak_human", &human(peak));
            line("maxmemory", &limit);
            line("maxmemory_human", &human(limit));
            line("maxmemory_policy", &server.config.policy());
            line("mem_allocator", &"libc");
        }
        "persistence" => {
            let saving = server.child.is_some();
            line("loading", &0);
            line("async_loading", &0);
            line(
                "rdb_changes_since_last_save",
                &(server.dirty - server.saved.dirty),
            );
            line("rdb_bgsave_in_progress", &flag(saving));
            line("rdb_last_save_time", &(server.saved.at / 1000));
            line(
                "rdb_last_bgsave_status",
                &if server.saved.well { "ok" } else { "err" },
            );
            line("rdb_saves", &server.saved.times);
            line("rdb_last_load_keys_expired", &server.saved.expired);
            line("rdb_last_load_keys_loaded", &server.saved.loaded);
            line("aof_enabled", &flag(server.aof.is_some()));
            line("aof_rewrite_in_progress", &0);
            line("aof_rewrite_scheduled", &0);
            line("aof_last_bgrewrite_status", &"ok");
            line(
                "aof_last_write_status",
                &if server.aof.as_ref().is_none_or(|aof| aof.well) {
                    "ok"
                } else {
                    "err"
                },
            );
            if let Some(aof) = &server.aof {
                line("aof_current_size", &aof.size);
                line("aof_base_size", &aof.base_size);
            }
        }
        "stats" => {
            let sum = |of: fn(&Db) -> u64| server.dbs.iter().map(of).sum::<u64>();
            line("total_connections_received", &server.stats.connections);
            line("total_commands_processed", &server.stats.commands);
            line("instantaneous_ops_per_sec", &server.stats.rate(server.now));
            line("total_net_input_bytes", &server.stats.input);
            line("total_net_output_bytes", &server.stats.output);
            line("rejected_connections", &server.stats.rejected);
            line("expired_keys", &sum(|db| db.expired));
            line("evicted_keys", &server.stats.evicted);
            line("keyspace_hits", &sum(|db| db.hits));
            line("keyspace_misses", &sum(|db| db.misses));
            line("pubsub_channels", &server.channels.len());
            line("pubsub_patterns", &server.patterns.len());
            line("total_error_replies", &server.stats.errors);
        }
        "replication" => {
            line("role", &"master");
            line("connected_slaves", &0);
            line("master_failover_state", &"no-failover");
            line("master_repl_offset", &0);
            line("second_repl_offset", &-1);
            line("repl_backlog_active", &0);
        }
        "cpu" => {
            let (user, system) = crate::server::cpu();
            line("used_cpu_sys", &format_args!("{system:.6}"));
            line("used_cpu_user", &format_args!("{user:.6}"));
        }
        "cluster" => line("cluster_enabled", &0),
        "keyspace" => {
            for number in 0..server.dbs.len() {
                let db = server.db(number);
                if db.len() > 0 {
                    let (keys, expires, ttl) = (db.len(), db.expiring(), db.mean_ttl());
                    line(
                        &format!("db{number}"),
                        &format_args!("keys={keys},expires={expires},avg_ttl={ttl},subexpiry=0"),
                    );
                }
            }
        }
        _ => {}
    }
    let title = match name {
        "cpu" => "CPU".to_owned(),
        name => format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..]),
    };
    let body: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("# {title}\r\n{body}")
}
