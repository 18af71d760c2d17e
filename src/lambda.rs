//! The edge to Lambda: environment, clock, logging, the runtime's loop. The only file that reads the clock and the
//! environment; everything inside gets them as arguments.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Task, Poll};

use lambda_runtime::{Context, Diagnostic, LambdaEvent, LambdaInvocation, Runtime, Service, service_fn};
use serde_json::value::RawValue;
use time::{Duration, OffsetDateTime};
use tracing::Instrument as _;
use tracing::instrument::Instrumented;

use crate::associate::{Associate, Invocation, Settings, Told};
use crate::aws;
use crate::aws::direct_connect::DirectConnect;
use crate::aws::event_bus::EventBus;
use crate::check::Finding;
use crate::clock::Clock;
use crate::error::{Error, Name};
use crate::log;
use crate::metrics::Count;
use crate::record::Outcome;

/// Runs the `associate` function under the Lambda runtime until Lambda ends the process.
#[must_use]
pub fn associate() -> ExitCode {
    log::start(variable("AWS_LAMBDA_LOG_LEVEL").as_deref(), now);
    let result = settings(variable).and_then(|settings| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(serve(settings))
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!(why, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn serve(settings: Settings) -> Result<(), String> {
    let configuration = aws::configuration().await;
    let direct_connect = DirectConnect::new(&configuration);
    let event_bus = EventBus::new(&configuration, settings.event_bus.clone(), settings.event_source.clone());
    let associate: &'static Associate = Box::leak(Box::new(Associate::new(direct_connect, event_bus, settings)));
    let handler = service_fn(move |event| answer(associate, event));
    Runtime::new(handler)
        .layer(lambda_runtime::tower::layer::layer_fn(InSpan))
        .run()
        .await
        .map_err(|error| error.to_string())
}

async fn answer(associate: &'static Associate, event: LambdaEvent<Box<RawValue>>) -> Result<Box<RawValue>, Error> {
    let (payload, context) = event.into_parts();
    let invocation = invocation(&context);
    let handled = {
        let invocation = invocation.clone();
        async move { associate.handle(payload.get(), &invocation).await }
    };
    // On a task of its own a panic ends here, with a name that a state machine knows: it may have moved.
    let told = tokio::spawn(handled.in_current_span()).await;
    let told = told.unwrap_or_else(|_| Err(Error::new(Name::AssociationUnsettled, "the function failed inside")));
    count(&context, &invocation, told.as_ref());
    let answer = told.and_then(|told| told.answer);
    if let Err(error) = &answer {
        tracing::warn!(errorType = error.name.as_str(), errorMessage = error.message, "answered with an error");
    }
    answer
}

fn invocation(context: &Context) -> Invocation {
    let (partition, account) = owner_of(&context.invoked_function_arn);
    Invocation {
        request_id: context.request_id.clone(),
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

fn count(context: &Context, invocation: &Invocation, told: Result<&Told, &Error>) {
    let unsaid = |told: &Told| told.answer.as_ref().err().is_some_and(|error| error.name == Name::RecordNotEmitted);
    let count = Count {
        function: &context.env_config.function_name,
        lambda_request_id: &context.request_id,
        outcome: match told {
            Ok(told) if unsaid(told) => Name::RecordNotEmitted.as_str(),
            Ok(told) => told.record.outcome.as_str(),
            // Without a record only where the function itself failed: the alarm for unsettled moves must hear of it.
            Err(error) if error.name == Name::AssociationUnsettled => Outcome::Unsettled.as_str(),
            Err(error) => error.name.as_str(),
        },
        emitted: told.ok().map(|told| told.emitted),
        refused_by: told.map_or_else(|_| Vec::new(), |told| blocking_checks(&told.record.checks.findings)),
        took: invocation.clock.elapsed(),
    };
    for line in count.lines(now()) {
        log::write(&line);
    }
}

fn blocking_checks(findings: &[Finding]) -> Vec<&'static str> {
    let mut checks: Vec<_> = findings.iter().filter(|finding| finding.blocks()).map(|finding| finding.check).collect();
    checks.dedup();
    checks
}

/// Reads the settings.
///
/// # Errors
/// Says which variable is missing or wrong.
pub fn settings(variable: impl Fn(&str) -> Option<String>) -> Result<Settings, String> {
    if variable("AWS_ACCOUNT_ID").is_some_and(|id| id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("AWS_ACCOUNT_ID is not an account id".to_owned());
    }
    let number = |name: &str, default: u32| {
        let text = variable(name);
        text.map_or(Ok(default), |text| text.parse().map_err(|_| format!("{name} is not a whole number")))
    };
    Ok(Settings {
        event_bus: variable("EVENT_BUS_NAME").ok_or("EVENT_BUS_NAME is not set: it names the bus for the records")?,
        event_source: variable("EVENT_SOURCE").unwrap_or_else(|| "associate-virtual-interface".to_owned()),
        max_request_age: Duration::seconds(number("MAX_REQUEST_AGE_SECONDS", 900)?.into()),
        min_healthy_paths: usize::try_from(number("MIN_HEALTHY_PATHS", 1)?).map_err(|error| error.to_string())?,
        region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).ok_or("AWS_REGION is not set")?,
    })
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
    fn settings_have_defaults_and_say_what_is_wrong() {
        let with = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            settings(move |name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
        };
        let needed = [("EVENT_BUS_NAME", "bus"), ("AWS_REGION", "eu-west-1")];
        let defaults = with(&needed).unwrap();
        assert_eq!(defaults.event_source, "associate-virtual-interface");
        assert_eq!((defaults.max_request_age, defaults.min_healthy_paths), (Duration::minutes(15), 1));
        for (name, value) in [
            ("MAX_REQUEST_AGE_SECONDS", "soon"),
            ("MIN_HEALTHY_PATHS", "-1"),
            ("AWS_ACCOUNT_ID", "12345678901"),
            ("AWS_ACCOUNT_ID", "12345678901x"),
        ] {
            let wrong = with(&[needed[0], needed[1], (name, value)]).unwrap_err();
            assert!(wrong.starts_with(name), "{wrong}");
        }
        assert!(with(&needed[..1]).unwrap_err().starts_with("AWS_REGION"));
        assert!(with(&needed[1..]).unwrap_err().starts_with("EVENT_BUS_NAME"));
    }

    #[test]
    fn the_owner_of_the_function_is_told_by_its_arn_if_that_is_one() {
        let china = "arn:aws-cn:lambda:cn-north-1:123456789012:function:associate:live";
        assert_eq!(owner_of(china), (Some("aws-cn".to_owned()), Some("123456789012".to_owned())));
        for odd in ["function-arn", "", "arn:aws:lambda:us-east-1:1234:function:associate"] {
            assert_eq!(owner_of(odd), (None, None), "{odd}");
        }
    }
}
