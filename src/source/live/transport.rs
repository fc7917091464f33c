//! One request: sent with a deadline, its body read whole, refusals decoded. A GET is repeated where that can help; what changes the
//! cluster is sent again only if the server says that it did not look at it.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::About;
use super::config::titled;
use super::error::Failure;
use super::identity::Identity;
use crate::source::Progress;

/// What is asked for.
const JSON: &str = "application/json";
/// Requests at a time: kube has no limit of its own, and API servers ration clients.
const PARALLEL: usize = 8;
/// Attempts at one request.
const ATTEMPTS: u32 = 5;
/// First pause between attempts; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause, whatever `Retry-After` says.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Without `--request-timeout`: a server that sends nothing for so long is given up on.
const QUIET: Duration = Duration::from_secs(60);
/// As much of a refusal as is read: a `Status` is short, a login page may not be.
const REFUSAL_BYTES: usize = 256 * 1024;

/// The way to the API server.
pub(crate) struct Transport {
    identity: Identity,
    slots: Semaphore,
    timeout: Option<Duration>,
    about: About,
    /// Headers of a request, as `-v=8` shows them.
    sent: Vec<String>,
    /// Whether the server has ever answered.
    answered: AtomicBool,
    /// Why it cannot be reached, if it never answered: nobody waits for the same thing twice.
    dead: OnceLock<Failure>,
}

/// A request that changes something, or would.
pub(crate) struct Write<'a> {
    /// POST, PATCH, DELETE.
    pub(crate) method: Method,
    /// The path, with its query.
    pub(crate) path: &'a str,
    /// Type of the body.
    pub(crate) content_type: &'static str,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// What came back.
struct Reply {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn json(self) -> Result<Vec<u8>, Failure> {
        expect_json(&self.headers)?;
        Ok(self.body)
    }
}

/// Why an attempt failed, and what the server said about the next one.
struct Refusal {
    failure: Failure,
    retry_after: Option<Duration>,
    /// The number of the client that it did not let in.
    stranger: Option<u32>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None, stranger: None }
    }
}

impl Transport {
    pub(super) fn new(identity: Identity, timeout: Option<Duration>, about: About) -> Self {
        let mut sent = about.headers.clone();
        sent.insert(0, format!("Accept: {JSON}"));
        Self {
            identity,
            slots: Semaphore::new(PARALLEL),
            timeout: timeout.filter(|t| !t.is_zero()),
            about,
            sent,
            answered: AtomicBool::new(false),
            dead: OnceLock::new(),
        }
    }

