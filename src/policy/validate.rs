//! stub
use crate::objects::NetworkPolicy;
pub struct Refusal {
    pub field: String,
    pub reason: String,
}
pub fn refusals(_: &NetworkPolicy) -> Vec<Refusal> {
    Vec::new()
}
