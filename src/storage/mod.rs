//! Storage: why a claim has no volume, or one of no use.
//!
//! `matcher` is Kubernetes' search for a volume; `controller`, `prebound` and `scheduler` are the three who use it. `needs` says what is
//! read, `facts` is the inventory as they see it, `causes` goes from a claim to its one root cause, and `findings` has the words for each.
//! `pods` looks at claims, files and attachments from the pod that waits for them, `backup` at who has a copy. `changes` has the
//! commands that remedies print.

mod backup;
mod causes;
mod changes;
pub mod controller;
mod explain;
pub mod facts;
pub mod findings;
pub mod matcher;
mod needs;
mod overview;
mod pods;
pub mod prebound;
pub mod scheduler;
mod seen;
mod why;
mod words;

pub use backup::KINDS as BACKUP_KINDS;
pub use needs::{FIRST, LISTS, MORE, more_needed};
pub use overview::overview;
pub use pods::{MORE_FOR_PODS, PodQuestion, more_needed_for_pods, volumes};
pub use why::{Question, why_pending};
