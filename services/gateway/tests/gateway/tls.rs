//! Certificates on both sides: the gateway's own for clients, and mutual TLS with the services.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};

use crate::city::City;
use crate::client::{Client, GET_UNIT};
use crate::peer::{ECHO, Peer};

/// An authority that certifies `localhost`.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate"),
        )
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and key.
    fn certify(&self) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        (params.signed_by(&key, &self.0).expect("a certificate").pem(), key.serialize_pem())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_to_clients_and_mutual_tls_to_services() {
    let (inside, outside) = (Authority::new(), Authority::new());
    let dir = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| -> String {
        let path: PathBuf = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (peer_certificate, peer_key) = inside.certify();
    let peer_tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(peer_certificate, peer_key))
        .client_ca_root(Certificate::from_pem(inside.pem()));
    let peer = Peer::start_at("inside", ([127, 0, 0, 1], 0).into(), Some(peer_tls));

    let (own_certificate, own_key) = inside.certify();
    let (shown_certificate, shown_key) = outside.certify();
    let city = City::start_with(
        &format!("https://localhost:{}", peer.address.port()),
        &[
            ("TLS__CERT_FILE", &file("own.pem", &own_certificate)),
            ("TLS__KEY_FILE", &file("own.key", &own_key)),
            ("TLS__CLIENT_CA_FILE", &file("ca.pem", &inside.pem())),
            ("SERVICE__TLS_CERT_FILE", &file("shown.pem", &shown_certificate)),
            ("SERVICE__TLS_KEY_FILE", &file("shown.key", &shown_key)),
            ("SERVER__HANDSHAKE_SECONDS", "1"),
        ],
    )
    .await;

    let connect = async |authority: &Authority| {
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
        let origin = format!("https://localhost:{}", city.address.port());
        Endpoint::from_shared(origin)
            .expect("an address")
            .tls_config(tls)
            .expect("certificates")
            .connect()
            .await
    };
    let client =
        Client::new(connect(&outside).await.expect("the gateway is known"), &city.keys.token("jiaowei"));
    client.unary(GET_UNIT, ECHO).await.expect("a reply over both");
    assert!(
        connect(&inside).await.is_err(),
        "the gateway shows clients its own certificate, not the inner one"
    );

    let mut known = RootCertStore::empty();
    known.add(CertificateDer::from_pem_slice(outside.pem().as_bytes()).expect("PEM")).expect("an authority");
    let config = ClientConfig::builder().with_root_certificates(known).with_no_client_auth();
    let stream = TcpStream::connect(city.address).await.expect("connected");
    let name = "localhost".try_into().expect("a name");
    let mut silent =
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a TLS connection");
    let mut said = [0];
    let closed = timeout(Duration::from_secs(20), silent.read(&mut said));
    let end = closed.await.expect("who says nothing after the handshake is closed soon");
    assert!(!matches!(end, Ok(1..)), "{end:?}");
    client.unary(GET_UNIT, ECHO).await.expect("who spoke is served on");
}
