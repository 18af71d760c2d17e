//! The edge to AWS: the only files that name an SDK. SDK types, and the secrets in them, end here.
//!
//! Nothing here decides anything. No SDK value is printed, logged or kept: their `Debug` shows BGP keys.

pub mod direct_connect;
pub mod event_bus;
pub mod ledger;

mod project;

use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_directconnect::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
#[cfg(feature = "https")]
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
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
/// SDK's chain looks there first too, and is built only where it is needed: it is a tenth of a cold start.
pub async fn configuration(keys_in_environment: bool) -> SdkConfig {
    let loader = defaults().http_client(http_client()).region(EnvironmentVariableRegionProvider::new());
    if keys_in_environment {
        loader.credentials_provider(EnvironmentVariableCredentialsProvider::new()).load().await
    } else {
        loader.load().await
    }
}

/// The same before anything is read from the environment: what is not the environment's to say.
#[must_use]
pub fn defaults() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12()).retry_config(RetryConfig::standard()).timeout_config(
        TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(clock::READ).build(),
    )
}

/// The SDK's default HTTP client, but one for all: by default each client makes its own, with the system's roots once
/// more. They are read here, before the first invocation.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
    let connector = Connector::builder().connector_settings(settings).proxy_config(ProxyConfig::from_env());
    #[cfg(feature = "https")]
    let connector = connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build();
    #[cfg(not(feature = "https"))]
    let connector = connector.build_http();
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
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
