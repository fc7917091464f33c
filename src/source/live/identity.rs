//! Who asks, for as long as it takes: a client with its credentials, which are got anew if they end in the middle of a run.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use jiff::Timestamp;
use kube::config::AuthInfo;
use kube::{Client, Config};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::certificates;
use super::error::{self, Failure};
use super::{About, LiveError, plugin};
use crate::source::words;

/// Credentials that have just been got anew are not got anew again, whatever the server and the clocks say.
const PAUSE: Duration = Duration::from_secs(10);

/// The way to be somebody.
pub(crate) struct Identity {
    /// What credentials are made of, also the next time.
    config: Config,
    current: Mutex<Current>,
}

struct Current {
    client: Client,
    /// Which of the clients of this run it is.
    number: u32,
    /// Until when its credentials are good, if that is known.
    ends: Option<Timestamp>,
    /// Whether a server has ever taken them.
    worked: bool,
    /// When credentials were last got anew.
    renewed: Option<Instant>,
}

impl Identity {
    /// Gets credentials, for as long as a user takes to log in. Nothing is sent yet.
    pub(super) fn new(config: Config, about: &About) -> Result<Self, LiveError> {
        let (client, ends) = open(&config).map_err(|trouble| trouble.into_error(about))?;
        Ok(Self { config, current: Mutex::new(Current { client, number: 0, ends, worked: false, renewed: None }) })
    }

    /// A client with good credentials, as far as is known, and its number.
    pub(super) async fn client(&self) -> Result<(Client, u32), Failure> {
        let mut current = self.current.lock().await;
        if current.ends.is_some_and(|ends| ends <= Timestamp::now()) && current.may_be_renewed() {
            self.renew(&mut current).await?;
        }
        Ok((current.client.clone(), current.number))
    }

    /// A server has taken the credentials of this client.
    pub(super) async fn worked(&self, number: u32) {
        let mut current = self.current.lock().await;
        current.worked |= current.number == number;
    }

    /// A server does not take the credentials of this client; says whether there are others to try. Those that were never taken are wrong and
    /// not over.
    pub(super) async fn refused(&self, number: u32) -> Result<bool, Failure> {
        let mut current = self.current.lock().await;
        if current.number != number {
            return Ok(true);
        }
        let auth = &self.config.auth_info;
        let again = (auth.exec.is_some() || auth.token_file.is_some()) && current.worked && current.may_be_renewed();
        if again {
            self.renew(&mut current).await?;
        }
        Ok(again)
    }

    async fn renew(&self, current: &mut Current) -> Result<(), Failure> {
        // Also if it fails: nobody is asked for a password by every request.
        current.renewed = Some(Instant::now());
        let config = self.config.clone();
        let opened = tokio::task::spawn_blocking(move || open(&config)).await;
        let (client, ends) = opened.map_err(|error| Failure::Broken(error.to_string()))?.map_err(Trouble::into_failure)?;
        *current = Current { client, number: current.number + 1, ends, worked: false, renewed: current.renewed };
        Ok(())
    }
}

impl Current {
    fn may_be_renewed(&self) -> bool {
        self.renewed.is_none_or(|at| at.elapsed() >= PAUSE)
    }
}

/// Why there is no client.
enum Trouble {
    /// No credentials.
    Credentials(Failure),
    /// What the kubeconfig or a flag says makes no sense.
    Config(String),
}

impl Trouble {
    fn into_error(self, about: &About) -> LiveError {
        match self {
            Self::Credentials(failure) => failure.into_error(about),
            Self::Config(why) => LiveError::Config(why),
        }
    }

    fn into_failure(self) -> Failure {
        match self {
            Self::Credentials(failure) => failure,
            Self::Config(why) => Failure::Credentials { why, not_found: false },
        }
    }
}

/// A client, and until when its credentials are good.
fn open(config: &Config) -> Result<(Client, Option<Timestamp>), Trouble> {
    let mut config = config.clone();
    let auth = &mut config.auth_info;
    read_token(auth).map_err(Trouble::Config)?;
    let mut ends = None;
    // Whoever has a token or a password has no need of a plugin, as in client-go.
    if let Some(exec) = auth.exec.take().filter(|_| auth.token.is_none() && auth.username.is_none() && auth.auth_provider.is_none()) {
        let credential = plugin::run(&exec).map_err(Trouble::Credentials)?;
        ends = credential.ends;
        auth.token = credential.token;
        if let Some((certificate, key)) = credential.certificate {
            auth.client_certificate_data = Some(BASE64_STANDARD.encode(certificate));
            auth.client_key_data = Some(BASE64_STANDARD.encode(key.expose_secret()).into());
        }
    }
    // Where there is no header for it, kube panics.
    let fits = |token: &str| HeaderValue::try_from(format!("Bearer {token}")).is_ok();
    if auth.token.as_ref().is_some_and(|token| !fits(token.expose_secret())) {
        return Err(Trouble::Config("the token holds a line break or another character that no header may have".to_owned()));
    }
    certificates::check_own(auth).map_err(|error| Trouble::Config(error.to_string()))?;
    let client = Client::try_from(config).map_err(|kube| match kube {
        kube::Error::Auth(auth) => Trouble::Credentials(Failure::of_auth(&auth)),
        other => Trouble::Config(error::of_client(&other)),
    })?;
    Ok((client, ends))
}

/// kube takes the file as it is, and a newline at its end is no part of a header.
fn read_token(auth: &mut AuthInfo) -> Result<(), String> {
    if let Some(path) = auth.token_file.take().filter(|_| auth.token.is_none()) {
        let token = std::fs::read_to_string(&path).map_err(|error| format!("cannot read token file {path}: {}", words::of_io(&error)))?;
        auth.token = Some(token.trim().into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newline_of_a_token_file_is_no_part_of_the_token() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "secret\n").expect("a temporary file");
        let mut auth = AuthInfo { token_file: Some(file.path().display().to_string()), ..AuthInfo::default() };
        read_token(&mut auth).expect("a token");
        assert_eq!(auth.token.expect("a token").expose_secret(), "secret");
    }
}
