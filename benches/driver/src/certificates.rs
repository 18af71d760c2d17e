//! A certificate authority for one run, and one server's certificate of it, RSA of 2,048 bits as AWS's endpoints have.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, RsaKeySize};
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{CipherSuite, ServerConfig};

use crate::Error;
use crate::mock::HOSTS;

/// Where Linux distributions keep the roots that programs trust.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Those that the function is built with.
const AMAZON_ROOTS: &str = include_str!("../../../src/aws/amazon-roots.pem");

/// What the mock of AWS and its clients need of TLS.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) server: Arc<ServerConfig>,
    /// Amazon's roots, which the function trusts by itself, and our authority.
    pub(crate) amazon: PathBuf,
    /// The system's roots, about as many as boto3 brings along, and our authority.
    pub(crate) system: PathBuf,
    /// Our authority alone, for Node.js, which adds it to roots of its own.
    pub(crate) authority: PathBuf,
}

fn key() -> Result<KeyPair, Error> {
    Ok(KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)?)
}

impl Tls {
    /// Makes them, and puts into the folder what clients read.
    pub(crate) fn new(folder: &Path) -> Result<Self, Error> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "bench authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = key()?;
        let authority_pem = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);

        let mut leaf = CertificateParams::new(HOSTS.map(|(_, host)| host.to_string()))?;
        leaf.distinguished_name.push(DnType::CommonName, "bench");
        leaf.use_authority_key_identifier_extension = true;
        let leaf_key = key()?;
        let certificate = leaf.signed_by(&leaf_key, &issuer)?;

        let mut provider = default_provider();
        // The key exchange that every client here knows, so that none does more than another.
        provider.kx_groups = vec![kx_group::X25519, kx_group::SECP256R1];
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        // Assumed of AWS: the cipher that it chooses where it can.
        provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
        let mut server = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        server.ignore_client_order = true;
        // Assumed of AWS: what its own library sends unless it is told otherwise.
        // (https://docs.rs/s2n-tls-sys, s2n_config_set_initial_ticket_count)
        server.send_tls13_tickets = 1;

        let system = SYSTEM_ROOTS.iter().find_map(|path| fs::read_to_string(path).ok());
        let system = system.ok_or("this system has no roots where they are looked for")?;
        let file = |name: &str, roots: &str| {
            let path = folder.join(name);
            fs::write(&path, format!("{roots}\n{authority_pem}")).map(|()| path)
        };
        Ok(Self {
            server: Arc::new(server),
            amazon: file("amazon.pem", AMAZON_ROOTS)?,
            system: file("system.pem", &system)?,
            authority: file("authority.pem", "")?,
        })
    }
}
