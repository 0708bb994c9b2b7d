//! A larger stack for the guest: recursion of shell functions is recursion here. 2 MiB is where the engine's own limit is
//! reached as well (some 400 calls), and each clone looks through all of it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("wasi") {
        println!("cargo::rustc-link-arg-bins=-zstack-size=2097152");
    }
}
