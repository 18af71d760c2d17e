//! A request that has taken its interface, for tables of tests to change one thing of.

use time::{Duration, OffsetDateTime};

use super::{Entry, Held, Intent, Key, Lease, Seen, Times};
use crate::check::example::example;
use crate::estate::Found;
use crate::record::{Decided, Outcome, Record, Saying};
use crate::request::Request;

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::days(20_000)
}

/// The deadline is a minute off, and an unanswered call may be applied for five minutes more.
pub(crate) fn times() -> Times {
    Times { now: now(), deadline: now() + Duration::MINUTE, in_doubt: Duration::minutes(5) }
}

pub(crate) fn request() -> Request {
    example().0
}

pub(crate) fn key() -> Key {
    Key::of(&request())
}

/// What is said of the example when it turns out like this.
pub(crate) fn saying(outcome: Outcome) -> Saying {
    let (request, facts) = example();
    let decided = match outcome {
        Outcome::Unsettled => Decided::unanswered(crate::check::Report::default()),
        _ => Decided::without_call(outcome, crate::check::Report::default()),
    };
    let record = Record::new(request, &Found::Facts(Box::new(facts)), decided, now());
    Saying::of(&record, record.resources("aws", "us-east-1", "123456789012"))
}

pub(crate) fn intent() -> Intent {
    let request = request();
    Intent {
        token: "attempt-1".to_owned(),
        virtual_interface_id: request.virtual_interface_id,
        arrives_on: vec![request.connection_id],
        leaves: Some("dxcon-fexample".to_owned()),
        saying: saying(Outcome::Unsettled),
    }
}

pub(crate) fn held() -> Held {
    Seen::default().begin(&key(), intent(), times())
}

/// The ledger with these items.
pub(crate) fn seen(entry: Entry, lease: Lease) -> Seen {
    Seen { entry: Some(entry), lease: Some(lease) }
}
