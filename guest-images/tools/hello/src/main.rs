//! `hello`: what the hello-world image says. Ends quietly when nobody listens.

use std::io::Write;

const TEXT: &str = "
Hello from Schooner!
This message shows that your installation appears to be working correctly.

To print it, four things happened:
 1. The schooner client asked the engine to run a container.
 2. The engine took the \"hello-world\" image from its catalogue (other images
    come from a registry, such as Docker Hub).
 3. The engine made a new container from that image. In it runs a WebAssembly
    program, which is writing the text you are reading.
 4. The engine sent the text to the client, and the client to your terminal.

For something with more to explore, run an Alpine container:
 $ schooner run -it alpine sh

Lessons that begin here:
 $ schooner learn

";

fn main() {
    // A closed pipe is the reader's wish, not a failure.
    let _ = std::io::stdout().write_all(TEXT.as_bytes());
}
