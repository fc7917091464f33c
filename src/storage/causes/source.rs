//! Claims that are made of something (F): which source counts, whether the claim may use it, and who would make the volume of it.
//!
//! The order is that of external-provisioner: the namespace (F08), the group of a snapshot (F07), kinds that are left to populators
//! (F06), then the snapshot (F01-F03) or the claim (F04, F05) itself.

use super::{Case, clone, snapshot};
use crate::objects::{DataSource, GroupKind, ReferenceGrant, Resource, SNAPSHOT_GROUP};
use crate::report::{Confidence, Finding, ObjectRef};
use crate::storage::findings::provisioner::{NO_POPULATOR, PROVISIONING, SOURCE_ELSEWHERE, SOURCE_GROUP_WRONG};
use crate::storage::words;

/// What a claim's source comes to.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// What keeps the volume from being made.
    pub(super) cause: Option<Finding>,
    /// A kind that could not be read, and without which it cannot be told.
    pub(super) unread: Option<Resource>,
    /// Who will make the volume, if it is not the provisioner.
    pub(super) populator: Option<Finding>,
}

impl Judged {
    pub(super) fn of(cause: Option<Finding>) -> Self {
        Self { cause, ..Self::default() }
    }

    pub(super) fn without(resource: Resource) -> Self {
        Self { unread: Some(resource), ..Self::default() }
    }
}

/// A claim's source as the provisioner takes it.
pub(super) struct Source<'a> {
    pub(super) reference: &'a DataSource,
    /// Where it stands in the claim.
    pub(super) field: &'static str,
    pub(super) namespace: &'a str,
}

impl<'a> Source<'a> {
    /// Rule: `dataSource` counts before `dataSourceRef`, and only the latter has a namespace.
    pub(super) fn of(case: &Case<'_, 'a>) -> Option<Self> {
        let spec = &case.claim.spec;
        if let Some(reference) = &spec.data_source {
            return Some(Self { reference, field: "spec.dataSource", namespace: case.namespace() });
        }
        let reference = spec.data_source_ref.as_ref()?;
        let namespace = reference.namespace.as_deref().filter(|namespace| !namespace.is_empty());
        Some(Self { reference, field: "spec.dataSourceRef", namespace: namespace.unwrap_or(case.namespace()) })
    }

    fn group(&self) -> &'a str {
        self.reference.api_group.as_deref().unwrap_or_default()
    }

    /// `VolumeSnapshot "nightly" of namespace prod`.
    pub(super) fn named(&self, case: &Case<'_, '_>) -> String {
        let elsewhere = if self.namespace == case.namespace() { String::new() } else { format!(" of namespace {}", self.namespace) };
        format!("{} \"{}\"{elsewhere}", self.reference.kind, self.reference.name)
    }

    /// The object, for evidence.
    pub(super) fn object(&self) -> ObjectRef {
        ObjectRef::new(&self.reference.kind, self.namespace, &self.reference.name)
    }

    /// A finding with the field that names the source.
    pub(super) fn shown(&self, case: &Case<'_, '_>, finding: Finding) -> Finding {
        finding.shown_by(&case.me, format!("{}.name", self.field), &self.reference.name)
    }

    /// Creates the claim anew with a change of its source, in whichever of the two fields it stands.
    pub(super) fn recreate(case: &Case<'_, '_>, field: &str, value: &str) -> Option<String> {
        let spec = &case.claim.spec;
        let fields = [("dataSource", spec.data_source.is_some()), ("dataSourceRef", spec.data_source_ref.is_some())];
        let there = fields.iter().filter(|(_, there)| *there);
        let changes: Vec<String> = there.map(|(name, _)| format!("\"{name}\":{{\"{field}\":{}}}", words::json(value))).collect();
        Some(words::recreate(case.claim, &format!("{{\"spec\":{{{}}}}}", changes.join(","))))
    }
}

/// What is wrong with the claim's source, if it has one.
pub(super) fn judge(case: &Case<'_, '_>, driver: &str) -> Judged {
    let Some(source) = Source::of(case) else { return Judged::default() };
    if source.namespace != case.namespace() {
        let refused = elsewhere(case, &source);
        if refused.cause.is_some() || refused.unread.is_some() {
            return refused;
        }
    }
    match source.reference.kind.as_str() {
        "VolumeSnapshot" if source.group() != SNAPSHOT_GROUP => Judged::of(Some(wrong_group(case, &source))),
        "VolumeSnapshot" => snapshot::judge(case, &source, driver),
        "PersistentVolumeClaim" => clone::judge(case, &source, driver),
        _ => populated(case, &source),
    }
}

