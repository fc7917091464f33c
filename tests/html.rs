//! `-o html` in a real browser: what of a page is seen, and that nothing else comes of it.

#[expect(dead_code, reason = "shared with suites that use more of it")]
mod common;

use std::path::Path;
use std::process::Command;

use common::Home;

/// A browser without a window; tests say so where there is none, but never with CI=true.
fn browser() -> Option<Command> {
    let there = Command::new("chromium").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(there || std::env::var_os("CI").is_none(), "chromium is not installed");
    there.then(|| {
        let mut command = Command::new("chromium");
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]);
        command
    })
}

/// The page as the browser has it after reading it.
fn shown(mut browser: Command, home: &Home, page: &Path) -> String {
    let profile = format!("--user-data-dir={}", home.path().join("profile").display());
    let output = browser.arg(profile).arg("--dump-dom").arg(format!("file://{}", page.display())).output().expect("the browser");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What a person sees: text without elements.
fn text(dom: &str) -> String {
    let body = dom.split_once("</style>").expect("a style").1;
    let mut text = String::new();
    for part in body.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&nbsp;", "\u{a0}")
}

#[test]
fn a_browser_shows_the_answer_and_the_drawing() {
    let Some(browser) = browser() else { return println!("skipped: no chromium") };
    let home = Home::new();
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop");
    let page = home.path().join("page.html");
    let output = home.command(&["who-can-reach", "svc/payments", "-n", "shop", "--from", shop, "-o", "html"]).output().expect("the binary");
    std::fs::write(&page, output.stdout).expect("a file");
    let dom = shown(browser, &home, &page);
    assert_eq!(dom.matches("<path ").count(), 4, "{dom}");
    let text = text(&dom);
    for line in [
        "Service shop/payments:443 → pods port 8443",
        "shop/deploy/checkout",
        "Everyone else is denied: isolated for ingress",
        "What was read: all of it",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// A file can hold what no API server takes.
#[test]
fn hostile_text_stays_text() {
    let Some(browser) = browser() else { return println!("skipped: no chromium") };
    let home = Home::new();
    let hostile = r#"</td><img src=x onerror=document.title='taken'><script>document.title='taken'</script>&lt;b&gt;"'"#;
    let quoted = serde_json::to_string(hostile).expect("a text");
    let claim = format!(
        "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: web, namespace: shop}}, spec: {{storageClassName: {quoted}, \
         accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}}}"
    );
    home.write("claim.yaml", &claim);
    let page = home.path().join("page.html");
    let output = home.command(&["pvc-why-pending", "-n", "shop", "-f", "claim.yaml", "-o", "html"]).output().expect("the binary");
    std::fs::write(&page, output.stdout).expect("a file");
    let dom = shown(browser, &home, &page);
    assert!(text(&dom).contains(hostile), "{dom}");
    assert!(!dom.contains("<img") && !dom.contains("<script") && dom.contains("<title>netstore pvc-why-pending</title>"), "{dom}");
}
