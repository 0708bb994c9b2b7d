//! BuildKit's front door, spoken to in its own protocol.

use crate::client::shell;
use crate::grpc::{Calls, Exporter, Files, Solve, Solved, Status, session};
use crate::support::World;
use prost::Message;
use std::collections::HashMap;

const CONTROL: &str = "moby.buildkit.v1.Control";
const GATEWAY: &str = "moby.buildkit.v1.frontend.LLBBridge";

/// What is said of a step: its name, and how it went.
fn steps(told: &[Status]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for vertex in told.iter().flat_map(|status| &status.vertexes) {
        let how = match (vertex.cached, vertex.error.as_str()) {
            (true, _) => "cached".to_owned(),
            (false, error) => error.to_owned(),
        };
        match all.iter_mut().find(|(name, _)| *name == vertex.name) {
            Some(known) => known.1 = how,
            None => all.push((vertex.name.clone(), how)),
        }
    }
    all
}

pub fn names(told: &[Status]) -> Vec<String> {
    steps(told).into_iter().map(|(name, _)| name).collect()
}

/// What the steps wrote on one of their outputs.
pub fn logged(told: &[Status], stream: i64) -> String {
    let logs = told.iter().flat_map(|status| &status.logs);
    let own = logs.filter(|log| log.stream == stream);
    let bytes: Vec<u8> = own.flat_map(|log| log.message.clone()).collect();
    String::from_utf8(bytes).expect("text")
}

fn files(dockerfile: &'static str) -> Files {
    Files::from([
        (("dockerfile", "Dockerfile"), dockerfile.as_bytes()),
        (("context", "a.txt"), b"from the context\n".as_slice()),
        (("context", "never.txt"), b"not asked for\n".as_slice()),
    ])
}

fn request(name: &str, image: &str) -> Solve {
    Solve {
        reference: name.to_owned(),
        session: name.to_owned(),
        exporters: vec![Exporter {
            kind: "moby".to_owned(),
            attrs: HashMap::from([("name".to_owned(), image.to_owned())]),
        }],
        ..Solve::default()
    }
}

/// Builds as a client that leaves the Dockerfile to the engine: the outcome, and all that was told meanwhile.
pub async fn solved(
    world: &World,
    name: &str,
    files: Files,
) -> (Result<Solved, String>, Vec<Status>) {
    solved_with(world, name, files, &[]).await
}

/// Likewise, with more that the frontend is told.
pub async fn solved_with(
    world: &World,
    name: &str,
    files: Files,
    attrs: &[(&str, &str)],
) -> (Result<Solved, String>, Vec<Status>) {
    session(world, name, files).await;
    let calls = Calls::open(world).await;
    let attrs = attrs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let who = ("build-arg:WHO".to_owned(), "you".to_owned());
    let solve = Solve {
        frontend: "dockerfile.v0".to_owned(),
        attrs: attrs.chain([who]).collect(),
        ..request(name, "made:1")
    };
    let ask = Ask {
        reference: name.to_owned(),
    };
    let (watch, build) = (format!("{CONTROL}/Status"), format!("{CONTROL}/Solve"));
    let (told, answer) = tokio::join!(
        calls.call(&watch, None, &ask),
        calls.call(&build, None, &solve)
    );
    assert!(told.metadata.contains_key("buildkit-current-timestamp"));
    let outcome = match answer.error {
        Some(error) => Err(error),
        None => Ok(answer.only()),
    };
    (outcome, told.all())
}