/// Rule: a ReferenceGrant in the source's namespace must allow claims of this namespace, and the source.
fn elsewhere(case: &Case<'_, '_>, source: &Source<'_>) -> Judged {
    let facts = case.facts;
    if !facts.knows(Resource::ReferenceGrants, Some(source.namespace)) {
        return Judged::without(Resource::ReferenceGrants);
    }
    let grants = || facts.inventory.objects.reference_grants.iter().filter(|grant| grant.metadata.namespace == source.namespace);
    let wanted = GroupKind { group: source.group().to_owned(), kind: source.reference.kind.clone() };
    if grants().any(|grant| allows_from(grant, case.namespace()) && allows_to(grant, &wanted, &source.reference.name)) {
        return Judged::default();
    }
    let names: Vec<&str> = grants().map(|grant| grant.metadata.name.as_str()).collect();
    let why = match names.as_slice() {
        _ if facts.lacks(Resource::ReferenceGrants) => "the cluster has no ReferenceGrants".to_owned(),
        [] => "there is no ReferenceGrant there".to_owned(),
        some => format!("no ReferenceGrant there allows it (there is {})", words::and(some, 4)),
    };
    let message = format!("it may not be made of {}: {why}", source.named(case));
    let mut finding = case.finding(&SOURCE_ELSEWHERE, message);
    finding = finding.shown_by(&case.me, format!("{}.namespace", source.field), source.namespace);
    for grant in grants().take(4) {
        let reference = ObjectRef::new("ReferenceGrant", source.namespace, &grant.metadata.name);
        let (field, value) = match allows_from(grant, case.namespace()) {
            false => ("spec.from", from_words(grant)),
            true => ("spec.to", to_words(grant)),
        };
        finding = finding.shown_by(&reference, field, value);
    }
    let grant = serde_json::json!({
        "apiVersion": Resource::ReferenceGrants.api_version(),
        "kind": "ReferenceGrant",
        "metadata": {"name": format!("claims-of-{}", case.namespace()), "namespace": source.namespace},
        "spec": {
            "from": [{"group": "", "kind": "PersistentVolumeClaim", "namespace": case.namespace()}],
            "to": [{"group": wanted.group, "kind": wanted.kind, "name": source.reference.name}],
        },
    });
    let command = format!("echo {} | kubectl apply -f -", words::quoted(&grant.to_string()));
    let finding = words::at_risk(
        finding,
        crate::report::DataRisk::Disclosure,
        "allow it there; provisioner and API server also need the feature CrossNamespaceVolumeDataSource",
        Some(command),
    );
    Judged::of(Some(finding))
}

fn allows_from(grant: &ReferenceGrant, namespace: &str) -> bool {
    let claims = |of: &GroupKind| of.group.is_empty() && of.kind == "PersistentVolumeClaim";
    grant.spec.from.iter().any(|from| claims(&from.of) && from.namespace == namespace)
}

fn allows_to(grant: &ReferenceGrant, wanted: &GroupKind, name: &str) -> bool {
    grant.spec.to.iter().any(|to| to.of == *wanted && to.name.as_deref().is_none_or(|own| own.is_empty() || own == name))
}

fn from_words(grant: &ReferenceGrant) -> String {
    let one = |from: &crate::objects::GrantFrom| format!("{} of {}", kind_words(&from.of), from.namespace);
    words::and(&grant.spec.from.iter().map(one).collect::<Vec<_>>(), 4)
}

fn to_words(grant: &ReferenceGrant) -> String {
    let one = |to: &crate::objects::GrantTo| match to.name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => format!("{} {name}", kind_words(&to.of)),
        None => kind_words(&to.of),
    };
    words::and(&grant.spec.to.iter().map(one).collect::<Vec<_>>(), 4)
}

/// `VolumeSnapshot.snapshot.storage.k8s.io`; just the kind in the core group.
fn kind_words(of: &GroupKind) -> String {
    if of.group.is_empty() { of.kind.clone() } else { format!("{}.{}", of.kind, of.group) }
}

fn wrong_group(case: &Case<'_, '_>, source: &Source<'_>) -> Finding {
    let group = source.group();
    let message = format!("its source is a VolumeSnapshot of the group \"{group}\", which should be {SNAPSHOT_GROUP}");
    let finding = case.finding(&SOURCE_GROUP_WRONG, message).shown_by(&case.me, format!("{}.apiGroup", source.field), group);
    finding.remedied_by("create the claim anew with that group", Source::recreate(case, "apiGroup", SNAPSHOT_GROUP))
}

/// A kind that the provisioner leaves to others.
fn populated(case: &Case<'_, '_>, source: &Source<'_>) -> Judged {
    let facts = case.facts;
    if !facts.knows(Resource::VolumePopulators, None) {
        return Judged::without(Resource::VolumePopulators);
    }
    let kind = GroupKind { group: source.group().to_owned(), kind: source.reference.kind.clone() };
    let populators = &facts.inventory.objects.volume_populators;
    if let Some(populator) = populators.iter().find(|populator| populator.source_kind == kind) {
        let name = &populator.metadata.name;
        let finding = case.finding(&PROVISIONING, format!("its volume is for populator {name} to make, of {}", source.named(case)));
        let reference = ObjectRef::new("VolumePopulator", "", name);
        let finding = source.shown(case, finding.shown_by(&reference, "sourceKind", kind_words(&kind)));
        return Judged { populator: Some(finding), ..Judged::default() };
    }
    let all: Vec<String> = populators.iter().map(|populator| kind_words(&populator.source_kind)).collect();
    let there = match all.as_slice() {
        _ if facts.lacks(Resource::VolumePopulators) => "the cluster has no VolumePopulators".to_owned(),
        [] => "there is no VolumePopulator".to_owned(),
        some => format!("there are populators for {}", words::and(some, 4)),
    };
    let finding = case.finding(&NO_POPULATOR, format!("nothing makes volumes of {}, its source: {there}", kind_words(&kind)));
    // A populator works without being registered.
    let confidence = if facts.lacks(Resource::VolumePopulators) { Confidence::Possible } else { Confidence::Likely };
    let mut finding = finding.with_confidence(confidence).shown_by(&case.me, format!("{}.kind", source.field), &kind.kind);
    finding = finding.shown_by(&case.me, format!("{}.apiGroup", source.field), &kind.group);
    for populator in populators.iter().take(4) {
        let reference = ObjectRef::new("VolumePopulator", "", &populator.metadata.name);
        finding = finding.shown_by(&reference, "sourceKind", kind_words(&populator.source_kind));
    }
    Judged::of(Some(finding.remedied_by(format!("install a populator for {}, and register it", kind_words(&kind)), None)))
}
