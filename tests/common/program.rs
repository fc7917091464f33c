//! The program that black-box tests ask.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// That of this build, or the one that `NETSTORE_PROGRAM` names: a release's has to answer the same.
pub fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let own = || assert_cmd::cargo::cargo_bin!("kubectl-netstore").into();
        std::env::var_os("NETSTORE_PROGRAM").map_or_else(own, PathBuf::from)
    });
    &PROGRAM
}
