//! Names for a TAB key: of entries in the kubeconfig without a network, and of objects by their metadata alone.

use kube::config::ExecInteractiveMode;
use serde::Deserialize;

use super::identity::Identity;
use super::remembered::{Remembered, folder};
use super::transport::Transport;
use super::{LiveError, config, kubeconfig};
use crate::cli::connection::ConnectionOptions;
use crate::objects::Resource;
use crate::source::Silent;

/// A page that is read; what lies behind it no list of a terminal could show.
const LIMIT: usize = 500;
/// Names without the objects: a list of pods is a hundredth of itself so. A server that cannot do that sends the objects.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json";

/// A part of the kubeconfig whose entries have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// `--context`
    Contexts,
    /// `--cluster`
    Clusters,
    /// `--user`
    Users,
}

/// Names of entries in the kubeconfig.
///
/// # Errors
/// If it cannot be read.
pub fn entries(options: &ConnectionOptions, what: Entries) -> Result<Vec<String>, LiveError> {
    let config = kubeconfig::Places::new(options).load()?.config;
    Ok(match what {
        Entries::Contexts => config.contexts.into_iter().map(|entry| entry.name).collect(),
        Entries::Clusters => config.clusters.into_iter().map(|entry| entry.name).collect(),
        Entries::Users => config.auth_infos.into_iter().map(|entry| entry.name).collect(),
    })
}

/// Names of objects of a kind, in this namespace or that of the context. What was asked a moment ago is not asked again.
///
/// # Errors
/// If they cannot be listed. Nobody is asked for a password on the way.
pub fn names(options: &ConnectionOptions, resource: Resource, namespace: Option<&str>) -> Result<Vec<String>, LiveError> {
    let loaded = kubeconfig::Places::new(options).load()?;
    let (mut config, about) = config::configure(options, loaded)?;
    if let Some(exec) = &mut config.auth_info.exec {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
    let namespace = namespace.unwrap_or(&config.default_namespace);
    let path = format!("{}?limit={LIMIT}", resource.list_path(Some(namespace)));
    // Whoever brings credentials by hand may be somebody else each time, and no file is to say who.
    let by_hand = options.token.is_some() || options.client_certificate.is_some();
    let folder = folder(options).filter(|_| !by_hand);
    let remembered = folder.map(|folder| {
        let user = about.user.as_deref().unwrap_or_default();
        Remembered::new(
            &folder,
            &[&[about.server.as_str(), user, &path], &*about.headers.iter().map(String::as_str).collect::<Vec<_>>()].concat(),
        )
    });
    if let Some(names) = remembered.as_ref().and_then(Remembered::read) {
        return Ok(names);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| LiveError::Bug(e.to_string()))?;
    let body = runtime.block_on(async {
        let identity = Identity::new(config, &about)?;
        let transport = Transport::new(identity, options.request_timeout, about.clone());
        transport.get_as(&path, METADATA, &Silent).await.map_err(|failure| failure.into_error(&about))
    })?;
    let list: List = serde_json::from_slice(&body).map_err(|e| LiveError::Config(e.to_string()))?;
    let names: Vec<String> = list.items.into_iter().map(|item| item.metadata.name).collect();
    if let Some(remembered) = remembered {
        remembered.write(&names);
    }
    Ok(names)
}

/// `meta.k8s.io/v1` PartialObjectMetadataList, or any other list.
#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}
