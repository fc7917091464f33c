//! `netstore-probe NONCE AGREEING ATTEMPTS PATIENCE AT-ONCE DEADLINE CHECK…`: runs checks, prints a line for each.

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match netstore_probe::wire::Batch::from_words(&words).and_then(|batch| netstore_probe::run::run(batch).map_err(|e| e.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("netstore-probe: {error}");
            ExitCode::from(2)
        }
    }
}
