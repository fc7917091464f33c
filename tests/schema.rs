//! The published JSON Schemas are those of the types: `docs/schema/<Kind>.json`.
//!
//! After a change of the report (additive only, inside `netstore/v1`), write them anew and commit them:
//!
//! ```text
//! UPDATE_SCHEMA=1 cargo test --test schema
//! ```

use std::fs;
use std::path::Path;

use netstore::report::schema;

#[test]
fn published_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let update = std::env::var_os("UPDATE_SCHEMA").is_some_and(|value| value == "1");
    let mut stale = Vec::new();
    for (kind, schema) in schema::all() {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        let file = folder.join(format!("{kind}.json"));
        if update {
            fs::create_dir_all(&folder).expect("docs/schema can be made");
            fs::write(&file, &text).expect("docs/schema can be written");
        } else if fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n") != text {
            stale.push(kind);
        }
    }
    // A kind that is gone must not stay published.
    for entry in fs::read_dir(&folder).expect("docs/schema exists") {
        let name = entry.expect("docs/schema can be listed").file_name().to_string_lossy().into_owned();
        let known = schema::all().iter().any(|(kind, _)| name == format!("{kind}.json"));
        assert!(known, "docs/schema/{name} is the schema of no kind: delete it");
    }
    assert!(stale.is_empty(), "docs/schema differs from the types for {stale:?}: run UPDATE_SCHEMA=1 cargo test --test schema");
}
