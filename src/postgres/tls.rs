//! TLS towards `PostgreSQL`: what each `sslmode` means in terms of rustls.
//!
//! Owns the check of the server's certificate and the reading of root certificates. When TLS is
//! tried and when not, is decided in `connect.rs`. Client certificates and revocation lists are not
//! supported.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::dsn::{Dsn, RootCert, SslMode};

/// Why TLS cannot be set up. It is a mistake in the configuration, not a fault of the server.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of `sslrootcert` cannot be read as PEM.
    #[error("sslrootcert {}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: rustls::pki_types::pem::Error,
    },
    /// The file of `sslrootcert` has no certificate in it.
    #[error("sslrootcert {}: holds no PEM certificate (-----BEGIN CERTIFICATE-----)", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A certificate in the file of `sslrootcert` is not one.
    #[error("sslrootcert {}: certificate number {number} cannot be used", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        source: Error,
    },
    /// The system's store is empty or missing.
    #[error(
        "the system's store of root certificates holds none; name a file with sslrootcert: {problems}"
    )]
    EmptyStore {
        /// What was met while reading it, if anything.
        problems: String,
    },
    /// rustls refuses what we ask for.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// Makes the maker of TLS connections for a DSN; `None` when it wants none.
///
/// It reads root certificates, and so blocks.
pub(super) fn for_dsn(dsn: &Dsn) -> Result<Option<MakeRustlsConnect>, TlsError> {
    let check_name = match (dsn.ssl_mode, &dsn.ssl_root_cert) {
        (SslMode::Disable, _) => return Ok(None),
        (SslMode::Prefer, _) | (SslMode::Require, None) => None,
        // libpq: whoever names a root certificate with `require` wants it to be looked at.
        (SslMode::Require, Some(_)) | (SslMode::VerifyCa, _) => Some(false),
        (SslMode::VerifyFull, _) => Some(true),
    };
    // Named here, so that no other part of the process decides which one is the default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match check_name {
        None => Arc::new(Unverified { provider: provider.clone() }),
        Some(check_name) => {
            Arc::new(Verified::new(provider.clone(), dsn.ssl_root_cert.as_ref(), check_name)?)
        }
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Setup(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Some(MakeRustlsConnect::new(config)))
}

/// Takes every certificate: `prefer` and `require` encrypt against listeners, not against
/// impostors.
///
/// That the server holds the certificate's key is still checked, for channel binding relies on it.
#[derive(Debug)]
struct Unverified {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Takes certificates of trusted authorities, with or without the right name.
#[derive(Debug)]
struct Verified {
    webpki: Arc<WebPkiServerVerifier>,
    /// The certificates of `sslrootcert` themselves. Operators put a self-signed server certificate
    /// there, as `PostgreSQL`'s manual shows; OpenSSL trusts it then, and webpki alone would refuse
    /// it, because an authority's certificate cannot be a server's.
    pinned: Vec<CertificateDer<'static>>,
    check_name: bool,
}

impl Verified {
    fn new(
        provider: Arc<CryptoProvider>,
        source: Option<&RootCert>,
        check_name: bool,
    ) -> Result<Self, TlsError> {
        let (roots, pinned) = match source {
            Some(RootCert::File(path)) => roots_of_file(path.clone())?,
            Some(RootCert::System) | None => (roots_of_system()?, Vec::new()),
        };
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| TlsError::Setup(error.to_string()))?;
        Ok(Self { webpki, pinned, check_name })
    }
}

impl ServerCertVerifier for Verified {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        if self.pinned.iter().any(|pinned| pinned == end_entity) {
            if self.check_name {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let verdict = self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verdict {
            // webpki looks at the name last, so that all else is in order by then.
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
                if !self.check_name =>
            {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// All certificates of a PEM file. One that is broken spoils the file: who put it there wanted it.
fn roots_of_file(path: PathBuf) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), TlsError> {
    let unreadable = |source| TlsError::Unreadable { path: path.clone(), source };
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(&path).and_then(Iterator::collect).map_err(unreadable)?;
    if certificates.is_empty() {
        return Err(TlsError::Empty { path });
    }
    let mut roots = RootCertStore::empty();
    for (position, certificate) in certificates.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|source| TlsError::Unusable {
            path: path.clone(),
            number: position + 1,
            source,
        })?;
    }
    Ok((roots, certificates))
}

/// The system's certificates, those that can be used: operators did not choose each of them.
fn roots_of_system() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let problems: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(TlsError::EmptyStore { problems: problems.join("; ") });
    }
    Ok(roots)
}
