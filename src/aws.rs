//! The edge to AWS: the only files that name an SDK. SDK types, and the secrets in them, end here.
//!
//! Nothing here decides anything. No SDK value is printed, logged or kept: their `Debug` shows BGP keys.

pub mod direct_connect;
pub mod event_bus;
#[cfg(feature = "ledger")]
pub mod ledger;
#[cfg(not(feature = "ledger"))]
#[path = "aws/no_ledger.rs"]
pub mod ledger;

mod project;

#[cfg(feature = "https")]
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_directconnect::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
#[cfg(feature = "https")]
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

use crate::clock;
use crate::record::AwsError;
use crate::turn::Answer;

/// What opening a connection may take, its TLS handshake included.
const CONNECT: Duration = Duration::from_secs(2);

/// What the clients share: credentials, Region, endpoints from the environment, one HTTP client, and timeouts, which
/// the SDK by itself does not set. The Region is the environment's: without one no function starts.
///
/// The keys are the environment's if it has some, as on Lambda, which replaces the environment before they expire. The
/// SDK's chain looks there first too, but all of it would be made at every start.
///
/// # Errors
/// Why the roots cannot be used.
pub async fn configuration(keys_in_environment: bool, roots: &Roots) -> Result<SdkConfig, String> {
    let loader = defaults().http_client(http_client(roots)?).region(EnvironmentVariableRegionProvider::new());
    Ok(if keys_in_environment {
        Box::pin(loader.credentials_provider(EnvironmentVariableCredentialsProvider::new()).load()).await
    } else {
        Box::pin(loader.load()).await
    })
}

/// The same before anything is read from the environment: what is not the environment's to say.
#[must_use]
pub fn defaults() -> ConfigLoader {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(clock::READ).build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts)
        // It watches how fast bodies come; here they are small, and each attempt has its time.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// Who may vouch for AWS's certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Amazon Trust Services alone, which AWS's services are certified by
    /// (<https://www.amazontrust.com/repository>): to read all the system's is a quarter of a cold start.
    Amazon,
    /// Those that the system trusts.
    System,
    /// Those of this PEM file's content.
    These(Vec<u8>),
}

impl Roots {
    /// The usual ones in this Region. (Assumed: Amazon's alone are enough in the commercial Regions and in GovCloud. The
    /// certificates of AWS's other partitions, whose operators are not Amazon everywhere, are left to the system.)
    #[must_use]
    pub fn of(region: &str) -> Self {
        let elsewhere = region.starts_with("cn-") || region.starts_with("eusc-") || region.contains("-iso");
        if elsewhere { Self::System } else { Self::Amazon }
    }

    #[cfg(feature = "https")]
    fn trusted(&self) -> Result<TlsContext, String> {
        let only = |pem: &[u8]| TrustStore::empty().with_pem_certificate(pem);
        let store = match self {
            Self::Amazon => only(include_bytes!("aws/amazon-roots.pem")),
            Self::System => TrustStore::default(),
            Self::These(pem) => only(pem),
        };
        TlsContext::builder().with_trust_store(store).build().map_err(|error| error.to_string())
    }
}

/// The SDK's default HTTP client, but one for all: by default each client makes its own, with the same roots once more.
/// They are read here, before the first invocation.
///
/// # Errors
/// Why the roots cannot be used.
pub fn http_client(roots: &Roots) -> Result<SharedHttpClient, String> {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
    let connector = Connector::builder().connector_settings(settings).proxy_config(ProxyConfig::from_env());
    #[cfg(feature = "https")]
    let connector = {
        let connector = connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(roots.trusted()?);
        // The SDK panics over what is no certificate.
        std::panic::catch_unwind(AssertUnwindSafe(|| connector.build()))
            .map_err(|_| "the roots to trust (AWS_CA_BUNDLE) are not all certificates".to_owned())?
    };
    #[cfg(not(feature = "https"))]
    let (connector, _) = (connector.build_http(), roots);
    let connector = SharedHttpConnector::new(connector);
    Ok(http_client_fn(move |_, _| connector.clone()))
}

/// What AWS, or the way to it, answered instead of a result. In our own words where AWS did not speak: the SDK's
/// `Debug` may hold whole answers.
fn answer<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Answer {
    let no_words = |code: &str, message: &str| Answer::Indefinite(AwsError::new(code, message));
    match error {
        SdkError::ServiceError(context) => match context.err().code() {
            Some(code) => Answer::of(AwsError::new(code, context.err().message().unwrap_or_default())),
            None => no_words("UnreadableAnswer", "AWS answered with an error that has no code"),
        },
        SdkError::ConstructionFailure(_) => {
            Answer::PutOff(AwsError::new("NotSent", "the request could not be built or signed"))
        }
        SdkError::TimeoutError(_) => no_words("NoAnswer", "no answer came in time"),
        SdkError::DispatchFailure(_) => no_words("NoAnswer", "the connection failed before an answer came"),
        SdkError::ResponseError(_) => no_words("UnreadableAnswer", "AWS's answer could not be read"),
        _ => no_words("NoAnswer", "the SDK failed in a way that is new to this program"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazon_vouches_where_amazon_operates() {
        for region in ["us-east-1", "eu-central-2", "us-gov-west-1"] {
            assert_eq!(Roots::of(region), Roots::Amazon, "{region}");
        }
        for region in ["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"] {
            assert_eq!(Roots::of(region), Roots::System, "{region}");
        }
    }

    #[test]
    fn five_roots_are_built_in() {
        let pem = include_str!("aws/amazon-roots.pem");
        assert_eq!(pem.matches("-----BEGIN CERTIFICATE-----").count(), 5);
        assert!(http_client(&Roots::Amazon).is_ok());
        let broken = pem.replace("MII", "AAA").into_bytes();
        assert!(http_client(&Roots::These(broken)).is_err());
    }
}
