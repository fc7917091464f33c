//! What is expected of the cluster's servers, with the object that decides, or with what keeps it from being told.

use std::fmt;

use super::super::name::NameError;
use super::super::record::Response;
use crate::objects::Resource;

/// What a server says of a name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// This.
    Says {
        /// The answer.
        response: Response,
        /// What decides it.
        because: Because,
    },
    /// Not to be told.
    Unknown(Reason),
}

/// What decides an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// A Service: its addresses, or the name it stands for.
    Service(Object),
    /// The ready endpoints of a Service.
    Endpoints(Object),
    /// A headless Service without endpoints that are ready; or one with an address, and the option `ignore empty_service`.
    NoEndpoints(Object),
    /// No ready endpoint of the Service has this name.
    NoEndpoint(Object, String),
    /// The Service has no such port.
    NoPort(Object, String),
    /// The Service stands for an address, which is no name.
    ExternalAddress(Object, String),
    /// The Service stands for another name, so it has neither ports nor endpoints.
    OnlyAName(Object),
    /// There is no Service of this name.
    NoService(Object),
    /// There is no such namespace.
    NoNamespace(String),
    /// The namespace is none of those that the Corefile lets out.
    HiddenNamespace(String),
    /// A pod has this address.
    Pod(Object),
    /// The server takes any address for that of a pod.
    AnyPod,
    /// No pod of the namespace has this address.
    NoPod(String),
    /// The first label is no address.
    NotAnAddress(String),
    /// The server has no names of pods.
    PodsDisabled,
    /// Neither a Service nor an endpoint has this address.
    NoAddress(String),
    /// There are names below this one.
    Above,
    /// Cluster names are not of this form.
    NoForm,
    /// The version of the rules of cluster names.
    Version,
    /// What a plugin is told to say.
    Plugin(String),
    /// No plugin of the server block says anything of it.
    EndOfChain,
    /// No server block is about it.
    NoBlock,
}

/// An object with a namespace, by its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// Why it cannot be told what a server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No server can be asked for it.
    NotAName(NameError),
    /// Objects could not be read: of a namespace, or of the cluster.
    Unread(Resource, Option<String>),
    /// There is no Corefile to be read, and clusters differ in what it says here.
    NoCorefile(&'static str),
    /// The Corefile is one with which CoreDNS would not start.
    BadCorefile(String),
    /// A part of the Corefile stands somewhere else.
    Import(String),
    /// A part of the Corefile is a variable of the server's environment.
    Variable(String),
    /// A plugin whose answers depend on what no object shows.
    Plugin(String),
    /// Another server is asked.
    Upstream(String),
    /// The Service has no addresses before it is applied.
    NotApplied(Object),
    /// The server answers with its own address.
    OwnAddress,
    /// The pod is on its way out: servers that knew it before still do.
    Terminating(Object),
    /// The server sends nothing: it has an answer that cannot be written down.
    Silence,
    /// Names lead to names, and again.
    Loop,
}

impl Object {
    /// By its names.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => write!(f, "Service {service}"),
            Self::Endpoints(service) => write!(f, "EndpointSlices of Service {service}"),
            Self::NoEndpoints(service) => write!(f, "Service {service} has no ready endpoint"),
            Self::NoEndpoint(service, name) => write!(f, "Service {service} has no ready endpoint {name}"),
            Self::NoPort(service, port) => write!(f, "Service {service} has no port {port}"),
            Self::ExternalAddress(service, address) => write!(f, "Service {service} stands for {address}, an address instead of a name"),
            Self::OnlyAName(service) => write!(f, "Service {service} is only another name"),
            Self::NoService(service) => write!(f, "there is no Service {service}"),
            Self::NoNamespace(namespace) => write!(f, "there is no namespace {namespace}"),
            Self::HiddenNamespace(namespace) => write!(f, "the Corefile leaves namespace {namespace} out"),
            Self::Pod(pod) => write!(f, "Pod {pod}"),
            Self::AnyPod => f.write_str("\"pods insecure\": any address is taken for a pod"),
            Self::NoPod(address) => write!(f, "no pod of the namespace has address {address}"),
            Self::NotAnAddress(label) => write!(f, "{label} is no address"),
            Self::PodsDisabled => f.write_str("\"pods disabled\": pods have no names"),
            Self::NoAddress(address) => write!(f, "neither a Service nor an endpoint has address {address}"),
            Self::Above => f.write_str("there are only names below it"),
            Self::NoForm => f.write_str("no Service or pod has a name of this form"),
            Self::Version => f.write_str("version of the rules of cluster names"),
            Self::Plugin(name) => write!(f, "plugin {name}"),
            Self::EndOfChain => f.write_str("no plugin of the server block answers it"),
            Self::NoBlock => f.write_str("no server block of the Corefile is about it"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAName(error) => error.fmt(f),
            Self::Unread(resource, None) => write!(f, "{} could not be read", resource.qualified()),
            Self::Unread(resource, Some(namespace)) => write!(f, "{} of namespace {namespace} could not be read", resource.qualified()),
            Self::NoCorefile(what) => write!(f, "{what} depends on the Corefile"),
            Self::BadCorefile(what) => write!(f, "the Corefile cannot be used: {what}"),
            Self::Import(what) => write!(f, "the Corefile imports {what}, which could not be read"),
            Self::Variable(what) => write!(f, "the Corefile takes {what} from the environment of the server"),
            Self::Plugin(name) => write!(f, "cannot predict: plugin {name}"),
            Self::Upstream(server) => write!(f, "upstream server {server} decides"),
            Self::NotApplied(service) => write!(f, "Service {service} has no addresses before it is applied"),
            Self::OwnAddress => f.write_str("the server answers with its own address"),
            Self::Terminating(pod) => write!(f, "Pod {pod} is terminating: a server may still know it"),
            Self::Silence => {
                f.write_str("the server sends nothing: an EndpointSlice without a Service, or names below the root, make no answer")
            }
            Self::Loop => f.write_str("names lead to each other"),
        }
    }
}
