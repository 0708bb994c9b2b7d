//! `DiskUsage` and `Prune` of the control service: the caches of `RUN --mount=type=cache`, which are all that is kept beside images.

use super::messages::caches::{DiskUsageResponse, PruneRequest, UsageRecord};
use super::messages::control::Timestamp;
use crate::engine::{self, Engine, Filters};
use crate::server::grpc::status::{Code, Status};
use crate::wire::BuildCache;

/// The keys of filters that both of Docker's ways to name them have.
const KEYS: [&str; 3] = ["id", "type", "description"];

/// What there is.
pub async fn usage(engine: &Engine) -> Result<DiskUsageResponse, Status> {
    let all = engine.build_caches().await.map_err(unknown)?;
    Ok(DiskUsageResponse {
        records: all.into_iter().map(record).collect(),
    })
}

/// Removes some of it, and says what.
pub async fn prune(engine: &Engine, request: PruneRequest) -> Result<Vec<UsageRecord>, Status> {
    let before = engine.build_caches().await.map_err(unknown)?;
    let mut filters = Filters::default();
    for text in &request.filter {
        // Several may stand in one, and each is a key, how it is compared, and a value.
        for one in text.split(',') {
            let (key, value) = one
                .split_once("==")
                .or(one.split_once("~="))
                .unwrap_or((one, ""));
            if KEYS.contains(&key) {
                filters = filters.with(key, value);
            }
        }
    }
    if request.keep_duration > 0 {
        filters = filters.with("until", &format!("{}ns", request.keep_duration));
    }
    let keep = u64::try_from(request.reserved).unwrap_or_default();
    let pruned = engine.build_prune(&filters, keep).await.map_err(unknown)?;
    let gone = pruned.caches_deleted.unwrap_or_default();
    let gone = before.into_iter().filter(|cache| gone.contains(&cache.id));
    Ok(gone.map(record).collect())
}

fn record(cache: BuildCache) -> UsageRecord {
    UsageRecord {
        mutable: true,
        created: moment(&cache.created_at),
        last_used: cache.last_used_at.as_deref().and_then(moment),
        id: cache.id,
        in_use: cache.in_use,
        size: cache.size,
        uses: cache.usage_count,
        description: cache.description,
        kind: cache.kind,
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    let engine::Timestamp(nanos) = engine::Timestamp::parse_rfc3339(text)?;
    Some(Timestamp {
        seconds: nanos.div_euclid(1_000_000_000),
        nanos: i32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or_default(),
    })
}

fn unknown(e: engine::Error) -> Status {
    Status::new(Code::Unknown, e.message)
}
