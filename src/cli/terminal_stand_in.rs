//! Stand-in until the renderers are merged.

use std::fmt;
use std::str::FromStr;

/// What `-o` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The answer in words and a table.
    Table,
    /// The same with more columns and nothing folded up.
    Wide,
    /// The report.
    Json,
    /// The report.
    Yaml,
    /// `pod/x` lines that kubectl accepts.
    Name,
    /// Comma-separated values with a header line.
    Csv,
    /// A Markdown table.
    Markdown,
    /// A Graphviz graph.
    Dot,
    /// A Mermaid flow chart.
    Mermaid,
}

impl Format {
    /// Every format, in the order help lists them.
    pub const ALL: [Self; 9] =
        [Self::Table, Self::Wide, Self::Json, Self::Yaml, Self::Name, Self::Csv, Self::Markdown, Self::Dot, Self::Mermaid];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Wide => "wide",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Name => "name",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Dot => "dot",
            Self::Mermaid => "mermaid",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown output format {0:?}")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        let known = Self::ALL.into_iter().find(|f| f.name() == word);
        known.or((word == "markdown").then_some(Self::Markdown)).ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}