const DOCKERFILE: &str = "FROM alpine AS unused
RUN exit 1
FROM alpine
ARG WHO
ENV A=b
COPY a.txt /
RUN cat a.txt; echo for $WHO; echo loud >&2
CMD [\"cat\", \"/a.txt\"]
";

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_solved_with_the_clients_files_and_told_in_buildkits_steps() {
    let world = World::new();
    let (first, told) = solved(&world, "one", files(DOCKERFILE)).await;
    let response = first.expect("an image").exporter;
    assert_eq!(response["image.name"], "docker.io/library/made:1");
    assert_eq!(
        response["containerimage.digest"],
        response["containerimage.config.digest"]
    );
    assert_eq!(
        names(&told),
        [
            "[internal] load build definition from Dockerfile",
            "[internal] load .dockerignore",
            "[internal] load metadata for docker.io/library/alpine:latest",
            "[stage-1 1/3] FROM docker.io/library/alpine:latest",
            "[internal] load build context",
            "[stage-1 2/3] COPY a.txt /",
            "[stage-1 3/3] RUN cat a.txt; echo for you; echo loud >&2",
            "exporting to image",
        ]
    );
    assert_eq!(logged(&told, 1), "from the context\nfor you\n");
    assert_eq!(logged(&told, 2), "loud\n");
    assert_eq!(world.ok(&["run", "--rm", "made:1"]), "from the context\n");
    assert_eq!(shell(&world, "made:1", "ls / | grep -c never; true"), "0\n");
    let history = world.ok(&[
        "history",
        "--no-trunc",
        "--format",
        "{{.CreatedBy}} {{.Comment}}",
        "made:1",
    ]);
    let history: Vec<&str> = history.lines().take(4).collect();
    assert_eq!(
        history,
        [
            "CMD [\"cat\" \"/a.txt\"] buildkit.dockerfile.v0",
            "RUN |1 WHO=you /bin/sh -c cat a.txt; echo for $WHO; echo loud >&2 # buildkit buildkit.dockerfile.v0",
            "COPY a.txt / # buildkit buildkit.dockerfile.v0",
            "ENV A=b buildkit.dockerfile.v0",
        ]
    );

    let (again, told) = solved(&world, "two", files(DOCKERFILE)).await;
    assert_eq!(again.expect("an image").exporter, response);
    let cached: Vec<(String, String)> = steps(&told)
        .into_iter()
        .filter(|(_, how)| how == "cached")
        .collect();
    assert_eq!(cached.len(), 3, "{cached:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_says_why_in_buildkits_words() {
    let world = World::new();
    for (name, dockerfile, expected) in [
        (
            "run",
            "FROM alpine\nRUN echo no; exit 3\n",
            "process \"/bin/sh -c echo no; exit 3\" did not complete successfully: exit code: 3",
        ),
        (
            "parse",
            "FROM alpine\nRUNN x\n",
            "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)",
        ),
        ("empty", "", "the Dockerfile cannot be empty"),
    ] {
        let (outcome, _) = solved(&world, name, files(dockerfile)).await;
        assert_eq!(outcome.unwrap_err(), expected);
    }
    let (outcome, told) = solved(&world, "copy", files("FROM alpine\nCOPY nope /x\n")).await;
    let error = outcome.unwrap_err();
    assert!(
        error.starts_with("failed to compute cache key: failed to calculate checksum of ref "),
        "{error}"
    );
    assert!(error.ends_with(": \"/nope\": not found"), "{error}");
    let (_, how) = steps(&told).pop().expect("a step");
    assert!(
        error.ends_with(&how) && how.starts_with("failed to calculate"),
        "{how}"
    );
    let (outcome, _) = solved(&world, "none", Files::new()).await;
    assert_eq!(
        outcome.unwrap_err(),
        "failed to read dockerfile: open Dockerfile: no such file or directory"
    );
}

/// `StatusRequest`.
#[derive(Clone, PartialEq, Message)]
struct Ask {
    #[prost(string, tag = "1")]
    reference: String,
}

/// `SolveRequest` of the gateway.
#[derive(Clone, PartialEq, Message)]
struct Frontend {
    #[prost(string, tag = "2")]
    frontend: String,
}

/// The answer, and what a client returns: a result around a reference around its id.
#[derive(Clone, PartialEq, Message)]
struct Found {
    #[prost(bytes = "vec", tag = "3")]
    result: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Return {
    #[prost(bytes = "vec", optional, tag = "1")]
    result: Option<Vec<u8>>,
    #[prost(message, optional, tag = "2")]
    error: Option<Reason>,
}

#[derive(Clone, PartialEq, Message)]
struct Reason {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_drives_the_build_itself_gets_the_image_or_its_own_error() {
    let world = World::new();
    session(&world, "s", files("FROM scratch\nCOPY a.txt /\n")).await;
    let calls = Calls::open(&world).await;
    for path in ["Info", "ListWorkers", "DiskUsage"] {
        let answer = calls.call(&format!("{CONTROL}/{path}"), None, &()).await;
        assert_eq!((answer.error, answer.messages.len()), (None, 1), "{path}");
    }
    let build = async |name: &str| {
        let solve = Solve {
            session: "s".to_owned(),
            ..request(name, "driven")
        };
        calls.call(&format!("{CONTROL}/Solve"), None, &solve).await
    };
    let drive = async || {
        let ask = |path: &str| format!("{GATEWAY}/{path}");
        assert_eq!(calls.call(&ask("Ping"), Some("g"), &()).await.error, None);
        let frontend = Frontend {
            frontend: "dockerfile.v0".to_owned(),
        };
        let found: Found = calls.call(&ask("Solve"), Some("g"), &frontend).await.only();
        let back = Return {
            result: Some(found.result),
            error: None,
        };
        assert_eq!(
            calls.call(&ask("Return"), Some("g"), &back).await.error,
            None
        );
    };
    let (answer, ()) = tokio::join!(build("g"), drive());
    let solved: Solved = answer.only();
    assert_eq!(solved.exporter["image.name"], "docker.io/library/driven");
    let layers = world.ok(&["image", "inspect", "-f", "{{len .RootFS.Layers}}", "driven"]);
    assert_eq!(layers, "1\n");

    // A quick build can be over before the client asks how it goes.
    let ask = Ask {
        reference: "g".to_owned(),
    };
    let late = calls.call(&format!("{CONTROL}/Status"), None, &ask).await;
    let last = names(&late.all()).pop();
    assert_eq!(last.as_deref(), Some("exporting to image"));

    let refuse = async || {
        let error = Some(Reason {
            code: 2,
            message: "not today".to_owned(),
        });
        let back = Return {
            result: None,
            error,
        };
        calls
            .call(&format!("{GATEWAY}/Return"), Some("h"), &back)
            .await
    };
    let (answer, _) = tokio::join!(build("h"), refuse());
    assert_eq!(answer.error.as_deref(), Some("not today"));

    let answer = calls
        .call("moby.buildkit.v1.Control/Nosuch", None, &())
        .await;
    assert_eq!(
        answer.error.as_deref(),
        Some("unknown method /moby.buildkit.v1.Control/Nosuch")
    );
}
