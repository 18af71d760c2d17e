//! The bus that takes the records.
//!
//! It offers one until the bus has it or time is up, and must not know what is in it: a record that cannot be emitted is
//! the caller's to tell.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::Builder;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use tokio::time::{sleep, timeout_at};

use super::answer;
use crate::clock::{Clock, RESERVE_FOR_ANSWER};
use crate::turn::Answer;

/// How often the record is offered at most.
const MAX_TRIES: u32 = 5;
/// What is waited before the second try; doubled before each further one, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// What one try may take.
const TRY: Duration = Duration::from_secs(2);

/// The client of the bus.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    name: String,
    source: String,
}

/// One record, ready to be offered.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// `detail-type`.
    pub detail_type: &'a str,
    /// The record as JSON.
    pub detail: &'a str,
    /// What it is about.
    pub resources: &'a [String],
    /// The X-Ray trace that it belongs to.
    pub trace: Option<&'a str>,
}

/// Why a try did not succeed, and whether another may.
struct Missed {
    why: String,
    may_pass: bool,
}

impl EventBus {
    /// A client over this configuration. Its own retries are off: entries that fail inside a successful answer have to
    /// be retried here anyway, and one place should own all retries.
    #[must_use]
    pub fn new(configuration: &SdkConfig, name: String, source: String) -> Self {
        let client = Client::from_conf(Builder::from(configuration).retry_config(RetryConfig::disabled()).build());
        Self { client, name, source }
    }

    /// Offers the record until the bus takes it or the deadline is near. Offering twice does no harm: consumers know a
    /// record by its `id`.
    ///
    /// # Errors
    /// Why the bus did not take it.
    pub async fn emit(&self, event: Event<'_>, clock: &Clock) -> Result<(), String> {
        let mut last = "no time was left".to_owned();
        let mut pause = FIRST_PAUSE;
        for number in 1..=MAX_TRIES {
            let try_until = clock.until(RESERVE_FOR_ANSWER).min(tokio::time::Instant::now() + TRY);
            let missed = match timeout_at(try_until, self.offer(event)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(missed)) => missed,
                Err(_) => Missed { why: "no answer came in time".to_owned(), may_pass: true },
            };
            last = missed.why;
            if !missed.may_pass || number == MAX_TRIES || clock.left(RESERVE_FOR_ANSWER) <= pause {
                break;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(last)
    }

    async fn offer(&self, event: Event<'_>) -> Result<(), Missed> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(&self.source)
            .detail_type(event.detail_type)
            .detail(event.detail)
            .set_resources(Some(event.resources.to_vec()))
            .set_trace_header(event.trace.map(str::to_owned))
            .build();
        let answer = match Box::pin(self.client.put_events().entries(entry).send()).await {
            Ok(answer) => answer,
            Err(error) => {
                let answer = answer(&error);
                let may_pass = matches!(answer, Answer::PutOff(_) | Answer::Indefinite(_));
                return Err(Missed { why: answer.error().to_string(), may_pass });
            }
        };
        let entries = answer.entries.unwrap_or_default();
        match entries.iter().find(|entry| entry.error_code.is_some()) {
            None if answer.failed_entry_count == 0 && !entries.is_empty() => Ok(()),
            None => Err(Missed { why: "the bus did not say that it took the entry".to_owned(), may_pass: true }),
            Some(entry) => Err(missed(entry)),
        }
    }
}

/// AWS documents `InternalFailure` and `ThrottlingException` as the codes of an entry that may be retried.
fn missed(entry: &PutEventsResultEntry) -> Missed {
    let code = entry.error_code().unwrap_or_default();
    let why = crate::record::AwsError::new(code, entry.error_message().unwrap_or_default()).to_string();
    Missed { why, may_pass: matches!(code, "InternalFailure" | "ThrottlingException") }
}
