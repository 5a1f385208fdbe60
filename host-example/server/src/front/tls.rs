//! The certificate: TLS 1.2 and later, HTTP/1.1 alone, no certificates of clients. What is wrong with the files, and with a
//! client's TLS, is said in words that somebody can act on, for the library's are its own.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error, PeerIncompatible, ServerConfig};

/// What serves with these.
///
/// # Errors
/// A sentence: what is wrong with them. It holds nothing of the key.
pub(crate) fn config(certificate: &str, key: &str) -> Result<Arc<ServerConfig>, String> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|why| format!("the certificate is no PEM: {why}"))?;
    if chain.is_empty() {
        return Err("the certificate's file has no `BEGIN CERTIFICATE`".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| no_key(key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|why| why.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|why| refused(&why))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn no_key(pem: &str) -> String {
    if pem.contains("ENCRYPTED") {
        return "the key is encrypted; without its passphrase: `openssl pkey -in KEY -out NEW`".to_owned();
    }
    "the key's file has no private key in PEM (`BEGIN PRIVATE KEY`)".to_owned()
}

fn refused(why: &Error) -> String {
    match why {
        Error::InconsistentKeys(_) => "the key is not that of the certificate".to_owned(),
        Error::InvalidCertificate(why) => format!("the certificate cannot be read: {why:?}"),
        // Which is all that is said of what the library does not do.
        Error::General(_) => {
            "the key is of a kind that is not served; RSA of 2048 to 8192 bits, ECDSA P-256, P-384 and Ed25519 are".to_owned()
        }
        why => why.to_string(),
    }
}

/// Why a client was not served.
pub(crate) fn handshake(why: &std::io::Error) -> String {
    match why.get_ref().and_then(|why| why.downcast_ref::<Error>()) {
        Some(Error::PeerIncompatible(
            PeerIncompatible::SignatureAlgorithmsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::SupportedVersionsExtensionRequired,
        )) => "it speaks TLS 1.1 or older, and 1.2 is the oldest that is served".to_owned(),
        Some(Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon)) => {
            "it has no cipher in common; with TLS 1.2 those with ECDHE and AES-GCM or ChaCha20 are served"
                .to_owned()
        }
        Some(Error::InvalidMessage(_)) => "it does not speak TLS (plain HTTP?)".to_owned(),
        Some(Error::NoApplicationProtocol) => "it wants another protocol than HTTP/1.1".to_owned(),
        Some(Error::AlertReceived(alert)) => {
            format!("it refused the certificate or the connection: {alert:?}")
        }
        _ => why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    fn pair() -> (String, String) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    #[test]
    fn what_is_wrong_is_said() {
        let ((cert, key), (_, foreign)) = (pair(), pair());
        assert_eq!(config(&cert, &key).unwrap().alpn_protocols, [b"http/1.1"]);
        let why = |cert: &str, key: &str| config(cert, key).err().unwrap();
        assert!(why(&cert, &foreign).contains("not that of the certificate"));
        assert!(why("", &key).contains("BEGIN CERTIFICATE"));
        assert!(why(&cert, "").contains("no private key"));
        assert!(
            why(&cert, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n")
                .contains("encrypted")
        );
        assert!(
            why("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", &key)
                .contains("certificate")
        );
        for (cert, key) in [(&cert, &foreign), (&cert, &cert)] {
            assert!(!why(cert, key).contains(&key[40..60]));
        }
    }
}
