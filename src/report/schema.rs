//! The published JSON Schemas: generated from the types of the report, committed under `docs/schema/`.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Report;
use super::dns::Dns;
use super::dns_doctor::DnsDoctor;
use super::dns_records::DnsRecords;
use super::dns_verify::DnsVerify;
use super::overview::StorageOverview;
use super::policy::{CanReach, EffectivePolicy, Matrix, ReachableFrom, WhoCanReach};
use super::probe::Probe;
use super::qos::Qos;
use super::qos_namespace::QosNamespace;
use super::qos_node::QosNode;
use super::storage::PvcWhyPending;
use super::verify::Verify;
use super::volumes::Volumes;

/// The schema of each kind of answer: what `docs/schema/<kind>.json` holds.
pub fn all() -> [(&'static str, Value); 17] {
    [
        ("WhoCanReach", of::<WhoCanReach>("WhoCanReach")),
        ("ReachableFrom", of::<ReachableFrom>("ReachableFrom")),
        ("CanReach", of::<CanReach>("CanReach")),
        ("EffectivePolicy", of::<EffectivePolicy>("EffectivePolicy")),
        ("Matrix", of::<Matrix>("Matrix")),
        ("PvcWhyPending", of::<PvcWhyPending>("PvcWhyPending")),
        ("Volumes", of::<Volumes>("Volumes")),
        ("Storage", of::<StorageOverview>("Storage")),
        ("Qos", of::<Qos>("Qos")),
        ("QosNode", of::<QosNode>("QosNode")),
        ("QosNamespace", of::<QosNamespace>("QosNamespace")),
        ("Dns", of::<Dns>("Dns")),
        ("DnsVerify", of::<DnsVerify>("DnsVerify")),
        ("DnsRecords", of::<DnsRecords>("DnsRecords")),
        ("DnsDoctor", of::<DnsDoctor>("DnsDoctor")),
        ("Probe", of::<Probe>("Probe")),
        ("Verify", of::<Verify>("Verify")),
    ]
}

fn of<T: JsonSchema>(kind: &str) -> Value {
    // What is written, not what would be read: a field that is always there is required.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Report<T>>();
    schema.insert("title".to_owned(), kind.into());
    for (field, value) in [("kind", kind), ("apiVersion", "netstore/v1")] {
        if let Some(property) = schema.pointer_mut(&format!("/properties/{field}")).and_then(Value::as_object_mut) {
            property.insert("const".to_owned(), value.into());
        }
    }
    schema.to_value()
}
