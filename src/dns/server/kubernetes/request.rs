//! Names of the cluster, taken apart.

/// What a name in a zone of the cluster asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request<'n> {
    /// The zone, or `svc` or `pod` in it: only names below these mean something.
    Above,
    /// Something in a namespace.
    In {
        kind: Kind,
        namespace: &'n str,
        /// A Service or the address of a pod; none for the namespace itself.
        name: Option<&'n str>,
        part: Part<'n>,
    },
}

/// Whose names these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pod,
    Service,
}

/// What of a Service is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'n> {
    /// All of it.
    Whole,
    /// One endpoint.
    Endpoint(&'n str),
    /// One port; an empty word stands for any.
    Port { port: &'n str, protocol: &'n str },
    /// The endpoints of a zone of the topology.
    Zone,
}

impl<'n> Request<'n> {
    /// Takes apart what stands before the zone; none if cluster names are not of this form.
    pub(super) fn parse(base: &'n str) -> Option<Self> {
        if matches!(base, "" | "svc" | "pod") {
            return Some(Self::Above);
        }
        let mut labels = base.rsplit('.');
        let kind = match labels.next()? {
            "pod" => Kind::Pod,
            "svc" => Kind::Service,
            _ => return None,
        };
        let namespace = labels.next()?;
        let (name, below) = (labels.next(), labels.collect::<Vec<_>>());
        let part = match below.as_slice() {
            [] => Part::Whole,
            [endpoint] => Part::Endpoint(endpoint),
            [protocol, port] => {
                let word = |label: &'n str| label.strip_prefix('_').unwrap_or(label);
                Part::Port { port: word(port), protocol: word(protocol) }
            }
            ["_zone", "pin" | "prefer", _, ..] if kind == Kind::Service => Part::Zone,
            _ => return None,
        };
        Some(Self::In { kind, namespace, name, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_labels_say_what_is_meant() {
        let service = |name, part| Some(Request::In { kind: Kind::Service, namespace: "shop", name, part });
        for (base, request) in [
            ("", Some(Request::Above)),
            ("svc", Some(Request::Above)),
            ("pod", Some(Request::Above)),
            ("shop", None),
            ("shop.svc", service(None, Part::Whole)),
            ("web.shop.svc", service(Some("web"), Part::Whole)),
            ("db-0.web.shop.svc", service(Some("web"), Part::Endpoint("db-0"))),
            ("_http._tcp.web.shop.svc", service(Some("web"), Part::Port { port: "http", protocol: "tcp" })),
            ("http.tcp.web.shop.svc", service(Some("web"), Part::Port { port: "http", protocol: "tcp" })),
            ("a.b.c.web.shop.svc", None),
            ("eu.west.pin._zone.web.shop.svc", service(Some("web"), Part::Zone)),
            ("eu.stay._zone.web.shop.svc", None),
        ] {
            assert_eq!(Request::parse(base), request, "{base}");
        }
    }
}
