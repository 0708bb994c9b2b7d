//! The verbs of the engine, without HTTP and without a terminal.
