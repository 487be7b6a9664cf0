//! Public keys from a JWKS (RFC 7517) in a file or behind a URL, read again while the service runs. Each key has
//! one algorithm, fixed by its type, whatever a token's header claims.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt, Empty, Limited};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config::Environment;

/// Key ids, key files of services and passwords that only a sandbox makes begin with this.
pub const SANDBOX_PREFIX: &str = "sandbox-";
const MAX_JWKS_BYTES: usize = 1 << 20;
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// An unknown key id asks for a refresh at most this often.
const REFRESH_PAUSE: Duration = Duration::from_secs(5);

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("JWKS {source_name}: {problem}")]
    Unreadable { source_name: String, problem: String },
    #[error("JWKS {source_name}: key {kid:?} is a sandbox key and is not accepted in production")]
    Sandbox { source_name: String, kid: String },
}

/// One usable key.
#[derive(Clone)]
pub struct VerifyingKey {
    pub key: DecodingKey,
    pub algorithm: Algorithm,
    jwk: Jwk,
}

struct Loaded {
    keys: HashMap<String, VerifyingKey>,
    generation: u64,
}

/// The current keys of one source.
#[derive(Clone)]
pub struct KeySet {
    source: Arc<str>,
    environment: Environment,
    loaded: Arc<RwLock<Loaded>>,
    refresh: Arc<Notify>,
}

impl KeySet {
    /// Reads `source`, a path or an http(s) URL, for the first time.
    pub async fn load(source: &str, environment: Environment) -> Result<Self, KeysError> {
        let keys = read(source, environment).await?;
        Ok(Self {
            source: source.into(),
            environment,
            loaded: Arc::new(RwLock::new(Loaded { keys, generation: 1 })),
            refresh: Arc::new(Notify::new()),
        })
    }

    /// The key of this id, and the generation of the set it is from.
    pub fn find(&self, kid: &str) -> Option<(VerifyingKey, u64)> {
        let loaded = self.loaded.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let found = loaded.keys.get(kid).map(|key| (key.clone(), loaded.generation));
        if found.is_none() {
            self.refresh.notify_one();
        }
        found
    }

    /// The ids, in order, under which an Ed25519 public key stands in the set.
    pub fn ids_of(&self, public: &[u8]) -> Vec<String> {
        let x = URL_SAFE_NO_PAD.encode(public);
        let loaded = self.loaded.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let same = loaded.keys.iter().filter(|(_, key)| {
            key.algorithm == Algorithm::EdDSA
                && matches!(&key.jwk.algorithm, AlgorithmParameters::OctetKeyPair(pair) if pair.x == x)
        });
        let mut ids: Vec<_> = same.map(|(kid, _)| kid.clone()).collect();
        ids.sort();
        ids
    }

    /// Grows whenever the set of keys changes: what was verified under an older one is verified again.
    pub fn generation(&self) -> u64 {
        self.loaded.read().unwrap_or_else(|poisoned| poisoned.into_inner()).generation
    }

    /// Reads the source again every `interval` and soon after an unknown key id, until `shutdown`. A source that
    /// cannot be read leaves the keys as they are.
    pub async fn keep_fresh(self, interval: Duration, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
                () = self.refresh.notified() => {}
            }
            match read(&self.source, self.environment).await {
                Ok(keys) => self.replace(keys),
                Err(error) => tracing::warn!(%error, "keys stay as they are"),
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(REFRESH_PAUSE) => {}
            }
        }
    }

    fn replace(&self, keys: HashMap<String, VerifyingKey>) {
        let mut loaded = self.loaded.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let same = loaded.keys.len() == keys.len()
            && keys.iter().all(|(kid, key)| loaded.keys.get(kid).is_some_and(|old| old.jwk == key.jwk));
        if !same {
            loaded.keys = keys;
            loaded.generation += 1;
        }
    }
}

async fn read(source: &str, environment: Environment) -> Result<HashMap<String, VerifyingKey>, KeysError> {
    let unreadable = |problem: String| KeysError::Unreadable { source_name: source.to_owned(), problem };
    let bytes = if source.starts_with("http://") || source.starts_with("https://") {
        fetch(source).await.map_err(|error| unreadable(error.to_string()))?
    } else {
        tokio::fs::read(source).await.map_err(|error| unreadable(error.to_string()))?
    };
    let set: JwkSet = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    let mut keys = HashMap::new();
    for jwk in &set.keys {
        let Some(kid) = jwk.common.key_id.clone() else {
            return Err(unreadable("a key has no kid".to_owned()));
        };
        if environment == Environment::Production && kid.starts_with(SANDBOX_PREFIX) {
            return Err(KeysError::Sandbox { source_name: source.to_owned(), kid });
        }
        let Some(algorithm) = algorithm(jwk) else { continue };
        let key = DecodingKey::from_jwk(jwk).map_err(|error| unreadable(format!("key {kid}: {error}")))?;
        keys.insert(kid, VerifyingKey { key, algorithm, jwk: jwk.clone() });
    }
    if keys.is_empty() {
        return Err(unreadable("holds no Ed25519 or P-256 key".to_owned()));
    }
    Ok(keys)
}

/// EdDSA for Ed25519, ES256 for P-256; nothing else is accepted.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            Some(Algorithm::EdDSA)
        }
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            Some(Algorithm::ES256)
        }
        _ => None,
    }
}

type FetchError = Box<dyn std::error::Error + Send + Sync>;

async fn fetch(url: &str) -> Result<Vec<u8>, FetchError> {
    tokio::time::timeout(FETCH_TIMEOUT, fetch_now(url)).await?
}

async fn fetch_now(url: &str) -> Result<Vec<u8>, FetchError> {
    let uri: http::Uri = url.parse()?;
    let host = uri.host().ok_or("the URL has no host")?.to_owned();
    let tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let stream = tokio::net::TcpStream::connect((host.as_str(), port)).await?;
    if tls {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in rustls_native_certs::load_native_certs().certs {
            roots.add(certificate)?;
        }
        let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let name = rustls::pki_types::ServerName::try_from(host.clone())?;
        get(connector.connect(name, stream).await?, &uri, &host).await
    } else {
        get(stream, &uri, &host).await
    }
}

async fn get<S>(stream: S, uri: &http::Uri, host: &str) -> Result<Vec<u8>, FetchError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request =
        http::Request::get(path).header(http::header::HOST, host).body(Empty::<bytes::Bytes>::new())?;
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        return Err(format!("answered {}", response.status()).into());
    }
    let body = Limited::new(response.into_body(), MAX_JWKS_BYTES).collect().await?.to_bytes();
    driver.abort();
    Ok(body.to_vec())
}
