//! The rules of NetworkPolicy one by one, each in a small cluster.
mod both;
mod naive;
#[test]
fn t() {
    let c = both::Cluster::read(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: x}\n",
    );
    assert_eq!(c.ask("x/a", "x/b", "80"), netstore::report::Verdict::Allow);
}
