//! lints
use crate::policy::model::Model;
use crate::report::{Direction, Finding};
/// About these pods.
pub fn findings_about(_: &Model<'_>, _: &[usize], _: &[Direction]) -> Vec<Finding> {
    Vec::new()
}
/// In a namespace.
pub fn findings_in(_: &Model<'_>, _: Option<&str>) -> Vec<Finding> {
    Vec::new()
}
