//! What the system and a parser say, in words that users of kubectl know: no types and numbers of Rust, and nothing of what a file holds.

use std::io;

use serde_saphyr::{Error, UserMessageFormatter};

/// As Go words it: `no such file or directory`.
pub fn of_io(error: &io::Error) -> String {
    let text = error.to_string();
    // What stands behind it is the number of the error, and sometimes the name of a temporary file.
    let text = text.split(" (os error ").next().unwrap_or_default();
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

/// Without its own counting of lines.
pub fn of_yaml(error: &Error) -> String {
    match error.without_snippet() {
        Error::AliasError { error, .. } => of_yaml(error),
        Error::Budget { .. } => "it, or what its aliases stand for, is too large".to_owned(),
        error => {
            let mut text = error.render_with_formatter(&UserMessageFormatter);
            if let Some((head, _)) = text.split_once(" at line ") {
                text.truncate(head.len());
            }
            // The parser speaks of its events.
            text.replace("expected mapping start", "expected a map").replace("expected sequence start", "expected a list")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_errors_and_temporary_files_are_left_out() {
        let words = |text: &str| of_io(&io::Error::other(text.to_owned()));
        assert_eq!(words("No such file or directory (os error 2) at path \"/x/.tmpQ\""), "no such file or directory");
        assert_eq!(words("I/O error"), "I/O error");
        assert_eq!(of_io(&io::Error::from_raw_os_error(13)), "permission denied");
    }

    #[test]
    fn a_parser_shows_nothing_of_the_file() {
        let error = serde_saphyr::from_str::<Vec<String>>("token: hunter2\nuser: [").expect_err("no list");
        assert!(!of_yaml(&error).contains("hunter2"), "{}", of_yaml(&error));
    }
}
