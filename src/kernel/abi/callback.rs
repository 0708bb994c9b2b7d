//! WASIX's way of handling signals: an export of the program that is called with the signal's number.
//!
//! It is called when a call that may wait returns, never in the middle of the program's own code. Programs of the `schooner`
//! module have none and ask with `sigcaught`.

use super::guest::{Guest, process};
use wasmtime::Result;

/// Calls the registered export once for each caught signal. A trap in it ends the program as any other.
pub async fn deliver(guest: &mut Guest<'_>) -> Result<()> {
    let Some(name) = guest.data().callback.clone() else {
        return Ok(());
    };
    let mut caught = process(guest).signals.take_caught();
    if caught.is_empty() {
        return Ok(());
    }
    let export = guest
        .get_export(&name)
        .and_then(wasmtime::Extern::into_func);
    let Some(export) = export else { return Ok(()) };
    let handler = export.typed::<i32, ()>(&*guest)?;
    while let Some(signal) = caught.first() {
        caught.remove(signal);
        handler.call_async(&mut *guest, signal.number()).await?;
    }
    Ok(())
}
