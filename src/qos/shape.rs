//! What counts of a pod: its containers with their numbers, each of which knows where it comes from.

use crate::objects::{Amount, Container, PodSpec, Quantity, Requirements, ResourceList, ResourceName, Stated};

/// Who stated a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// The spec of the pod or of the template.
    Spec,
    /// The API server, from the limit.
    Limit,
    /// The API server, from the sum of the containers.
    Containers,
    /// A LimitRange; which one, if that can be told.
    LimitRange(Option<&'a str>),
    /// A webhook, with the whole container.
    Webhook,
    /// Somebody who came after the template: a webhook, a resize, or an older template.
    Changed,
}

/// A number of a container or a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Of which resource.
    pub resource: ResourceName,
    /// How much.
    pub amount: Amount,
    /// Who says so.
    pub source: Source<'a>,
}

/// Numbers of resources, each resource once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Amounts<'a> {
    entries: Vec<Entry<'a>>,
    /// What is stated and cannot be read: nobody fills in another number there.
    unreadable: Vec<(&'a ResourceName, &'a str)>,
}

impl<'a> Amounts<'a> {
    fn stated(list: &'a ResourceList) -> Self {
        let mut amounts = Self::default();
        for (resource, stated) in list.iter() {
            match stated {
                Stated::Amount(amount) => amounts.add_missing(resource, *amount, Source::Spec),
                Stated::Unreadable(text) => amounts.unreadable.push((resource, text)),
            }
        }
        amounts
    }

    /// The number of a resource.
    pub fn get(&self, resource: &ResourceName) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.resource == *resource)
    }

    /// The amount of a resource.
    pub fn amount(&self, resource: &ResourceName) -> Option<Amount> {
        self.get(resource).map(|entry| entry.amount)
    }

    /// The amount of a resource that is more than nothing.
    pub fn positive(&self, resource: &ResourceName) -> Option<Amount> {
        self.amount(resource).filter(|amount| amount.is_positive())
    }

    /// States a number where there is none yet.
    pub fn add_missing(&mut self, resource: &ResourceName, amount: Amount, source: Source<'a>) {
        if self.get(resource).is_none() && !self.unreadable.iter().any(|(stated, _)| *stated == resource) {
            self.entries.push(Entry { resource: resource.clone(), amount, source });
        }
    }

    /// States a number, or takes it away.
    pub fn set(&mut self, resource: &ResourceName, amount: Option<Amount>) {
        self.entries.retain(|entry| entry.resource != *resource);
        self.unreadable.retain(|(stated, _)| *stated != resource);
        self.entries.extend(amount.map(|amount| Entry { resource: resource.clone(), amount, source: Source::Spec }));
    }

    /// All numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter()
    }

    /// All numbers, to round them or to say where they come from.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry<'a>> {
        self.entries.iter_mut()
    }

    /// Texts where amounts should be.
    pub fn unreadable(&self) -> impl Iterator<Item = (&'a ResourceName, &'a str)> {
        self.unreadable.iter().copied()
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.unreadable.is_empty()
    }
}

/// Requests and limits.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Numbers<'a> {
    /// What is kept.
    pub requests: Amounts<'a>,
    /// What may not be exceeded.
    pub limits: Amounts<'a>,
}

impl<'a> From<&'a Requirements> for Numbers<'a> {
    fn from(stated: &'a Requirements) -> Self {
        Self { requests: Amounts::stated(&stated.requests), limits: Amounts::stated(&stated.limits) }
    }
}

impl Numbers<'_> {
    /// Whether pod-level resources count: for cpu, memory or huge pages.
    pub fn set_for_pod(&self) -> bool {
        self.requests.iter().chain(self.limits.iter()).any(|entry| of_pods(&entry.resource))
    }
}

/// Whether a pod as a whole can have numbers of this resource.
pub fn of_pods(resource: &ResourceName) -> bool {
    matches!(resource, ResourceName::Cpu | ResourceName::Memory) || resource.is_huge_pages()
}

/// What a container is to its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It is why the pod is there.
    Main,
    /// An init container that stays.
    Sidecar,
    /// An init container that ends before the others start.
    Init,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// Name.
    pub name: &'a str,
    /// What it is.
    pub role: Role,
    /// Its numbers.
    pub numbers: Numbers<'a>,
}

