//! The state folder's schema number: raised when older programs could not read what newer ones write.

use super::disk::Disk;
use super::error::{Error, Result};
use super::records::{Commit, Records, Table};
use serde::{Deserialize, Serialize};

/// What this program writes.
pub const SCHEMA: u64 = 1;

const KEY: &str = "schema";

#[derive(Serialize, Deserialize)]
struct Schema {
    number: u64,
    /// Version of the program that wrote the number, for people who look.
    written_by: String,
}

/// Notes the number in a new folder; refuses a folder of a newer program.
pub(super) fn settle(disk: &dyn Disk, records: &Records) -> Result<()> {
    match records.get::<Schema>(Table::Meta, KEY)? {
        Some(schema) if schema.number > SCHEMA => Err(Error::Newer {
            dir: disk.describe(),
            found: schema.number,
            known: SCHEMA,
        }),
        Some(_) => Ok(()),
        None => {
            let schema = Schema {
                number: SCHEMA,
                written_by: env!("CARGO_PKG_VERSION").to_owned(),
            };
            records.put(Commit::Durable, Table::Meta, KEY, &schema)
        }
    }
}