    /// Whom it talks to.
    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    /// What every request goes through: proxies, credentials, TLS.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        self.identity.client().await.map(|(client, _)| client)
    }

    /// `--request-timeout`.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The JSON at a path (with query).
    pub(crate) async fn get(&self, path: &str, progress: &dyn Progress) -> Result<Vec<u8>, Failure> {
        self.get_as(path, JSON, progress).await
    }

    /// The same in a form of one's own.
    pub(super) async fn get_as(&self, path: &str, accept: &str, progress: &dyn Progress) -> Result<Vec<u8>, Failure> {
        let get = Write { method: Method::GET, path, content_type: "", body: Vec::new() };
        self.patiently(&get, accept, Refusal::worth_repeating, progress).await?.json()
    }

    /// The text at a path: the log of a container.
    pub(crate) async fn text(&self, path: &str, progress: &dyn Progress) -> Result<String, Failure> {
        let get = Write { method: Method::GET, path, content_type: "", body: Vec::new() };
        let reply = self.patiently(&get, JSON, Refusal::worth_repeating, progress).await?;
        Ok(String::from_utf8_lossy(&reply.body).into_owned())
    }

    /// Asks for a change; the object comes back as JSON, and with it what the server warns of.
    pub(crate) async fn write(&self, write: &Write<'_>, progress: &dyn Progress) -> Result<(Vec<u8>, Vec<String>), Failure> {
        let reply = self.patiently(write, JSON, |refusal| refusal.failure.code() == Some(429), progress).await?;
        let warnings = warnings(&reply.headers).collect();
        Ok((reply.json()?, warnings))
    }

    async fn patiently(
        &self,
        asked: &Write<'_>,
        accept: &str,
        again: fn(&Refusal) -> bool,
        progress: &dyn Progress,
    ) -> Result<Reply, Failure> {
        let mut pause = FIRST_PAUSE;
        let mut renewed = false;
        for attempt in 1.. {
            let refusal = match self.attempt(asked, accept, progress).await {
                Ok(reply) => return Ok(reply),
                Err(refusal) => refusal,
            };
            if let Some(number) = refusal.stranger.filter(|_| !renewed) {
                renewed = self.identity.refused(number).await?;
                if renewed {
                    continue;
                }
            }
            if attempt >= ATTEMPTS || !again(&refusal) {
                return Err(refusal.failure);
            }
            tokio::time::sleep(refusal.retry_after.unwrap_or(pause).min(LONGEST_PAUSE)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(Failure::Broken("gave up".to_owned()))
    }

    /// Opens an answer that does not end: its beginning alone has a deadline, and it takes no slot from requests that end.
    pub(super) async fn open(&self, path: &str, accept: &str, progress: &dyn Progress) -> Result<Body, Failure> {
        let get = Write { method: Method::GET, path, content_type: "", body: Vec::new() };
        let (client, _) = self.identity.client().await?;
        let (started, mut came) = (Instant::now(), Vec::new());
        let outcome = self.begin(client, &get, accept, started, &mut came).await;
        self.tell(&get, started, &came, outcome.as_ref().err(), progress);
        let (headers, body) = outcome.map_err(|refusal| refusal.failure)?;
        expect_json(&headers).map(|()| body)
    }

    async fn attempt(&self, asked: &Write<'_>, accept: &str, progress: &dyn Progress) -> Result<Reply, Refusal> {
        // Never closed, so the error cannot happen.
        let _slot = self.slots.acquire().await;
        if let Some(failure) = self.dead.get() {
            return Err(failure.clone().into());
        }
        let (client, number) = self.identity.client().await?;
        let started = Instant::now();
        let mut came = Vec::new();
        let mut outcome = match self.begin(client, asked, accept, started, &mut came).await {
            Ok((headers, body)) => self.read(body, usize::MAX, started).await.map(|body| Reply { body, headers }).map_err(Refusal::from),
            Err(refusal) => Err(refusal),
        };
        match &mut outcome {
            Err(refusal) if refusal.failure.code() == Some(401) => refusal.stranger = Some(number),
            Err(refusal) if refusal.failure.code().is_none() => {}
            _ => self.identity.worked(number).await,
        }
        match &outcome {
            Err(Refusal { failure: failure @ (Failure::Refused | Failure::Unreachable(_) | Failure::TimedOut(_)), .. }) => {
                if !self.answered.load(Ordering::Relaxed) {
                    // Whoever comes second says the same.
                    let _ = self.dead.set(failure.clone());
                }
            }
            _ => self.answered.store(true, Ordering::Relaxed),
        }
        self.tell(asked, started, &came, outcome.as_ref().err(), progress);
        outcome
    }

    /// Shows a request that has been answered, or not.
    fn tell(&self, asked: &Write<'_>, started: Instant, came: &[String], refusal: Option<&Refusal>, progress: &dyn Progress) {
        let result = match refusal {
            None => Cow::Borrowed("200 OK"),
            Some(refusal) => refusal.failure.code().map_or_else(|| refusal.failure.reason().into(), |c| c.to_string().into()),
        };
        let (Write { method, path, .. }, server) = (asked, &self.about.server);
        let line = format!("{method} {server}{path} {result} in {} milliseconds", started.elapsed().as_millis());
        progress.request_with_headers(&line, &self.sent, came);
    }

    /// Sends a request; its answer is still to be read, unless it is a refusal.
    async fn begin(
        &self,
        client: Client,
        asked: &Write<'_>,
        accept: &str,
        started: Instant,
        came: &mut Vec<String>,
    ) -> Result<(HeaderMap, Body), Refusal> {
        let Write { method, path, content_type, body } = asked;
        let mut request = Request::builder().method(method).uri(*path).header(header::ACCEPT, accept);
        if !content_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, *content_type);
        }
        let request = request.body(Body::from(body.clone()));
        let request = request.map_err(|e| Failure::Garbled(format!("cannot ask for {path}: {e}")))?;
        let late = || Failure::TimedOut(format!("no answer {}", self.patience()));
        let response = timeout_at(self.deadline(started), client.send(request)).await.map_err(|_| late())?;
        let response = response.map_err(|e| Failure::of(&e, &self.about))?;
        let (parts, body) = response.into_parts();
        *came = shown(&parts.headers);
        match parts.status {
            status if status.is_success() => Ok((parts.headers, body)),
            status if status.is_redirection() => {
                let target = parts.headers.get(header::LOCATION).and_then(|l| l.to_str().ok()).unwrap_or("somewhere else");
                let target = target.split('?').next().unwrap_or(target);
                Err(Failure::NotAnApi(format!("it sends us to {target}, a login page or a proxy")).into())
            }
            status => {
                let text = self.read(body, REFUSAL_BYTES, started).await?;
                Err(Refusal { failure: refused(status, &parts.headers, &text), retry_after: retry_after(&parts.headers), stranger: None })
            }
        }
    }

    async fn read(&self, mut body: Body, most: usize, started: Instant) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        loop {
            let late = || Failure::TimedOut(format!("the answer stopped in the middle {}", self.patience()));
            match timeout_at(self.deadline(started), body.frame()).await.map_err(|_| late())? {
                None => return Ok(bytes),
                Some(Err(e)) => return Err(Failure::Broken(format!("the answer broke off: {}", Failure::of(&e, &self.about).reason()))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        bytes.extend_from_slice(&data);
                    }
                    if bytes.len() > most {
                        return Ok(bytes);
                    }
                }
            }
        }
    }

    /// Until when the next sign of life must come.
    fn deadline(&self, started: Instant) -> Instant {
        self.timeout.map_or_else(|| Instant::now() + QUIET, |timeout| started + timeout)
    }

    fn patience(&self) -> String {
        match self.timeout {
            Some(timeout) => format!("within --request-timeout={}s", timeout.as_secs_f64()),
            None => format!("for {} s", QUIET.as_secs()),
        }
    }
}

