//! Certificates: the gateway's own towards clients, and mutual TLS towards the services.

use std::path::Path;
use std::sync::Arc;

use service_kit::config::Tls;
use service_kit::process::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// What clients are met with.
pub fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, Error> {
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates(certificate)?, private_key(key)?)?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// How the services are met: each end shows a certificate of the same authority.
pub fn connector(tls: &Tls) -> Result<Arc<ClientConfig>, Error> {
    let mut authorities = RootCertStore::empty();
    for certificate in certificates(&tls.client_ca_file)? {
        authorities.add(certificate)?;
    }
    let mut config = ClientConfig::builder()
        .with_root_certificates(authorities)
        .with_client_auth_cert(certificates(&tls.cert_file)?, private_key(&tls.key_file)?)?;
    config.alpn_protocols = vec![HTTP_2.to_vec()];
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    Ok(read.map_err(|error| format!("tls: {}: {error}", path.display()))?)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let read = PrivateKeyDer::from_pem_file(path);
    Ok(read.map_err(|error| format!("tls: {}: {error}", path.display()))?)
}
