//! The engine, asked through its socket where that is mounted: one request on a connection of its own.

use schooner_sys::{Errno, O_RDWR};
use serde_json::Value;

/// Where the socket is mounted, unless `DOCKER_HOST` says otherwise.
const SOCKET: &str = "/var/run/docker.sock";
/// The version of the API that is spoken; every list in it is as old as that.
const VERSION: &str = "/v1.24";

/// Asks; status and JSON. The `Err` says why there was no answer.
pub fn ask(method: &str, path: &str) -> Result<(u16, Value), String> {
    let named = std::env::var("DOCKER_HOST").unwrap_or_default();
    let socket = named.strip_prefix("unix://").unwrap_or(SOCKET);
    // Opening the engine's socket file is connecting to it.
    let fd = schooner_sys::open(socket, O_RDWR, 0).map_err(|errno| {
        format!(
            "cannot connect to the engine at unix://{socket}: {}",
            errno.words().to_lowercase()
        )
    })?;
    let request =
        format!("{method} {VERSION}{path} HTTP/1.0\r\nHost: docker\r\nUser-Agent: ryuk\r\n\r\n");
    let answer = schooner_sys::write_all(fd, request.as_bytes()).and_then(|()| all(fd));
    // Nothing is left to be done about a failure.
    let _ = schooner_sys::close(fd);
    let answer = answer.map_err(|errno| format!("the engine: {}", errno.words().to_lowercase()))?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| "the engine's answer is no HTTP".to_owned())?;
    Ok((status, serde_json::from_str(body).unwrap_or_default()))
}

fn all(fd: i32) -> Result<Vec<u8>, Errno> {
    let mut answer = Vec::new();
    let mut buffer = vec![0; 16 << 10];
    loop {
        match schooner_sys::read(fd, &mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// A text as part of a path or query.
pub fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte.into())
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
