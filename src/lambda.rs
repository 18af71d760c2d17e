//! The edge to Lambda: environment, clock, logging, the runtime's loop. The only file that reads the clock and the
//! environment; everything inside gets them as arguments.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Task, Poll};

use aws_config::SdkConfig;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, LambdaInvocation, Runtime, Service, service_fn};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use tracing::Instrument as _;
use tracing::instrument::Instrumented;

use crate::associate::{Associate, Invocation};
use crate::aws::{self, Roots};
use crate::clock::Clock;
use crate::error::{Error, Name};
use crate::evacuate::Evacuate;
use crate::log;
use crate::metrics::{Count, Tally};
use crate::record::Outcome;
use crate::verify::Verify;

mod functions;

/// What a function says once it has handled an invocation.
struct Handled {
    answer: Result<Box<RawValue>, Error>,
    tally: Tally,
}

/// One of the functions, as the runtime sees it.
trait Function: Send + Sync + Sized + 'static {
    /// What it is configured with, once, from its environment.
    type Settings;

    /// What an invocation that failed inside is answered with.
    const FAILED_INSIDE: Name;

    fn settings(variable: impl Fn(&str) -> Option<String>) -> Result<Self::Settings, String>;

    fn new(configuration: &SdkConfig, settings: Self::Settings) -> Self;

    fn handle(&'static self, payload: Box<RawValue>, invocation: Invocation) -> impl Future<Output = Handled> + Send;
}

/// Runs the `associate` function under the Lambda runtime until Lambda ends the process.
#[must_use]
pub fn associate() -> ExitCode {
    run::<Associate>()
}

/// Runs the `verify` function under the Lambda runtime until Lambda ends the process.
#[must_use]
pub fn verify() -> ExitCode {
    run::<Verify>()
}

/// Runs the `evacuate` function likewise.
#[must_use]
pub fn evacuate() -> ExitCode {
    run::<Evacuate>()
}

fn run<F: Function>() -> ExitCode {
    log::start(variable("AWS_LAMBDA_LOG_LEVEL").as_deref(), now);
    let result = F::settings(variable).and_then(|settings| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(serve::<F>(settings))
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!(why, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn serve<F: Function>(settings: F::Settings) -> Result<(), String> {
    let has_keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].iter().all(|name| variable(name).is_some());
    let configuration = aws::configuration(has_keys, &roots(variable)?).await?;
    let function: &'static F = Box::leak(Box::new(F::new(&configuration, settings)));
    // On the heap, like the SDK's: the runtime moves it a dozen times.
    let handler = service_fn(move |event| Box::pin(answer(function, event)));
    Runtime::new(handler)
        .layer(lambda_runtime::tower::layer::layer_fn(InSpan))
        .run()
        .await
        .map_err(|error| error.to_string())
}

/// Whom to trust: who is named as for the other SDKs, the system where that is told what it trusts, or the usual ones.
fn roots(variable: impl Fn(&str) -> Option<String>) -> Result<Roots, String> {
    if let Some(path) = variable("AWS_CA_BUNDLE") {
        let pem = std::fs::read(&path).map_err(|error| format!("AWS_CA_BUNDLE, {path}, cannot be read: {error}"))?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(format!("AWS_CA_BUNDLE, {path}, holds no certificate"));
        }
        return Ok(Roots::These(pem));
    }
    if ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().any(|name| variable(name).is_some()) {
        return Ok(Roots::System);
    }
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    Ok(region.map_or(Roots::System, |region| Roots::of(&region)))
}

async fn answer<F: Function>(function: &'static F, event: LambdaEvent<Box<RawValue>>) -> Result<Box<RawValue>, Error> {
    let (payload, context) = event.into_parts();
    let invocation = invocation(&context);
    let clock = invocation.clock;
    // On a task of its own a panic ends here, with a name that a state machine knows.
    let handled = tokio::spawn(Box::pin(function.handle(payload, invocation)).in_current_span()).await;
    let Handled { answer, tally } = handled.unwrap_or_else(|_| Handled {
        answer: Err(Error::new(F::FAILED_INSIDE, "the function failed inside")),
        tally: Tally::of(outcome_of(F::FAILED_INSIDE)),
    });
    let count = Count {
        function: &context.env_config.function_name,
        lambda_request_id: &context.request_id,
        tally,
        took: clock.elapsed(),
    };
    for line in count.lines(now()) {
        log::write(&line);
    }
    if let Err(error) = &answer {
        tracing::warn!(errorType = error.name.as_str(), errorMessage = error.message, "answered with an error");
    }
    answer
}

/// The name that an error is counted by. One that leaves nobody sure of the interface counts as the outcome `unsettled`,
/// with a record or without one: the alarm must hear of both.
fn outcome_of(name: Name) -> &'static str {
    match name {
        Name::AssociationUnsettled => Outcome::Unsettled.as_str(),
        name => name.as_str(),
    }
}

