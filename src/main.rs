//! `kubectl-netstore`, the binary: everything is in the library, so that tests can reach it.

use std::process::ExitCode;

// musl's own allocator makes decoding of large lists two to three times slower.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    netstore::cli::run(std::env::args_os().collect()).into()
}
