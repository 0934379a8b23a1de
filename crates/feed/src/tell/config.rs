//! The receivers' file: who is told, where, and of what.
//!
//! Invariants: a secret never stands in the file itself; one goes over the network only encrypted; what is not known is
//! refused by name, and so is the whole file then.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aurora_domain::rules::{Alert, parse_duration_ms};
use axum::http::Uri;
use serde::Deserialize;
use ureq::tls::{Certificate, PemItem, parse_pem};

use super::{post::Address, secret::Secret};

/// Receivers, at most.
const MAX_RECEIVERS: usize = 16;

/// The longest file, in bytes.
const MAX_BYTES: u64 = 1 << 16;

/// Where `PagerDuty` takes events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// Where systems keep the certificates that they trust.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Who is told of alerts. The default is nobody.
#[derive(Clone, Debug, Default)]
pub struct Receivers {
    pub(super) list: Vec<Receiver>,
    pub(super) roots: Arc<Vec<Certificate<'static>>>,
    pub(super) group_wait: Duration,
    pub(super) external_url: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) address: Address,
    /// Of which it is told; `None` for all.
    severities: Option<Vec<String>>,
}

/// What it is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// It has all alerts, and is sent them again and again.
    Alertmanager {
        /// How often.
        resend: Duration,
    },
    /// An incoming webhook of Slack.
    Slack,
    /// Events API, version 2.
    PagerDuty {
        /// The integration's key.
        key: Secret,
    },
    /// Anything else that takes JSON.
    Webhook {
        /// How often it is shown that alerting works, if it is.
        watchdog: Option<Duration>,
    },
}

/// Why the receivers' file is refused.
#[derive(Debug, thiserror::Error)]
#[error("receivers' file {}: {why}", path.display())]
pub struct ReceiversError {
    path: PathBuf,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    receivers: Vec<Entry>,
    group_wait: Option<String>,
    external_url: Option<String>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    kind: KindName,
    url: Option<String>,
    url_file: Option<PathBuf>,
    url_env: Option<String>,
    key_file: Option<PathBuf>,
    key_env: Option<String>,
    token_file: Option<PathBuf>,
    token_env: Option<String>,
    severities: Option<Vec<String>>,
    resend: Option<String>,
    watchdog: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindName {
    Alertmanager,
    Slack,
    PagerDuty,
    Webhook,
}

impl Receivers {
    /// Reads the file, and the secrets that it names.
    ///
    /// # Errors
    /// What is wrong, with which receiver.
    pub fn read(path: &Path) -> Result<Self, ReceiversError> {
        let env = |name: &str| env::var(name).ok();
        text(path)
            .and_then(|text| Self::parse(&text, &env))
            .map_err(|why| ReceiversError { path: path.to_owned(), why })
    }

    /// Reads the text of a file, and the secrets that it names, where `env` knows the environment.
    pub(super) fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let file: Settings =
            serde_saphyr::from_str(text).map_err(|error| error.without_snippet().to_string())?;
        if file.receivers.len() > MAX_RECEIVERS {
            return Err(format!("{} receivers are too many: at most {MAX_RECEIVERS}", file.receivers.len()));
        }
        let mut list: Vec<Receiver> = Vec::new();
        for entry in file.receivers {
            let name = entry.name.clone();
            if name.is_empty() || name.len() > 64 || list.iter().any(|other| other.name == name) {
                return Err(format!("receiver {name:?}: each needs a name of its own, of at most 64 bytes"));
            }
            list.push(entry.into_receiver(env).map_err(|why| format!("receiver {name:?}: {why}"))?);
        }
        let encrypted = list.iter().any(|receiver| receiver.address.url.expose().starts_with("https:"));
        if let Some(url) = &file.external_url {
            check_url(url, false).map_err(|why| format!("external_url: {why}"))?;
        }
        Ok(Self {
            roots: Arc::new(if encrypted { roots(file.ca_file.as_deref(), env)? } else { Vec::new() }),
            group_wait: file
                .group_wait
                .map_or(Ok(Duration::from_secs(5)), |text| duration("group_wait", &text, 0))?,
            external_url: file.external_url,
            labels: file.labels,
            list,
        })
    }

    /// Whether nobody is told.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl Receiver {
    /// Whether it is told of `alert`, by its severity.
    pub(super) fn wants(&self, alert: &Alert) -> bool {
        self.severities.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == alert.severity()))
    }
}

