//! The traits and types of WASI 0.2 as wasmtime's macro makes them from the published interfaces in `wit/`.
//!
//! Streams and pollables are wasmtime-wasi's, which are made to be filled with other implementations; everything else is ours.

wasmtime::component::bindgen!({
    path: "src/kernel/abi/component/wit",
    world: "schooner:kernel/program",
    imports: {
        // Opening waits for the other side of a FIFO.
        "wasi:filesystem/types.[method]descriptor.open-at": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    trappable_error_type: {
        "wasi:filesystem/types.error-code" => super::filesystem::Failure,
    },
    with: {
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:filesystem/types.descriptor": super::filesystem::Descriptor,
        "wasi:filesystem/types.directory-entry-stream": super::filesystem::Listing,
        "wasi:cli/terminal-input.terminal-input": super::cli::Terminal,
        "wasi:cli/terminal-output.terminal-output": super::cli::Terminal,
    },
});
