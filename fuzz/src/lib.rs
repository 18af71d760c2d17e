//! What no payload and no answer of AWS may bring about, whatever stands in it: a panic, an echo of what was rejected, a
//! secret outside of the edge, a second call, a "no" that AWS did not say.
//!
//! One file for each target, with one function `check` that takes libFuzzer's bytes and panics where something does not
//! hold. Each judges by a reading of its own, never by asking the function what it meant. It uses what the function's crate
//! shows to everyone, and must not need more.

#![forbid(unsafe_code)]

pub mod classifier;
pub mod earlier;
pub mod envelope;
pub mod ledger;
pub mod projection;
pub mod request;

mod canary;
mod controls;
mod echo;
mod log;
mod stage;

use associate_virtual_interface::request::Arrival;
use time::{Duration, OffsetDateTime};

/// The id that Lambda gave to the invocation.
const INVOCATION: &str = "lambda-invocation-1";
/// The `source` of our own events.
const OWN_SOURCE: &str = "associate-virtual-interface";
/// The oldest envelope that is acted on, in seconds.
const MAX_AGE: i64 = 900;

/// What o'clock it is: 2026-11-23T02:01:00Z, a minute after the events in `events/`.
fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_795_399_260)
}

/// The circumstances in which every payload arrives.
fn arrival() -> Arrival<'static> {
    Arrival {
        now: now(),
        lambda_request_id: INVOCATION,
        partition: "aws",
        region: "us-east-1",
        own_source: OWN_SOURCE,
        max_age: Duration::seconds(MAX_AGE),
    }
}
