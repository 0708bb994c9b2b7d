//! The services on `POST /grpc`: `Control`, and the gateway for clients that drive a build themselves, as buildx does.

use super::caches;
use super::messages::control::{
    InfoResponse, ListWorkersResponse, Platform, SolveRequest, SolveResponse, StatusRequest,
    Version, Worker,
};
use super::messages::gateway::{
    Cap, FrontendRequest, FrontendResponse, Outcome, PongResponse, Ref, ReturnRequest,
};
use super::solve::no_graphs;
use crate::server::Shared;
use crate::server::grpc::message::frame;
use crate::server::grpc::serve::{Answer, Called, many, one, unknown};
use crate::server::grpc::status::{Code, Status};
use bytes::Bytes;
use futures_util::stream;
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use std::collections::HashMap;
use std::sync::Arc;

/// Names the build that a call of the gateway is about.
const BUILD: &str = "buildkit-controlapi-buildid";
/// Tells clients how far their clock is from ours.
const NOW: &str = "buildkit-current-timestamp";
/// The name of the one worker: the engine itself.
const WORKER: &str = "schooner";
/// What the gateway can do, by BuildKit's names: clients leave the rest.
const CAPS: [&str; 4] = ["solve.base", "return", "proto.refarray", "frontend.caps"];

/// Answers one call.
pub async fn answer(shared: Arc<Shared>, mut called: Called) -> Answer {
    let path = called.path.clone();
    let Some((service, method)) = path.trim_start_matches('/').split_once('/') else {
        return unknown(&path);
    };
    match (service, method) {
        ("moby.buildkit.v1.Control", "Info") => one(Ok(InfoResponse {
            version: Some(version()),
        })),
        ("moby.buildkit.v1.Control", "ListWorkers") => one(Ok(ListWorkersResponse {
            records: vec![worker()],
        })),
        ("moby.buildkit.v1.Control", "DiskUsage") => one(caches::usage(&shared.engine).await),
        ("moby.buildkit.v1.Control", "Prune") => match prune(&shared, called).await {
            Ok(gone) => many(stream::iter(gone), current()),
            Err(status) => one::<()>(Err(status)),
        },
        ("moby.buildkit.v1.Control", "ListenBuildHistory") => many(stream::empty(), current()),
        ("moby.buildkit.v1.Control", "Status") => match called.messages.only().await {
            Ok(StatusRequest { reference }) => {
                let build = shared.buildkit.build(&reference);
                many(build.told(), current())
            }
            Err(status) => one::<()>(Err(status)),
        },
        ("moby.buildkit.v1.Control", "Solve") => one(solve(&shared, called).await),
        ("moby.buildkit.v1.frontend.LLBBridge", "Ping") => one(Ok(PongResponse {
            frontend_caps: CAPS.map(cap).to_vec(),
            llb_caps: Vec::new(),
            workers: vec![worker()],
        })),
        ("moby.buildkit.v1.frontend.LLBBridge", "Solve") => one(frontend(&shared, called).await),
        ("moby.buildkit.v1.frontend.LLBBridge", "Return") => one(returned(&shared, called).await),
        // Traces of the client; nobody here collects them.
        ("opentelemetry.proto.collector.trace.v1.TraceService", "Export") => one(Ok(())),
        ("grpc.health.v1.Health", "Check") => one(Ok(Healthy { status: 1 })),
        _ => unknown(&path),
    }
}

/// `grpc.health.v1.HealthCheckResponse`; 1 is serving.
#[derive(Clone, PartialEq, prost::Message)]
struct Healthy {
    #[prost(int32, tag = "1")]
    status: i32,
}

async fn prune(shared: &Shared, mut called: Called) -> Result<Vec<Bytes>, Status> {
    let request = called.messages.only().await?;
    let gone = caches::prune(&shared.engine, request).await?;
    Ok(gone.iter().map(frame).collect())
}

async fn solve(shared: &Shared, mut called: Called) -> Result<SolveResponse, Status> {
    let request: SolveRequest = called.messages.only().await?;
    let exporter = shared.buildkit.solve(&shared.engine, request).await?;
    Ok(SolveResponse { exporter })
}

/// The client wants a Dockerfile read. It is built when the client returns what it got for it.
async fn frontend(shared: &Shared, mut called: Called) -> Result<FrontendResponse, Status> {
    let build = shared.buildkit.build(&build_of(&called.metadata)?);
    let request: FrontendRequest = called.messages.only().await?;
    if request.definition.is_some() || request.frontend.is_empty() {
        return Err(no_graphs());
    }
    let kit = &shared.buildkit;
    kit.prepare(&build, &request.frontend, &request.options)
        .await?;
    let id = crate::base::id::random();
    Ok(FrontendResponse {
        result: Some(Outcome {
            reference: Some(Ref { id }),
        }),
    })
}

/// The client has an outcome: what it got from the frontend, nothing, or an error, which is then that of the build.
async fn returned(shared: &Shared, mut called: Called) -> Result<(), Status> {
    let build = shared.buildkit.build(&build_of(&called.metadata)?);
    let request: ReturnRequest = called.messages.only().await?;
    // One that comes before its build would be forgotten with it.
    build.session().await;
    let some = request.result.and_then(|result| result.reference);
    build.returned.send_replace(Some(match request.error {
        Some(status) => Err(status),
        None => Ok(some.is_some_and(|reference| !reference.id.is_empty())),
    }));
    Ok(())
}

fn build_of(metadata: &HeaderMap) -> Result<String, Status> {
    let name = metadata.get(BUILD).and_then(|v| v.to_str().ok());
    let missing = || Status::new(Code::InvalidArgument, "no buildid found in context");
    name.map(str::to_owned).ok_or_else(missing)
}

fn cap(id: &str) -> Cap {
    Cap {
        id: id.to_owned(),
        enabled: true,
    }
}

/// The one that builds: the engine itself.
fn worker() -> Worker {
    Worker {
        id: WORKER.to_owned(),
        labels: HashMap::new(),
        platforms: vec![Platform {
            architecture: "wasm".to_owned(),
            os: "wasi".to_owned(),
        }],
        version: Some(version()),
    }
}

fn version() -> Version {
    Version {
        package: "schooner".to_owned(),
        version: concat!("v", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

fn current() -> HeaderMap {
    let mut metadata = HeaderMap::new();
    let now = crate::engine::Timestamp(crate::base::time::now()).rfc3339();
    if let Ok(now) = HeaderValue::from_str(&now) {
        metadata.insert(HeaderName::from_static(NOW), now);
    }
    metadata
}
