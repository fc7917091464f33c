//! Which kubeconfig, and which context, cluster and user of it: client-go's rules.
//!
//! kube's own loader fails when one file of `$KUBECONFIG` is missing; client-go skips it. So the files are found and
//! merged here, and kube only parses them.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig, KubeconfigError};

use super::LiveError;
use crate::cli::connection::ConnectionOptions;
use crate::source::words;

/// Where kubeconfigs may be.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// `--kubeconfig`: this file and no other.
    explicit: Option<PathBuf>,
    /// `$KUBECONFIG`: a list as in `$PATH`.
    list: Option<OsString>,
    /// Home directory, for `.kube/config`.
    home: Option<PathBuf>,
}

impl Places {
    /// From the command line and the environment.
    pub(super) fn new(options: &ConnectionOptions) -> Self {
        Self { explicit: options.kubeconfig.clone(), list: std::env::var_os("KUBECONFIG"), home: std::env::home_dir() }
    }

    /// Reads and merges the files there are; the first file that knows a name wins.
    pub(super) fn load(&self) -> Result<Loaded, LiveError> {
        if let Some(path) = &self.explicit {
            return Ok(Loaded { config: read(path.clone())?, files: vec![path.clone()] });
        }
        let mut loaded = Loaded::default();
        for path in self.candidates() {
            // Gone between here and reading: not worth telling apart from never there.
            if !path.exists() {
                continue;
            }
            let next = read(path.clone())?;
            loaded.config = loaded.config.merge(next).map_err(|e| LiveError::Kubeconfig { path: path.clone(), why: e.to_string() })?;
            loaded.files.push(path);
        }
        Ok(loaded)
    }

    fn candidates(&self) -> Vec<PathBuf> {
        match &self.list {
            Some(list) if !list.is_empty() => {
                let mut seen = HashSet::new();
                std::env::split_paths(list).filter(|p| !p.as_os_str().is_empty() && seen.insert(p.clone())).collect()
            }
            _ => self.home.iter().map(|home| home.join(".kube").join("config")).collect(),
        }
    }
}

fn read(path: PathBuf) -> Result<Kubeconfig, LiveError> {
    Kubeconfig::read_from(&path).map_err(|e| {
        let why = match e {
            KubeconfigError::ReadConfig(source, _) => words::of_io(&source),
            KubeconfigError::Parse(source) => match source.location() {
                Some(at) => format!("yaml: line {}: {}", at.line(), words::of_yaml(&source)),
                None => format!("yaml: {}", words::of_yaml(&source)),
            },
            other => other.to_string(),
        };
        LiveError::Kubeconfig { path, why }
    })
}

/// The merged kubeconfig.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// What the files say together.
    pub(super) config: Kubeconfig,
    /// The files that were there.
    pub(super) files: Vec<PathBuf>,
}

/// What applies of a kubeconfig, before the flags that change single fields.
#[derive(Debug, Default)]
pub(super) struct Selected {
    /// Name of the context, if there is one.
    pub(super) context: Option<String>,
    /// Namespace of the context.
    pub(super) namespace: Option<String>,
    /// The cluster; empty if none is named.
    pub(super) cluster: Cluster,
    /// Name of the user entry.
    pub(super) user: Option<String>,
    /// The user; empty if none is named.
    pub(super) auth: AuthInfo,
}

impl Loaded {
    /// The context, cluster and user that were asked for, or the current ones.
    ///
    /// A name from the command line must exist; a user that a context names and nobody declares is nobody, as in client-go.
    pub(super) fn select(&self, options: &ConnectionOptions) -> Result<Selected, LiveError> {
        let config = &self.config;
        let name = nonempty(options.context.clone()).or_else(|| nonempty(config.current_context.clone()));
        let context = match &name {
            None => Context::default(),
            Some(name) => {
                let entry = config.contexts.iter().find(|c| &c.name == name);
                let missing = || LiveError::NoContext { name: name.clone(), known: self.contexts() };
                entry.ok_or_else(missing)?.context.clone().unwrap_or_default()
            }
        };

        let cluster_name = nonempty(options.cluster.clone()).or_else(|| nonempty(Some(context.cluster.clone())));
        let cluster = match &cluster_name {
            None => Cluster::default(),
            Some(name) => {
                let entry = config.clusters.iter().find(|c| &c.name == name);
                let known = || config.clusters.iter().map(|c| c.name.clone()).collect();
                entry.ok_or_else(|| LiveError::NoCluster { name: name.clone(), known: known() })?.cluster.clone().unwrap_or_default()
            }
        };

        let asked = nonempty(options.user.clone());
        let user = asked.clone().or_else(|| nonempty(context.user.clone()));
        let entry = user.as_ref().and_then(|name| config.auth_infos.iter().find(|u| &u.name == name));
        if let (Some(name), None) = (asked, entry) {
            return Err(LiveError::NoUser { name, known: config.auth_infos.iter().map(|u| u.name.clone()).collect() });
        }
        let auth = entry.and_then(|u| u.auth_info.clone()).unwrap_or_default();

        Ok(Selected { context: name, namespace: nonempty(context.namespace), cluster, user, auth })
    }

