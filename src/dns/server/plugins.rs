//! The plugins of CoreDNS, in the order in which it asks them, whatever their order in the Corefile.
//!
//! Source: `plugin.cfg` of CoreDNS 1.14.7, and which of them put a handler into the chain.

/// What a plugin does to questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dns) enum Role {
    /// It sets up the server, and sees no question.
    Setting,
    /// It sees questions, and leaves what is answered as it is.
    Passing,
    /// It answers, or changes what is asked or answered.
    Speaking,
}

use Role::{Passing, Setting, Speaking};

const ORDER: [(&str, Role); 60] = [
    ("root", Setting),
    ("metadata", Passing),
    ("geoip", Passing),
    ("cancel", Passing),
    ("proxyproto", Setting),
    ("quic", Setting),
    ("grpc_server", Setting),
    ("https", Setting),
    ("https3", Setting),
    ("timeouts", Setting),
    ("multisocket", Setting),
    ("reload", Setting),
    ("nsid", Passing),
    ("bufsize", Passing),
    ("bind", Setting),
    ("debug", Setting),
    ("trace", Passing),
    ("ready", Setting),
    ("health", Setting),
    ("pprof", Setting),
    ("shed", Passing),
    ("prometheus", Passing),
    ("errors", Passing),
    ("log", Passing),
    ("dnstap", Passing),
    ("local", Speaking),
    ("dns64", Speaking),
    ("any", Passing),
    ("chaos", Passing),
    ("loadbalance", Passing),
    ("tsig", Speaking),
    ("rewrite", Speaking),
    ("autopath", Speaking),
    ("acl", Speaking),
    ("cache", Passing),
    ("header", Passing),
    ("dnssec", Passing),
    ("tls", Setting),
    ("minimal", Passing),
    ("template", Speaking),
    ("transfer", Passing),
    ("hosts", Speaking),
    ("route53", Speaking),
    ("azure", Speaking),
    ("clouddns", Speaking),
    ("k8s_external", Speaking),
    ("kubernetes", Speaking),
    ("file", Speaking),
    ("auto", Speaking),
    ("secondary", Speaking),
    ("etcd", Speaking),
    ("loop", Passing),
    ("forward", Speaking),
    ("grpc", Speaking),
    ("erratic", Speaking),
    ("whoami", Speaking),
    ("on", Setting),
    ("sign", Setting),
    ("view", Passing),
    ("nomad", Speaking),
];

/// Where a plugin stands in the chain, and what it does; none for those that CoreDNS does not come with.
pub(in crate::dns) fn place(name: &str) -> Option<(usize, Role)> {
    ORDER.iter().enumerate().find(|(_, (known, _))| *known == name).map(|(at, (_, role))| (at, *role))
}
