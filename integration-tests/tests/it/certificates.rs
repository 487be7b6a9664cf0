//! Certificates for mutual TLS between the services of a test's city: one authority, one certificate for all.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonic::transport::Certificate;

/// Where the files lie.
pub(crate) struct Certificates {
    dir: PathBuf,
}

const CERTIFICATE: &str = "service.crt";
const KEY: &str = "service.key";
const AUTHORITY: &str = "authority.crt";

impl Certificates {
    pub(crate) fn issue(dir: &Path) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
            .expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
        let certificate = certificate.signed_by(&key, &authority).expect("a certificate");
        for (name, pem) in
            [(CERTIFICATE, certificate.pem()), (KEY, key.serialize_pem()), (AUTHORITY, authority.pem())]
        {
            std::fs::write(dir.join(name), pem).expect("disk");
        }
        Self { dir: dir.to_owned() }
    }

    pub(crate) fn authority(&self) -> Certificate {
        Certificate::from_pem(std::fs::read(self.dir.join(AUTHORITY)).expect("disk"))
    }

    /// What every service is configured with.
    pub(crate) fn settings(&self) -> [(String, String); 3] {
        [("CERT_FILE", CERTIFICATE), ("KEY_FILE", KEY), ("CLIENT_CA_FILE", AUTHORITY)].map(|(name, file)| {
            (format!("GOVSHARE__TLS__{name}"), self.dir.join(file).to_string_lossy().into_owned())
        })
    }
}
