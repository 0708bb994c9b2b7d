//! The one program: the command line for people, and the engine when it is asked to be one.

fn main() {}