impl Refusal {
    /// Only what passes by itself: a busy server, a connection that broke. A time-out has cost enough already.
    fn worth_repeating(&self) -> bool {
        match &self.failure {
            Failure::Status { code, .. } => matches!(code, 429 | 503 | 504) || (*code >= 500 && self.retry_after.is_some()),
            Failure::Broken(_) => true,
            _ => false,
        }
    }
}

/// Headers as `-v=8` shows them: what a server wants kept and sent again is a credential.
fn shown(headers: &HeaderMap) -> Vec<String> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = if *name == header::SET_COOKIE { "<masked>".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        format!("{}: {value}", titled(name.as_str()))
    };
    headers.iter().map(line).collect()
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Texts of `Warning: 299 - "text"`, behind which there may be a date; there may be many.
fn warnings(headers: &HeaderMap) -> impl Iterator<Item = String> + '_ {
    let values = headers.get_all(header::WARNING).iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
    values.filter_map(|value| {
        let (mut text, mut escaped) = (String::new(), false);
        for c in value.split_once('"')?.1.chars() {
            match c {
                '"' if !escaped => return Some(text),
                '\\' if !escaped => escaped = true,
                c => {
                    text.push(c);
                    escaped = false;
                }
            }
        }
        None
    })
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok()).unwrap_or_default()
}

fn expect_json(headers: &HeaderMap) -> Result<(), Failure> {
    match content_type(headers) {
        t if t.starts_with("application/json") => Ok(()),
        t if t.starts_with("text/html") => Err(Failure::NotAnApi("it sent a web page, perhaps a login page or a proxy".to_owned())),
        "" => Err(Failure::NotAnApi("it sent no Content-Type".to_owned())),
        t => Err(Failure::NotAnApi(format!("it sent {t} instead of JSON"))),
    }
}

/// `metav1.Status`, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    message: Option<String>,
    reason: Option<String>,
}

fn refused(status: StatusCode, headers: &HeaderMap, text: &[u8]) -> Failure {
    let code = status.as_u16();
    if let Ok(Status { message, reason }) = serde_json::from_slice(text) {
        let message = message.filter(|m| !m.is_empty()).unwrap_or_else(|| status.to_string());
        return Failure::Status { code, reason: reason.unwrap_or_default(), message };
    }
    // Busy proxies send pages too, with a status that says more than the page.
    if content_type(headers).starts_with("text/html") && status.is_client_error() && !matches!(code, 401 | 429) {
        return Failure::NotAnApi(format!("it sent a web page with status {status}"));
    }
    let first_line = String::from_utf8_lossy(text).lines().next().unwrap_or_default().chars().take(200).collect::<String>();
    let said = Some(first_line).filter(|line| !line.is_empty() && !line.starts_with('<'));
    let (reason, message) = unworded(status, said);
    Failure::Status { code, reason: reason.to_owned(), message }
}

/// What client-go makes of a refusal without a `Status`; what was `said` instead is kept where that helps.
fn unworded(status: StatusCode, said: Option<String>) -> (&'static str, String) {
    let or = |words: &str| said.clone().unwrap_or_else(|| words.to_owned());
    match status.as_u16() {
        400 => ("BadRequest", or("the server rejected our request for an unknown reason")),
        401 => ("Unauthorized", "the server has asked for the client to provide credentials".to_owned()),
        403 => ("Forbidden", or("the server does not allow it and does not say why")),
        404 => ("NotFound", "the server could not find the requested resource".to_owned()),
        405 => ("MethodNotAllowed", "the server does not allow this method on the requested resource".to_owned()),
        406 => ("NotAcceptable", "the server was unable to respond with a content type that the client supports".to_owned()),
        429 => ("TooManyRequests", or("the server has received too many requests and has asked us to try again later")),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request".to_owned()),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted, but may still be processing the request".to_owned(),
        ),
        500.. => {
            let said = or(&status.to_string());
            ("InternalError", format!("an error on the server ({said:?}) has prevented the request from succeeding"))
        }
        code => ("", or(&format!("the server responded with the status code {code} but did not return more information"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_read_without_their_frame() {
        let mut headers = HeaderMap::new();
        for value in [r#"299 - "would violate PodSecurity \"restricted:latest\"""#, "299 -", r#"299 - "b" "Sun, 22 Nov 2026""#] {
            headers.append(header::WARNING, value.parse().expect("a value"));
        }
        let texts: Vec<String> = warnings(&headers).collect();
        assert_eq!(texts, [r#"would violate PodSecurity "restricted:latest""#, "b"]);
    }
}
