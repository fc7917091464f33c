//! The checks of a batch with what a container already has: a POSIX shell script, `probe.sh`, and what it says that it can do.
//!
//! It takes the words of a [`Batch`] and prints the lines of [`super::wire`], as `netstore-probe` does. A container that is there gets
//! it on the standard input of its own shell: a command is part of a URL, which proxies before an API server cut at 8 KiB, and which
//! ends up in audit logs. A container that is made for the batch has it in its command.

use std::collections::BTreeMap;

use super::check::Check;
use super::wire::Batch;

/// The script: what a shell gets on standard input.
pub const TEXT: &str = include_str!("probe.sh");

/// The first line and the last one of a survey.
const FRAME: [&str; 2] = ["netstore survey 1", "netstore survey end"];

/// Command to exec in any container that has a shell; it reads [`TEXT`] from standard input.
pub fn exec(batch: &Batch) -> Vec<String> {
    on_standard_input(batch.words())
}

/// Command to exec for a [`Survey`]; it reads [`TEXT`] from standard input.
pub fn survey_command() -> Vec<String> {
    on_standard_input(vec!["survey".to_owned()])
}

fn on_standard_input(words: Vec<String>) -> Vec<String> {
    ["sh", "-s", "--"].into_iter().map(str::to_owned).chain(words).collect()
}

/// How much a tool tells of why a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tells {
    /// Nothing: no tool here runs such a check.
    Nothing,
    /// That it fails, with less of why: *refused*, and by a reset only where no ICMP came meanwhile.
    Coarsely,
    /// All that the verdicts distinguish.
    All,
}

/// Which tool of a container tries what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    tools: BTreeMap<String, String>,
}

impl Survey {
    /// Reads what [`survey_command`] printed. Without its first and last line nothing is known to be there.
    pub fn read(stdout: &str) -> Self {
        let lines: Vec<&str> = stdout.lines().map(str::trim_end).collect();
        let [first, tools @ .., last] = lines.as_slice() else { return Self::default() };
        if [*first, *last] != FRAME {
            return Self::default();
        }
        let tools = tools.iter().filter_map(|line| line.split_once(' ')).filter(|(_, tool)| *tool != "none");
        Self { tools: tools.map(|(kind, tool)| (kind.to_owned(), tool.to_owned())).collect() }
    }

    /// Whether there is a tool for it.
    pub fn can(&self, check: &Check) -> bool {
        self.tells(check) > Tells::Nothing
    }

    /// The tool that runs it.
    pub fn tool(&self, check: &Check) -> Option<&str> {
        self.tools.get(kind(check)).map(String::as_str)
    }

    /// How much that tool tells.
    pub fn tells(&self, check: &Check) -> Tells {
        match self.tool(check) {
            None => Tells::Nothing,
            Some("netstore-probe" | "dig" | "nslookup") => Tells::All,
            Some(_) => Tells::Coarsely,
        }
    }
}

/// The word of a check that says what kind it is.
fn kind(check: &Check) -> &'static str {
    match check {
        Check::Tcp(_) => "tcp",
        Check::Udp(_) => "udp",
        Check::Sctp(_) => "sctp",
        Check::Http { tls: false, .. } => "http",
        Check::Http { tls: true, .. } => "https",
        Check::Name(_) => "name",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::check::To;

    #[test]
    fn a_survey_says_which_tool_tries_what_and_how_much_it_tells() {
        let survey = Survey::read("netstore survey 1\ntcp python3\nudp none\nhttp wget\nname dig\nnetstore survey end\n");
        let (web, name) = (To::new("web", 80), Check::Name("web".to_owned()));
        let http = Check::Http { tls: false, to: web.clone(), path: "/".to_owned() };
        let tells = [Check::Tcp(web.clone()), Check::Udp(web.clone()), Check::Sctp(web), http, name].map(|check| survey.tells(&check));
        assert_eq!(tells, [Tells::Coarsely, Tells::Nothing, Tells::Nothing, Tells::Coarsely, Tells::All]);
    }

    #[test]
    fn a_survey_that_was_cut_promises_nothing() {
        for cut in ["", "tcp bash\n", "netstore survey 1\ntcp bash\n", "tcp bash\nnetstore survey end\n", "netstore survey 1\n"] {
            assert_eq!(Survey::read(cut), Survey::default(), "{cut:?}");
        }
    }
}
