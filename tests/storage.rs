//! Storage: the folders of `fixtures/storage` hold objects and what must be said of them, with events and without.

#[path = "storage/claims.rs"]
mod claims;
#[path = "storage/controllers.rs"]
mod controllers;
#[path = "storage/fixture.rs"]
mod fixture;
#[path = "storage/kubectl.rs"]
mod kubectl;
#[path = "storage/pods.rs"]
mod pods;
#[path = "storage/reading.rs"]
mod reading;
#[path = "storage/remedies.rs"]
mod remedies;
