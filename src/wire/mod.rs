//! The JSON of the Engine API as serde types, one file per noun, in Docker's field order; and stream framing.