/// A number that is none, which the API server would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable<'a> {
    /// Path inside the spec: `containers[0].resources.limits.memory`.
    pub field: String,
    /// Of which resource.
    pub resource: ResourceName,
    /// As it stands there.
    pub text: &'a str,
}

impl Unreadable<'_> {
    /// Whether it is an amount, and so large that Kubernetes takes it and reckons with something else.
    pub fn is_too_large(&self) -> bool {
        Quantity::parse(self.text).is_some_and(|quantity| quantity.is_positive())
    }

    /// Why it does not count, to be read after its path.
    pub fn why(&self) -> &'static str {
        if self.is_too_large() { "is more than 64 bits hold" } else { "is no amount" }
    }
}

/// A pod, or what a template makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape<'a> {
    /// Init containers and sidecars in their order, then the others.
    pub parts: Vec<Part<'a>>,
    /// Resources of the pod as a whole; present and empty is not the same as absent.
    pub pod: Option<Numbers<'a>>,
    /// What running the pod takes beside its containers.
    pub overhead: Amounts<'a>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable<'a>>,
}

impl<'a> Shape<'a> {
    /// As it stands in the spec.
    pub fn of(spec: &'a PodSpec) -> Self {
        let init = spec.init_containers.iter().map(|c| part(c, if c.is_sidecar() { Role::Sidecar } else { Role::Init }));
        let main = spec.containers.iter().map(|c| part(c, Role::Main));
        Self {
            parts: init.chain(main).collect(),
            pod: spec.resources.as_deref().map(Numbers::from),
            overhead: Amounts::stated(&spec.overhead),
            unreadable: unreadable(spec),
        }
    }

    /// The same with another overhead.
    #[must_use]
    pub fn with_overhead(self, overhead: &'a ResourceList) -> Self {
        Self { overhead: Amounts::stated(overhead), ..self }
    }

    /// The same without resources of the pod as a whole.
    #[must_use]
    pub fn without_pod(self) -> Self {
        Self { pod: None, ..self }
    }

    /// Whether resources of the pod as a whole are there, and empty.
    pub fn is_empty_as_a_whole(&self) -> bool {
        self.pod.as_ref().is_some_and(|pod| pod.requests.is_empty() && pod.limits.is_empty())
    }

    /// All lists of numbers.
    pub fn lists_mut(&mut self) -> impl Iterator<Item = &mut Amounts<'a>> {
        let numbers = self.parts.iter_mut().map(|part| &mut part.numbers).chain(&mut self.pod);
        numbers.flat_map(|numbers| [&mut numbers.requests, &mut numbers.limits]).chain(std::iter::once(&mut self.overhead))
    }

    /// The containers of a pod proper.
    pub fn main(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts.iter().filter(|part| part.role == Role::Main)
    }
}

fn part(container: &Container, role: Role) -> Part<'_> {
    Part { name: &container.name, role, numbers: Numbers::from(&container.resources) }
}

/// Texts where amounts should be.
fn unreadable(spec: &PodSpec) -> Vec<Unreadable<'_>> {
    let lists = [("initContainers", &spec.init_containers), ("containers", &spec.containers)];
    let containers = lists.iter().flat_map(|(field, list)| list.iter().enumerate().map(move |(at, c)| (field, at, c)));
    let mut found: Vec<Unreadable<'_>> =
        containers.flat_map(|(field, at, c)| both(&format!("{field}[{at}].resources"), &c.resources)).collect();
    found.extend(spec.resources.iter().flat_map(|resources| both("resources", resources)));
    found.extend(texts("overhead", &spec.overhead));
    found
}

fn both<'a>(path: &str, resources: &'a Requirements) -> Vec<Unreadable<'a>> {
    let mut found = texts(&format!("{path}.requests"), &resources.requests);
    found.extend(texts(&format!("{path}.limits"), &resources.limits));
    found
}

fn texts<'a>(path: &str, list: &'a ResourceList) -> Vec<Unreadable<'a>> {
    let bad = list.iter().filter_map(|(resource, stated)| match stated {
        Stated::Unreadable(text) => Some(Unreadable { field: format!("{path}.{resource}"), resource: resource.clone(), text }),
        Stated::Amount(_) => None,
    });
    bad.collect()
}
