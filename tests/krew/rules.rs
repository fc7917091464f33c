//! The rules that krew and krew-index have for a manifest, and some that their reviewers have.

use serde_json::Value;

/// Platforms that krew runs on.
const PLATFORMS: [(&str, &[&str]); 3] = [
    ("windows", &["386", "amd64", "arm64"]),
    ("linux", &["386", "amd64", "arm", "arm64", "ppc64le"]),
    ("darwin", &["386", "amd64", "arm64"]),
];

/// Names that Windows keeps for devices, in any case.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// What is wrong with the manifest in a file of this name.
pub fn broken(file: &str, manifest: &Value) -> Vec<&'static str> {
    let text = |path: &str| manifest.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let name = text("/metadata/name");
    let short = text("/spec/shortDescription");
    let none = Vec::new();
    let platforms = manifest.pointer("/spec/platforms").and_then(Value::as_array).unwrap_or(&none);
    let mut rules = vec![
        ("apiVersion is that of krew", text("/apiVersion") == "krew.googlecontainertools.github.com/v1alpha2"),
        ("kind is Plugin", text("/kind") == "Plugin"),
        ("the file is named after the plugin", file.strip_suffix(".yaml") == Some(name)),
        ("the name can be a file's anywhere", safe(name)),
        ("the name is in small letters, digits and dashes", name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_'))),
        ("the version is v and three numbers", is_version(text("/spec/version"))),
        ("there is a short description", !short.is_empty()),
        ("the short description is one line", !short.contains(['\r', '\n'])),
        ("the short description has at most 50 characters", short.chars().count() <= 50),
        ("the description fits 80 columns", text("/spec/description").lines().all(|line| line.chars().count() <= 80)),
        ("there are platforms", !platforms.is_empty()),
        (
            "no two selectors choose the same platform",
            all_platforms().all(|p| platforms.iter().filter(|item| selects(item, p)).count() < 2),
        ),
    ];
    for item in platforms {
        rules.extend(of_platform(item));
    }
    rules.into_iter().filter(|(_, holds)| !holds).map(|(rule, _)| rule).collect()
}

fn of_platform(item: &Value) -> [(&'static str, bool); 6] {
    let text = |path: &str| item.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let sum = text("/sha256");
    let labels = item.pointer("/selector/matchLabels").and_then(Value::as_object);
    [
        ("each platform has a URI", !text("/uri").is_empty()),
        ("each sum is SHA-256 in small letters", sum.len() == 64 && sum.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))),
        ("each platform has a binary", !text("/bin").is_empty()),
        // Without it all files are taken, the licence too; an empty list is refused, and one that says what is so anyway is noise.
        ("no platform lists files", item.get("files").is_none()),
        ("selectors ask for os and arch", labels.is_some_and(|l| !l.is_empty() && l.keys().all(|key| key == "os" || key == "arch"))),
        ("each selector chooses a platform of krew", all_platforms().any(|platform| selects(item, platform))),
    ]
}

fn all_platforms() -> impl Iterator<Item = (&'static str, &'static str)> {
    PLATFORMS.iter().flat_map(|(os, all)| all.iter().map(move |arch| (*os, *arch)))
}

/// Whether the item is for this platform.
fn selects(item: &Value, (os, arch): (&str, &str)) -> bool {
    let is = |key: &str, value: &str| item.pointer(&format!("/selector/matchLabels/{key}")).is_none_or(|wanted| wanted == value);
    is("os", os) && is("arch", arch)
}

fn safe(name: &str) -> bool {
    let lower = name.to_lowercase();
    let port = ["com", "lpt"].iter().any(|device| lower.strip_prefix(device).is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9'])));
    let word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    word && !port && !DEVICES.contains(&lower.as_str())
}

/// Semantic versioning, as far as ours go: no leading zeros, and a pre-release may follow.
fn is_version(text: &str) -> bool {
    let Some(text) = text.strip_prefix('v') else { return false };
    let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) && (n == "0" || !n.starts_with('0'));
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    numbers.split('.').count() == 3 && numbers.split('.').all(number) && pre.is_none_or(|pre| pre.split('.').all(word))
}
