//! What stands behind `cargo test --test truth --`.

/// The options, read from the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Of everything that is drawn.
    pub seed: u64,
    /// How many policy sets the reach suite tries.
    pub sets: usize,
    /// The only suites that run; empty for all.
    pub only: Vec<String>,
    /// The only policy set that runs: a disagreement again.
    pub set: Option<usize>,
    /// Only what needs no cluster: the suite proves itself.
    pub selftest: bool,
    /// Leave pods and policies where they are, to look at them.
    pub keep: bool,
}

/// The suites, in their order.
const SUITES: [&str; 9] = ["itself", "reach", "tiers", "probes", "services", "names", "lookups", "storage", "cleanup"];

/// What `--help` prints.
pub const HELP: &str = "\
netstore's verdicts against packets on a real cluster, whose state folder is $NETSTORE_STATE

  cargo test --test truth -- [OPTIONS]

  --seed N        draw other policy sets (default 1)
  --sets N        how many of them (default 150), a sixth as many for each kind of tiers, a third more for probes
  --only SUITE    itself, reach, tiers, probes, services, names, lookups, storage or cleanup; may be repeated
  --set K         policy set K of the seed only
  --selftest      only what needs no cluster
  --keep          leave the suites' namespaces and the last policy set in the cluster
";

impl Options {
    /// Reads arguments; what cargo itself may add for a test harness is let through.
    pub fn read(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { seed: 1, sets: 150, only: Vec::new(), set: None, selftest: false, keep: false };
        let mut args = args;
        while let Some(arg) = args.next() {
            let (name, mut given) = match arg.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (arg, None),
            };
            let mut value = || given.take().or_else(|| args.next()).ok_or_else(|| format!("{name} needs a value"));
            let number = |text: String| text.parse::<usize>().map_err(|_| format!("{name} needs a number, not {text}"));
            match name.as_str() {
                "--seed" => options.seed = value()?.parse().map_err(|_| "--seed needs a number".to_owned())?,
                "--sets" => options.sets = value().and_then(number)?,
                "--set" => options.set = Some(value().and_then(number)?),
                "--only" => options.only.push(value()?),
                "--selftest" => options.selftest = true,
                "--keep" => options.keep = true,
                "--quiet" | "-q" | "--nocapture" => {}
                _ => return Err(format!("unknown argument {name}\n\n{HELP}")),
            }
        }
        let unknown = options.only.iter().find(|name| !SUITES.contains(&name.as_str()));
        match unknown {
            Some(name) => Err(format!("no suite {name}\n\n{HELP}")),
            None => Ok(options),
        }
    }

    /// Whether a suite is to run.
    pub fn wants(&self, suite: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == suite)
    }
}
