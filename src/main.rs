//! `kubectl-netstore`, the binary: everything is in the library, so that tests can reach it.

use std::process::ExitCode;

// The allocators of the C libraries make decoding of large lists take half as long again, and on musl three times as long.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    netstore::cli::run(std::env::args_os().collect()).into()
}