impl Kind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Kind::Alertmanager { .. } => "alertmanager",
            Kind::Slack => "slack",
            Kind::PagerDuty { .. } => "pagerduty",
            Kind::Webhook { .. } => "webhook",
        }
    }
}

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Entry {
    fn into_receiver(self, env: Env<'_>) -> Result<Receiver, String> {
        self.refuse_what_does_not_belong()?;
        let token = secret("token", self.token_file.as_deref(), self.token_env.as_deref(), env)?;
        let (url, is_secret) = self.url(env)?;
        let is_loopback =
            check_url(url.expose(), is_secret || token.is_some() || self.kind == KindName::PagerDuty)?;
        let every = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| duration(name, text, 1)).transpose()
        };
        let (kind, severities) = match self.kind {
            KindName::Alertmanager => {
                let resend = every("resend", &self.resend)?.unwrap_or(Duration::from_mins(1));
                (Kind::Alertmanager { resend }, None)
            }
            KindName::Slack => (Kind::Slack, Some("warning")),
            KindName::PagerDuty => {
                let key = secret("key", self.key_file.as_deref(), self.key_env.as_deref(), env)?;
                let key = key.ok_or("name the integration key's place as key_file or key_env")?;
                (Kind::PagerDuty { key }, Some("critical"))
            }
            KindName::Webhook => (Kind::Webhook { watchdog: every("watchdog", &self.watchdog)? }, None),
        };
        let severities = self.severities.or_else(|| severities.map(|one| vec![one.to_owned()]));
        Ok(Receiver { name: self.name, kind, address: Address { url, token, is_loopback }, severities })
    }

    /// Where to send, and whether that is a secret itself.
    fn url(&self, env: Env<'_>) -> Result<(Secret, bool), String> {
        let hidden = secret("url", self.url_file.as_deref(), self.url_env.as_deref(), env)?;
        let (url, is_secret) = match (&self.url, hidden, self.kind) {
            (Some(_), Some(_), _) => return Err("name one of url, url_file and url_env".to_owned()),
            (Some(_), None, KindName::Slack) => {
                return Err("Slack's address is a secret: put it into a file or the environment, and name \
                            that as url_file or url_env"
                    .to_owned());
            }
            (Some(url), None, _) => (Secret::new(url), false),
            (None, Some(hidden), _) => (hidden, true),
            (None, None, KindName::PagerDuty) => (Secret::new(PAGERDUTY), false),
            (None, None, _) => return Err("it needs an address: url, url_file or url_env".to_owned()),
        };
        if self.kind == KindName::Alertmanager {
            let url = format!("{}/api/v2/alerts", url.expose().trim_end_matches('/'));
            return Ok((Secret::new(&url), is_secret));
        }
        Ok((url, is_secret))
    }

    fn refuse_what_does_not_belong(&self) -> Result<(), String> {
        let kind = self.kind;
        let token = self.token_file.is_some() || self.token_env.is_some();
        for (name, there, belongs) in [
            ("key_file", self.key_file.is_some() || self.key_env.is_some(), kind == KindName::PagerDuty),
            ("resend", self.resend.is_some(), kind == KindName::Alertmanager),
            ("watchdog", self.watchdog.is_some(), kind == KindName::Webhook),
            ("token_file", token, matches!(kind, KindName::Alertmanager | KindName::Webhook)),
        ] {
            if there && !belongs {
                return Err(format!("{name} does not belong to a receiver of this kind"));
            }
        }
        Ok(())
    }
}

/// A secret from one of two places, if any is named.
fn secret(
    what: &str,
    file: Option<&Path>,
    name: Option<&str>,
    env: Env<'_>,
) -> Result<Option<Secret>, String> {
    match (file, name) {
        (None, None) => Ok(None),
        (Some(file), None) => Secret::from_file(file).map(Some).map_err(|why| format!("{what}_file: {why}")),
        (None, Some(name)) => {
            Secret::from_env(name, env).map(Some).map_err(|why| format!("{what}_env: {why}"))
        }
        (Some(_), Some(_)) => Err(format!("name one of {what}_file and {what}_env")),
    }
}

/// Whether the address is one of this machine. Where something secret goes there it has to be encrypted on its way.
/// Errors do not quote it.
fn check_url(url: &str, is_secret: bool) -> Result<bool, String> {
    let uri: Uri = url.parse().map_err(|_| "the address is no URL".to_owned())?;
    let scheme = uri.scheme_str().unwrap_or_default();
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    if !matches!(scheme, "http" | "https") || host.is_empty() {
        return Err("the address begins with neither https://HOST nor http://HOST".to_owned());
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("the address has a user name in it: name a token_file or token_env instead".to_owned());
    }
    let is_loopback =
        host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    if is_secret && scheme == "http" && !is_loopback {
        return Err("a secret would go there unencrypted: use https://".to_owned());
    }
    Ok(is_loopback)
}

fn duration(name: &str, text: &str, least_seconds: u64) -> Result<Duration, String> {
    let millis = parse_duration_ms(text).and_then(|millis| u64::try_from(millis).ok());
    let found = millis.map(Duration::from_millis);
    found.filter(|found| (least_seconds..=86_400).contains(&found.as_secs())).ok_or_else(|| {
        format!("{name} {text:?} is no duration from {least_seconds}s to 1d, as `30s` or `5m` are")
    })
}

/// The certificates that are trusted.
fn roots(ca_file: Option<&Path>, env: Env<'_>) -> Result<Vec<Certificate<'static>>, String> {
    let named = ca_file.map(Path::to_owned).or_else(|| env("SSL_CERT_FILE").map(PathBuf::from));
    let found = || BUNDLES.iter().map(PathBuf::from).find(|path| path.is_file());
    let path = named.or_else(found).ok_or(
        "no certificates to trust were found: install the package ca-certificates, or name a file as ca_file",
    )?;
    let shown = path.display();
    let pem = fs::read(&path).map_err(|error| format!("cannot read the certificates in {shown}: {error}"))?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(format!("{shown} has no certificate in PEM"));
    }
    Ok(certificates)
}

fn text(path: &Path) -> Result<String, String> {
    let unreadable = |error| format!("it cannot be read: {error}; check the path and its permissions");
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
        return Err("it is over 64 KiB".to_owned());
    }
    fs::read_to_string(path).map_err(unreadable)
}
