//! What is to be said of a lookup beside its answer, and what to change.

use serde_json::json;

use super::answer::Case;
use super::findings::pod as kinds;
use super::lookup::{Answerer, Asked, End, Lookup};
use super::owner::{self, Change};
use super::record::Rcode;
use super::resolv::{Entry, Fallback};
use super::search::{MUSL_LINE, Outcome, Resolver};
use super::server::Expected;
use super::words;
use crate::objects::{DnsPolicy, Workload, WorkloadKind};
use crate::report::dns::SimilarName;
use crate::report::{Confidence, Finding, ObjectRef};

/// Names that are asked for in vain before it is worth a word.
const WASTED: usize = 2;
/// Characters that the kubelet lets a full name of a pod have.
const FULL_NAME: usize = 64;

/// All of it.
pub(super) fn findings(case: &Case<'_, '_>, lookups: &[Lookup<'_>], similar: &[SimilarName]) -> Vec<Finding> {
    let advice = Advice { case, lookups };
    let mut findings = Vec::new();
    findings.extend(advice.host_network());
    findings.extend(advice.other_servers());
    // A name that is none would be asked for in vain in any order.
    if similar.is_empty() {
        findings.extend(advice.amplification());
    }
    findings.extend(advice.empty_answer());
    findings.extend(advice.long_line());
    findings.extend(advice.never_searched());
    findings.extend(similar.first().map(|similar| advice.similar(similar)));
    findings.extend(advice.cut());
    findings.extend(advice.leaves_cluster(similar));
    findings.extend(advice.long_hostname());
    findings
}

struct Advice<'c, 'q, 'a> {
    case: &'c Case<'q, 'a>,
    lookups: &'c [Lookup<'c>],
}

