//! Names that do not exist though objects look as if they did.

use crate::report::{FindingKind, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[&NOT_READY, &EXTERNAL_ADDRESS, &NO_SERVICE, &NO_SUBDOMAIN, &OTHER_SERVICE, &UNNAMED_PORT];

/// A headless Service without ready endpoints.
pub static NOT_READY: FindingKind = FindingKind {
    code: "DN-R01",
    name: "headless-without-ready-endpoints",
    severity: Severity::Warning,
    explanation: "\
A headless Service has no address of its own: its name stands for the endpoints that are ready. While none is, the name does not exist at all, and clients get
NXDOMAIN, which many of them remember. A Service with an address always has its name, with endpoints or without.

Where pods must find each other before they are ready, as members of a cluster do, set `publishNotReadyAddresses: true`.",
};

/// An ExternalName that holds an address.
pub static EXTERNAL_ADDRESS: FindingKind = FindingKind {
    code: "DN-R02",
    name: "external-name-is-address",
    severity: Severity::Error,
    explanation: "\
A Service of type ExternalName makes its name stand for another name (CNAME). An address is none: Kubernetes accepts it, because it could be a name, and
CoreDNS answers NXDOMAIN.

For an address, use a Service without a selector, headless or not, and an EndpointSlice that holds the address.",
};

/// A pod below a Service that does not exist.
pub static NO_SERVICE: FindingKind = FindingKind {
    code: "DN-R03",
    name: "subdomain-without-service",
    severity: Severity::Warning,
    explanation: "\
The name of a pod, `<hostname>.<subdomain>.<namespace>.svc.<domain>`, exists only if there is a Service that is called like the pod's `subdomain`, which
selects the pod. Of a StatefulSet the subdomain is its `serviceName`; Kubernetes does not create that Service.

Create a headless Service of that name.",
};

/// A hostname without a subdomain.
pub static NO_SUBDOMAIN: FindingKind = FindingKind {
    code: "DN-R04",
    name: "hostname-without-subdomain",
    severity: Severity::Info,
    explanation: "\
A pod that sets `hostname` calls itself so, but others find it under this name only if `subdomain` is the name of a headless Service that selects it.
Without it, the headless Service has the pod's address under its own name, and under a name made of the address alone.",
};

/// A second headless Service.
pub static OTHER_SERVICE: FindingKind = FindingKind {
    code: "DN-R05",
    name: "second-headless-service",
    severity: Severity::Info,
    explanation: "\
Pods have their names below one Service: that which their `subdomain` names, for a StatefulSet its `serviceName`. Another headless Service that selects the
same pods has their addresses, but not their names: `db-0.db` exists, `db-0.db-read` does not.

Ask below the first Service.",
};

/// A port without a name.
pub static UNNAMED_PORT: FindingKind = FindingKind {
    code: "DN-R06",
    name: "no-srv-for-unnamed-port",
    severity: Severity::Info,
    explanation: "\
SRV records are made of the names of ports: `_http._tcp.web.shop.svc.cluster.local`. A Service with one port may leave its name out, and then has no such
record. Most clients never ask for one.",
};
