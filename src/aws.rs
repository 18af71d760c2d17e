//! The edge to AWS: the only files that name an SDK. SDK types, and the secrets in them, end here.
//!
//! Nothing here decides anything. No SDK value is printed, logged or kept: their `Debug` shows BGP keys.

pub mod direct_connect;
pub mod event_bus;
pub mod ledger;

mod project;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_directconnect::error::{ProvideErrorMetadata, SdkError};

use crate::clock;
use crate::record::AwsError;
use crate::turn::Answer;

/// What the clients share: credentials, Region, endpoints from the environment, one HTTP client, and timeouts, which
/// the SDK by itself does not set.
pub async fn configuration() -> SdkConfig {
    defaults().load().await
}

/// The same before anything is read from the environment: what is not the environment's to say.
#[must_use]
pub fn defaults() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12()).retry_config(RetryConfig::standard()).timeout_config(
        TimeoutConfig::builder()
            .connect_timeout(std::time::Duration::from_secs(2))
            .operation_attempt_timeout(clock::READ)
            .build(),
    )
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
