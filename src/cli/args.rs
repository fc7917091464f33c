//! The command line as typed: global flags, and the command behind them.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser};

use super::complete;
use super::connection::ConnectionOptions;
use crate::commands::Command;
use crate::policy::Cni;
use crate::report::view::Format;

/// Answers what a cluster leaves open: who reaches a pod, why a claim is pending
#[derive(Debug, Parser)]
#[command(
    name = "netstore",
    version,
    disable_version_flag = true,
    subcommand_value_name = "COMMAND",
    subcommand_help_heading = "Commands",
    after_help = "Examples: kubectl netstore COMMAND -h. Flags of all: kubectl netstore options."
)]
pub struct Cli {
    /// Print the version
    #[arg(long, action = clap::ArgAction::Version)]
    version: Option<bool>,
    /// Flags every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// The question.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags every command takes, before or after its name.
#[derive(Debug, Clone, Args)]
pub struct Globals {
    /// Which objects are meant, and where they are read.
    #[command(flatten)]
    pub selection: SelectionOptions,
    /// How the answer is written.
    #[command(flatten)]
    pub output: OutputOptions,
    /// Which cluster.
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

/// Which objects are meant, and where they are read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectionOptions {
    /// Namespace of what is named [default: the context's]
    #[arg(short, long, global = true, value_name = "NAME", add = complete::namespaces())]
    pub namespace: Option<String>,
    /// All namespaces, whatever --namespace says
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// Pods (or claims) with these labels, as in kubectl: `app=web,tier in (a,b),!old`
    #[arg(short = 'l', long, global = true, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Answer from manifests instead of a cluster: files, folders, `-` for standard input
    #[arg(short = 'f', long, global = true, value_name = "FILE|DIR|-", value_hint = clap::ValueHint::AnyPath)]
    pub filename: Vec<PathBuf>,
    /// With -f DIR: folders inside it, too
    #[arg(short = 'R', long, global = true)]
    pub recursive: bool,
    /// Answer from a recorded cluster (see `snapshot`)
    #[arg(long, global = true, value_name = "SNAPSHOT", value_hint = clap::ValueHint::AnyPath)]
    pub from: Option<PathBuf>,
    /// Network plugin whose reading of policies counts [default: the one the cluster shows, else upstream]
    ///
    /// Plugins differ in what an ipBlock means for pods, and some enforce nothing. `upstream` is the reading of
    /// Kubernetes' own tests, `spec` leaves open what the API's text leaves open
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true, value_parser = PossibleValuesParser::new(Cni::NAMES.map(|(name, _)| name)))]
    pub cni: Option<String>,
}

/// How the answer is written.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputOptions {
    /// Format of the answer
    #[arg(short = 'o', long, global = true, value_name = "FORMAT", value_parser = formats())]
    pub output: Option<Format>,
    /// Tables without their header line
    #[arg(long, global = true)]
    pub no_headers: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_short_help = true)]
    pub color: ColorChoice,
}

/// Reads `-o`.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse::<Format>())
}
