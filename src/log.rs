//! Our log: one JSON object a line, in the shape that Lambda's JSON logging and Logs Insights understand: an RFC 3339
//! `timestamp`, a `level`, a `message`, what the invocation's span holds, and what the line itself adds.
//!
//! The SDK and the HTTP crates are capped at INFO whatever level is asked for: at TRACE they log whole answers, and
//! those hold BGP keys.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The target of the line that holds the record, or the plan; written at every level, for it may be the only trace of a move.
pub const RECORD: &str = "record";
/// The fields of a line whose text is JSON already and is embedded as such.
const EMBEDDED: [&str; 2] = ["record", "plan"];

/// Starts logging to standard output at this level (`AWS_LAMBDA_LOG_LEVEL`; INFO when absent or not a level).
pub fn start(level: Option<&str>, now: fn() -> OffsetDateTime) {
    let ours = match level.map(str::to_ascii_uppercase).as_deref() {
        Some("TRACE") => LevelFilter::TRACE,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some("WARN") => LevelFilter::WARN,
        Some("ERROR" | "FATAL") => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    };
    let others = ours.min(LevelFilter::INFO);
    let levels = Targets::new()
        .with_default(others)
        .with_target(env!("CARGO_CRATE_NAME"), ours)
        // The runtime logs every error once more, in the shape of a Rust type. Ours are logged by name in `lambda.rs`.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_target(RECORD, LevelFilter::INFO);
    tracing_subscriber::registry().with(Lines { now }.with_filter(levels)).init();
    // Where it failed and not what it said: a panic's words may hold data.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "the function failed inside");
    }));
}

/// The time as it stands in a line.
#[must_use]
pub fn timestamp(now: OffsetDateTime) -> String {
    now.format(&Rfc3339).unwrap_or_default()
}

/// Writes one line, at once. A failure to write has nobody to be told of it.
pub fn write(line: &impl Serialize) {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    let _ = std::io::stdout().lock().write_all(&text);
}

struct Lines {
    now: fn() -> OffsetDateTime,
}

/// The members of a line, each as JSON already: a record is not taken apart and put together again.
#[derive(Clone, Default, Serialize)]
struct Members(BTreeMap<&'static str, Box<RawValue>>);

impl Members {
    fn add(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) {
        self.0.insert(name, to_raw_value(value).unwrap_or_default());
    }
}

impl Visit for Members {
    fn record_str(&mut self, field: &Field, value: &str) {
        // What is embedded must not end the line.
        let embeds = EMBEDDED.contains(&field.name()) && !value.contains('\n');
        let json = embeds.then(|| RawValue::from_string(value.to_owned()).ok());
        match json.flatten() {
            Some(json) => _ = self.0.insert(field.name(), json),
            None => self.add(field.name(), value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut members = Members::default();
        attributes.record(&mut members);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(members);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Members::default();
        line.add("timestamp", &timestamp((self.now)()));
        line.add("level", event.metadata().level().as_str());
        line.add("target", event.metadata().target());
        for span in context.event_scope(event).into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            if let Some(members) = span.extensions().get::<Members>() {
                line.0.extend(members.clone().0);
            }
        }
        event.record(&mut line);
        write(&line);
    }
}
