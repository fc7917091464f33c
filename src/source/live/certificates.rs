//! Certificates of a kubeconfig: whose those of servers may be, and our own. They are looked at before anything is sent: kube tells in
//! words of its libraries what is wrong with them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kube::config::{AuthInfo, Cluster};
use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::ExposeSecret;

use super::LiveError;
use crate::source::words;

/// Certificates of the authorities that are believed; none if the kubeconfig leaves that to the system.
pub(super) fn of_authorities(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, LiveError> {
    let wrong = |why: &str| LiveError::Config(format!("unable to load root certificates: {why}"));
    let data = cluster.certificate_authority_data.as_deref();
    let Some(pem) = given("certificate-authority", data, cluster.certificate_authority.as_deref())? else { return Ok(None) };
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| wrong("unable to parse bytes as PEM block"))?;
        RootCertStore::empty().add(certificate.clone()).map_err(|_| wrong("failed to parse certificate: x509: malformed certificate"))?;
        certificates.push(certificate.to_vec());
    }
    if certificates.is_empty() { Err(wrong("unable to parse bytes as PEM block")) } else { Ok(Some(certificates)) }
}

/// Whether our own certificate and its key are there and are what they should be.
pub(super) fn check_own(auth: &AuthInfo) -> Result<(), LiveError> {
    let wrong = |why: &str| LiveError::Config(why.to_owned());
    let certificate = given("client-certificate", auth.client_certificate_data.as_deref(), auth.client_certificate.as_deref())?;
    let data = auth.client_key_data.as_ref().map(ExposeSecret::expose_secret);
    let (certificate, key) = match (certificate, given("client-key", data, auth.client_key.as_deref())?) {
        (None, None) => return Ok(()),
        (Some(_), None) => return Err(wrong("client-key-data or client-key must be specified to use the client certificate")),
        (None, Some(_)) => return Err(wrong("client-certificate-data or client-certificate must be specified to use the client key")),
        (Some(certificate), Some(key)) => (certificate, key),
    };
    if CertificateDer::pem_slice_iter(&certificate).next().is_none_or(|first| first.is_err()) {
        return Err(wrong("tls: failed to find any PEM data in certificate input"));
    }
    PrivateKeyDer::from_pem_slice(&key).map_err(|_| wrong("tls: failed to find any PEM data in key input"))?;
    Ok(())
}

/// What a field holds as base64, else what is in the file that another one names.
fn given(what: &str, data: Option<&str>, file: Option<&str>) -> Result<Option<Vec<u8>>, LiveError> {
    match (data, file) {
        (Some(data), _) => {
            let bytes = BASE64_STANDARD.decode(data);
            bytes.map(Some).map_err(|_| LiveError::Config(format!("illegal base64 data in {what}-data of the kubeconfig")))
        }
        (None, Some(path)) => {
            let wrong = |error| LiveError::Config(format!("unable to read {what} {path}: {}", words::of_io(&error)));
            std::fs::read(path).map(Some).map_err(wrong)
        }
        (None, None) => Ok(None),
    }
}