impl Advice<'_, '_, '_> {
    fn name(&self) -> &str {
        &self.case.question.name
    }

    /// What findings are about: the pod, or the workload whose template it is.
    fn subject(&self) -> ObjectRef {
        let subject = &self.case.question.subject;
        match subject.is_template {
            true => subject.object.clone(),
            false => ObjectRef::new("Pod", &subject.pod.metadata.namespace, &subject.pod.metadata.name),
        }
    }

    /// The path of a field of the pod's spec in the subject.
    fn field(&self, field: &str) -> String {
        let subject = &self.case.question.subject;
        match (subject.is_template, subject.object.kind.as_str()) {
            (false, _) => format!("spec.{field}"),
            (true, kind) if kind == WorkloadKind::CronJob.name() => format!("spec.jobTemplate.spec.template.spec.{field}"),
            (true, _) => format!("spec.template.spec.{field}"),
        }
    }

    /// What changes a part of the pod's spec.
    fn change(&self, what: &str, spec: &serde_json::Value) -> Change {
        let subject = &self.case.question.subject;
        let ObjectRef { kind, namespace, name } = &subject.object;
        let is = |w: &&Workload| w.kind.name() == kind && w.metadata.key() == (namespace.as_str(), name.as_str());
        let template = self.case.inventory.objects.workloads.iter().find(is).filter(|_| subject.is_template);
        owner::change(self.case.inventory, &subject.pod, template, what, spec)
    }

    fn of(&self, resolver: Resolver) -> Option<&Lookup<'_>> {
        self.lookups.iter().find(|lookup| lookup.resolver == resolver)
    }

    /// Any lookup that goes on where musl stops.
    fn other_found(&self) -> Option<&Asked> {
        let found = |lookup: &&Lookup<'_>| lookup.resolver != Resolver::Musl && matches!(lookup.end, End::Dns(Outcome::Found(_)));
        self.lookups.iter().find(found).and_then(|lookup| lookup.questions.last())
    }

    fn host_network(&self) -> Option<Finding> {
        (self.case.surroundings.conf.fallback == Some(Fallback::HostNetwork)).then(|| {
            let subject = self.subject();
            let message = "it is on the host network, where dnsPolicy ClusterFirst means the resolv.conf of the node: \
                           names of the cluster mostly do not resolve there";
            let Change { description, command } =
                self.change("set dnsPolicy to ClusterFirstWithHostNet", &json!({"dnsPolicy": "ClusterFirstWithHostNet"}));
            kinds::HOST_NETWORK
                .on(subject.clone(), format!("{} {}: {message}", subject.kind, subject.name))
                .shown_by(&subject, self.field("hostNetwork"), "true")
                .shown_by(&subject, self.field("dnsPolicy"), "ClusterFirst")
                .remedied_by(description, command)
        })
    }

    /// The name is one of the cluster, and other servers are asked for it.
    fn other_servers(&self) -> Option<Finding> {
        let surroundings = &self.case.surroundings;
        let pod = &self.case.question.subject.pod;
        if !matches!(surroundings.answerer, Answerer::Others(_)) || !matches!(pod.spec.dns_policy, DnsPolicy::None | DnsPolicy::Default) {
            return None;
        }
        let (domain, namespace) = (&self.case.cluster.domain.0, &pod.metadata.namespace);
        let name = self.name().strip_suffix('.').unwrap_or(self.name());
        let ends = [String::new(), format!(".{namespace}.svc.{domain}"), format!(".svc.{domain}"), format!(".{domain}")];
        let has = |full: &String| {
            let kinds = super::lookup::types(self.case.question.wanted).iter();
            kinds.map(|kind| surroundings.servers.expected(full, *kind)).any(|said| has_answers(&said))
        };
        let full = ends.iter().map(|end| format!("{name}{end}")).find(has)?;
        let subject = self.subject();
        let wanted = if pod.spec.host_network { "ClusterFirstWithHostNet" } else { "ClusterFirst" };
        let Change { description, command } = self.change(&format!("set dnsPolicy to {wanted}"), &json!({"dnsPolicy": wanted}));
        Some(
            kinds::OTHER_SERVERS
                .on(subject.clone(), format!("{full} is a name of the cluster, but {} {} asks other servers", subject.kind, subject.name))
                .shown_by(&subject, self.field("dnsPolicy"), words::policy(pod))
                .with_confidence(Confidence::Likely)
                .remedied_by(description, command),
        )
    }

    /// The name as it is comes last, behind names that nobody has.
    fn amplification(&self) -> Option<Finding> {
        let lookup = self.lookups.iter().max_by_key(|lookup| lookup.questions.len())?;
        let bare = self.name();
        let (last, wasted) = lookup.questions.split_last()?;
        let in_vain = matches!(lookup.end, End::Dns(Outcome::Found(_) | Outcome::Unknown));
        let dots = bare.chars().filter(|c| *c == '.').count();
        if !in_vain || wasted.len() < WASTED || dots == 0 || !last.name.eq_ignore_ascii_case(bare) {
            return None;
        }
        let subject = self.subject();
        let each = lookup.questions.first().map_or(1, |asked| asked.said.len());
        let message = format!(
            "{} of {} questions for {bare} are in vain: it has {dots} {}, fewer than ndots, so the search list comes first",
            wasted.len() * each,
            lookup.questions.len() * each,
            if dots == 1 { "dot" } else { "dots" },
        );
        let options: Vec<&str> = self.case.surroundings.conf.options.iter().filter_map(Entry::text).collect();
        let mut finding = kinds::AMPLIFICATION
            .on(subject.clone(), message)
            .shown_by(&subject, self.field("dnsConfig.options"), options.join(" "))
            .remedied_by(format!("ask for {bare}. with a dot at its end"), None);
        if dots > 1 {
            // Names of Services in other namespaces, which have one dot, are still searched for: musl would not find them otherwise.
            let kept = self.case.question.subject.pod.spec.dns_config.iter().flat_map(|config| &config.options);
            let kept = kept.filter(|option| option.name != "ndots").map(|option| match option.value.as_str() {
                "" => json!({"name": option.name}),
                value => json!({"name": option.name, "value": value}),
            });
            let options: Vec<_> = kept.chain([json!({"name": "ndots", "value": "2"})]).collect();
            let Change { description, command } = self.change("set ndots to 2", &json!({"dnsConfig": {"options": options}}));
            finding = finding.remedied_by(description, command);
        }
        Some(finding)
    }

    fn empty_answer(&self) -> Option<Finding> {
        let musl = self.of(Resolver::Musl).filter(|lookup| matches!(lookup.end, End::Dns(Outcome::NoData)))?;
        let (found, stops) = (self.other_found()?, musl.questions.last()?);
        let subject = self.subject();
        let message = format!("musl stops at {}, which exists without such addresses; others go on and find {}", stops.name, found.name);
        Some(
            kinds::EMPTY_ANSWER
                .on(subject.clone(), message)
                .shown_by(&subject, self.field("dnsPolicy"), self.searched())
                .remedied_by(format!("ask for {}. with a dot at its end", found.name), None),
        )
    }

    /// The search list as it stands in the file.
    fn searched(&self) -> String {
        let search: Vec<&str> = self.case.surroundings.conf.search.iter().filter_map(Entry::text).collect();
        format!("search {}", search.join(" "))
    }

    fn long_line(&self) -> Option<Finding> {
        self.of(Resolver::Musl)?;
        let length = self.searched().len();
        (length >= MUSL_LINE).then(|| {
            let subject = self.subject();
            let most = MUSL_LINE - 1;
            kinds::LONG_LINE
                .on(subject.clone(), format!("the search line has {length} characters: musl ignores lines of more than {most}"))
                .shown_by(&subject, self.field("dnsConfig.searches"), self.searched())
                .remedied_by(format!("take domains out of dnsConfig.searches until the line has {most} characters"), None)
        })
    }

    fn never_searched(&self) -> Option<Finding> {
        let only = match self.of(Resolver::Musl)?.questions.as_slice() {
            [only] if only.name.eq_ignore_ascii_case(self.name()) => only,
            _ => return None,
        };
        let surroundings = &self.case.surroundings;
        let has = |full: &String| only.said.iter().any(|(kind, _)| has_answers(&surroundings.servers.expected(full, *kind)));
        let domains = surroundings.conf.search.iter().filter_map(Entry::text);
        let full = domains.map(|domain| format!("{}.{domain}", only.name)).find(has)?;
        let dots = only.name.chars().filter(|c| *c == '.').count();
        let subject = self.subject();
        let options: Vec<&str> = surroundings.conf.options.iter().filter_map(Entry::text).collect();
        // The list may be one that musl does not read.
        let ndots: usize = options.iter().find_map(|option| option.strip_prefix("ndots:")).and_then(|n| n.parse().ok()).unwrap_or(1);
        (dots >= ndots).then(|| {
            let message = format!("{} has as many dots as ndots: musl never searches for it; others go on to {full}", only.name);
            kinds::NEVER_SEARCHED
                .on(subject.clone(), message)
                .shown_by(&subject, self.field("dnsConfig.options"), options.join(" "))
                .remedied_by(format!("ask for {full}. with a dot at its end"), None)
        })
    }

    fn similar(&self, similar: &SimilarName) -> Finding {
        let ObjectRef { namespace, name, .. } = &similar.object;
        let same = self.name().split('.').any(|label| label.eq_ignore_ascii_case(name));
        let kind = if same { &kinds::OTHER_NAMESPACE } else { &kinds::NEARLY };
        let said = if same {
            format!("{} is no Service that the pod finds, but there is Service {namespace}/{name}", self.name())
        } else {
            format!("{} is nearly the name of Service {namespace}/{name}", self.name())
        };
        kind.on(self.subject(), said)
            .shown_by(&similar.object, "metadata.name", name)
            .shown_by(&similar.object, "metadata.namespace", namespace)
            .with_confidence(Confidence::Likely)
            .remedied_by(format!("ask for {}", similar.name), None)
    }

    fn cut(&self) -> Option<Finding> {
        let cut: Vec<&str> = self.case.surroundings.conf.cut.iter().filter_map(Entry::text).collect();
        (!cut.is_empty()).then(|| {
            let subject = self.subject();
            kinds::CUT
                .on(subject.clone(), format!("the kubelet leaves out of resolv.conf what is beyond its limits: {}", cut.join(" ")))
                .shown_by(&subject, self.field("dnsConfig"), cut.join(" "))
                .remedied_by("name at most 3 servers and 32 search domains, of 253 characters each and 2048 together", None)
        })
    }

    /// A name of one label that only servers outside can know.
    fn leaves_cluster(&self, similar: &[SimilarName]) -> Option<Finding> {
        let bare = self.name();
        // One that has no endpoints is not somebody else's name.
        let is_service = self.case.inventory.service(&self.case.question.subject.pod.metadata.namespace, bare).is_some();
        let leaves = |lookup: &Lookup<'_>| {
            let last = lookup.questions.last().is_some_and(|asked| asked.name.eq_ignore_ascii_case(bare));
            last && matches!(lookup.end, End::Dns(Outcome::Unknown))
        };
        let asks = matches!(self.case.surroundings.answerer, Answerer::Cluster | Answerer::ClusterFirst(_));
        if bare.contains('.') || is_service || !similar.is_empty() || !asks || !self.lookups.iter().all(leaves) {
            return None;
        }
        let subject = self.subject();
        let message = format!("{bare} has one label, and no search domain has it: servers outside the cluster are asked for {bare}.");
        Some(kinds::LEAVES_CLUSTER.on(subject.clone(), message).shown_by(&subject, self.field("dnsPolicy"), self.searched()))
    }

    fn long_hostname(&self) -> Option<Finding> {
        let hostname = self.case.hostname.as_ref().filter(|hostname| !hostname.domain.is_empty())?;
        let full = format!("{}.{}", hostname.name, hostname.domain);
        let spec = &self.case.question.subject.pod.spec;
        (spec.set_hostname_as_fqdn && full.len() > FULL_NAME).then(|| {
            let subject = self.subject();
            let message = format!(
                "with setHostnameAsFQDN its name is {full}, of {} characters: with more than {FULL_NAME} no pod starts",
                full.len()
            );
            let Change { description, command } = self.change("leave the short name", &json!({"setHostnameAsFQDN": false}));
            kinds::LONG_HOSTNAME
                .on(subject.clone(), message)
                .shown_by(&subject, self.field("setHostnameAsFQDN"), "true")
                .shown_by(&subject, self.field("subdomain"), &spec.subdomain)
                .remedied_by(description, command)
        })
    }
}

fn has_answers(said: &Expected) -> bool {
    matches!(said, Expected::Says { response, .. } if response.rcode == Rcode::NoError && !response.answers.is_empty())
}
