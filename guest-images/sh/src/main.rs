//! `sh`, `ash`, `bash`: the name that the program was started by decides which.

fn main() {
    schooner_sh::sys::start();
    let status = schooner_sh::startup::run(std::env::args().collect());
    schooner_sh::sys::exit(status & 0xff)
}
