//! How a release gets to people: archives, the manifest for krew by the rules of krew-index, krew itself that installs it, the workflows.
//!
//! krew and the check that krew-index runs are built by `tests/krew/build`, kubectl by `tests/cluster/build`; where that cannot be done,
//! tests say so and pass, but never with CI=true. Archives of the development build are installed, or those that `NETSTORE_ARCHIVES` names.

#[path = "krew/home.rs"]
mod home;
#[path = "krew/install.rs"]
mod install;
#[path = "krew/published.rs"]
mod published;
#[path = "krew/release.rs"]
mod release;
#[path = "krew/rules.rs"]
mod rules;
#[path = "krew/served.rs"]
mod served;
#[path = "krew/submission.rs"]
mod submission;