    fn contexts(&self) -> Vec<String> {
        self.config.contexts.iter().map(|c| c.name.clone()).collect()
    }
}

/// Go makes no difference between an empty field and no field.
pub(super) fn nonempty(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn kubeconfig(directory: &Path, name: &str, current: &str) -> PathBuf {
        let path = directory.join(name);
        let text = format!(
            "current-context: {current}\n\
             contexts:\n- name: {name}\n  context: {{cluster: {name}, user: {name}, namespace: of-{name}}}\n\
             - name: shared\n  context: {{cluster: {name}, namespace: of-{name}}}\n\
             clusters:\n- name: {name}\n  cluster: {{server: 'https://{name}', certificate-authority: ca.crt}}\n\
             users:\n- name: {name}\n  user: {{token: t-{name}}}\n"
        );
        fs::write(&path, text).expect("a temporary file");
        path
    }

    fn listed(paths: &[PathBuf]) -> Places {
        Places { list: Some(std::env::join_paths(paths).expect("no colon in it")), ..Places::default() }
    }

    #[test]
    fn a_missing_file_of_the_list_is_skipped() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (a, b) = (kubeconfig(dir.path(), "a", "''"), kubeconfig(dir.path(), "b", "b"));
        let loaded = listed(&[dir.path().join("missing"), a.clone(), dir.path().join("gone"), b.clone()]).load().expect("loads");
        assert_eq!(loaded.files, [a, b]);
        assert_eq!(loaded.config.contexts.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "shared", "b"]);
    }

    #[test]
    fn the_first_file_that_knows_a_name_wins() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (a, b) = (kubeconfig(dir.path(), "a", "shared"), kubeconfig(dir.path(), "b", "b"));
        let selected = listed(&[a, b]).load().expect("loads").select(&ConnectionOptions::default()).expect("selects");
        assert_eq!((selected.context.as_deref(), selected.namespace.as_deref()), (Some("shared"), Some("of-a")));
    }

    #[test]
    fn only_missing_files_are_no_configuration_and_no_error() {
        let loaded = listed(&[PathBuf::from("missing")]).load().expect("loads");
        assert!(loaded.files.is_empty() && loaded.config.contexts.is_empty());
    }

    #[test]
    fn an_explicit_file_is_the_only_one_and_must_exist() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (a, b) = (kubeconfig(dir.path(), "a", "a"), kubeconfig(dir.path(), "b", "b"));
        let places = |path: PathBuf| Places { explicit: Some(path), ..listed(std::slice::from_ref(&b)) };
        assert_eq!(places(a.clone()).load().expect("loads").files, [a]);
        let error = places(dir.path().join("missing")).load().expect_err("must exist");
        assert!(error.to_string().ends_with("missing\": no such file or directory"), "{error}");
    }

    #[test]
    fn without_a_list_the_file_at_home_is_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(dir.path().join(".kube")).expect("a directory");
        let file = kubeconfig(&dir.path().join(".kube"), "config", "config");
        let places = Places { list: Some(OsString::new()), home: Some(dir.path().to_owned()), ..Places::default() };
        assert_eq!(places.load().expect("loads").files, [file]);
    }

    #[test]
    fn paths_are_relative_to_the_file_that_names_them() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let a = kubeconfig(dir.path(), "a", "a");
        let selected = listed(&[a]).load().expect("loads").select(&ConnectionOptions::default()).expect("selects");
        assert_eq!(selected.cluster.certificate_authority.as_deref(), dir.path().join("ca.crt").to_str());
    }

    #[test]
    fn context_cluster_and_user_can_be_chosen_apart() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (a, b) = (kubeconfig(dir.path(), "a", "a"), kubeconfig(dir.path(), "b", "b"));
        let options = ConnectionOptions { context: Some("b".into()), cluster: Some("a".into()), ..Default::default() };
        let selected = listed(&[a, b]).load().expect("loads").select(&options).expect("selects");
        assert_eq!(selected.cluster.server.as_deref(), Some("https://a"));
        assert_eq!((selected.user.as_deref(), selected.namespace.as_deref()), (Some("b"), Some("of-b")));
    }

    #[test]
    fn names_nobody_declared_are_errors() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let loaded = listed(&[kubeconfig(dir.path(), "a", "a")]).load().expect("loads");
        let with = |change: fn(&mut ConnectionOptions)| {
            let mut options = ConnectionOptions::default();
            change(&mut options);
            loaded.select(&options).expect_err("not declared").to_string()
        };
        assert_eq!(with(|o| o.context = Some("x".into())), r#"context "x" does not exist"#);
        assert_eq!(with(|o| o.cluster = Some("x".into())), r#"no server found for cluster "x""#);
        assert_eq!(with(|o| o.user = Some("x".into())), r#"auth info "x" does not exist"#);
    }
}
