//! A clone, a pipe and a wait: the smallest program that uses the system calls.
use schooner_sys as sys;

fn main() -> Result<(), sys::Errno> {
    sys::start();
    let (reader, writer) = sys::pipe()?;
    let child =
        sys::clone_with(|| sys::write_all(writer, b"hello from a clone\n").map_or(1, |()| 0))?;
    sys::close(writer)?;
    let mut buffer = [0; 64];
    let len = sys::read(reader, &mut buffer)?;
    sys::write_all(1, &buffer[..len])?;
    std::process::exit(sys::wait(child)?.shell_status())
}