fn invocation(context: &Context) -> Invocation {
    let (partition, account) = owner_of(&context.invoked_function_arn);
    Invocation {
        request_id: context.request_id.clone(),
        nonce: fastrand::u64(..),
        account: variable("AWS_ACCOUNT_ID").or(account),
        partition: partition.unwrap_or_else(|| "aws".to_owned()),
        trace: context.xray_trace_id.clone(),
        clock: Clock::start(now(), context.deadline),
    }
}

/// Partition and account of `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME`. Local emulators send things that are no
/// ARN, or one with an account of their own: for them `AWS_ACCOUNT_ID`, the SDKs' own variable, goes first.
fn owner_of(arn: &str) -> (Option<String>, Option<String>) {
    let mut parts = arn.split(':');
    match (parts.next(), parts.next(), parts.nth(2)) {
        (Some("arn"), Some(partition), Some(account)) if account.len() == 12 => {
            (Some(partition.to_owned()), Some(account.to_owned()))
        }
        _ => (None, None),
    }
}

/// Puts every invocation into a span, so that each line tells which one it belongs to, and replaces a payload that is
/// not JSON by one that is no request: the runtime would answer it with the name of a Rust type.
#[derive(Clone)]
struct InSpan<S>(S);

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for InSpan<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> Self::Future {
        static WARM: AtomicBool = AtomicBool::new(false);
        let context = &invocation.context;
        // At the level of errors, so that no level of logging switches it off.
        let span = tracing::error_span!(
            "invocation",
            requestId = context.request_id,
            xrayTraceId = context.xray_trace_id,
            coldStart = !WARM.swap(true, Ordering::Relaxed),
            functionName = context.env_config.function_name,
        );
        if serde_json::from_slice::<&RawValue>(&invocation.body).is_err() {
            invocation.body = b"\"not JSON\"".as_slice().into();
        }
        let inner = span.in_scope(|| self.0.call(invocation));
        inner.instrument(span)
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.name.as_str().to_owned(), error_message: error.message }
    }
}

/// An environment variable; an empty one is none.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_carries_exactly_the_name() {
        for name in Name::ALL {
            let diagnostic = Diagnostic::from(Error::new(name, "why"));
            assert_eq!((diagnostic.error_type.as_str(), diagnostic.error_message.as_str()), (name.as_str(), "why"));
            assert_eq!(format!("{name:?}"), name.as_str());
        }
    }

    #[test]
    fn the_owner_of_the_function_is_told_by_its_arn_if_that_is_one() {
        let china = "arn:aws-cn:lambda:cn-north-1:123456789012:function:associate:live";
        assert_eq!(owner_of(china), (Some("aws-cn".to_owned()), Some("123456789012".to_owned())));
        for odd in ["function-arn", "", "arn:aws:lambda:us-east-1:1234:function:associate"] {
            assert_eq!(owner_of(odd), (None, None), "{odd}");
        }
    }

    #[test]
    fn whom_to_trust_is_named_or_the_system_s_or_amazon_alone() {
        let with = |pairs: &[(&str, &str)]| {
            roots(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        let (virginia, china) = (("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "cn-north-1"));
        assert_eq!(with(&[virginia]), Ok(Roots::Amazon));
        assert_eq!(with(&[china]), Ok(Roots::System));
        assert_eq!(with(&[virginia, ("SSL_CERT_DIR", "/etc/ssl")]), Ok(Roots::System));
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/amazon-roots.pem");
        let named = Ok(Roots::These(std::fs::read(file).unwrap()));
        assert_eq!(with(&[virginia, ("SSL_CERT_FILE", "/etc/ssl/cert.pem"), ("AWS_CA_BUNDLE", file)]), named);
        let unreadable = with(&[virginia, ("AWS_CA_BUNDLE", "/nowhere.pem")]).unwrap_err();
        assert!(unreadable.starts_with("AWS_CA_BUNDLE, /nowhere.pem, cannot be read"), "{unreadable}");
        let empty = with(&[virginia, ("AWS_CA_BUNDLE", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))]);
        assert!(empty.unwrap_err().ends_with("holds no certificate"));
    }
}
