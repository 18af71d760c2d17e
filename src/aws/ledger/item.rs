//! The ledger's items as DynamoDB keeps them, and back. A member that is missing or of another type makes the item
//! unreadable; nothing here is guessed. Times of day are numbers: milliseconds, and the seconds that DynamoDB wants of
//! the attribute by which it forgets.

use aws_sdk_dynamodb::types::AttributeValue;
use time::{Duration, OffsetDateTime};

use super::Item;
use crate::error::{Error, Name};
use crate::ledger::{Entry, Lease, Status};
use crate::record::{Outcome, Saying};

/// The one value of the index's key.
pub(super) const YES: &str = "yes";

/// The member that stands in the way.
type Unreadable = &'static str;

pub(super) fn of_entry(entry: &Entry) -> Item {
    let Saying { record, outcome, detail_type, resources, error, unsaid } = &entry.saying;
    let resources = resources.iter().map(|arn| text(arn)).collect();
    let arrives_on = entry.arrives_on.iter().map(|port| text(port)).collect();
    members([
        ("id", Some(text(&entry.id))),
        ("token", Some(text(&entry.token))),
        ("status", Some(text(entry.status.as_str()))),
        ("guard", Some(text(&entry.guard))),
        ("virtual_interface_id", Some(text(&entry.virtual_interface_id))),
        ("arrives_on", Some(AttributeValue::L(arrives_on))),
        ("leaves", entry.leaves.as_deref().map(text)),
        ("in_progress_expiration", Some(milliseconds(entry.running_until))),
        ("in_doubt_until", Some(milliseconds(entry.in_doubt_until))),
        ("last_move", entry.last_move.as_deref().map(text)),
        ("record", Some(text(record))),
        ("outcome", Some(text(outcome.as_str()))),
        ("detail_type", Some(text(detail_type))),
        ("resources", Some(AttributeValue::L(resources))),
        ("error_type", error.as_ref().map(|error| text(error.name.as_str()))),
        ("error_message", error.as_ref().map(|error| text(&error.message))),
        ("unsaid", unsaid.as_deref().map(text)),
        ("emitted", Some(AttributeValue::Bool(entry.emitted))),
        ("unfinished", entry.due.map(|_| text(YES))),
        ("due", entry.due.map(milliseconds)),
        ("expiration", Some(seconds(entry.expires))),
    ])
}

pub(super) fn entry(item: &Item) -> Result<Entry, Unreadable> {
    let item = Reader(item);
    let status = item.text("status")?;
    let outcome = item.text("outcome")?;
    let error = match item.optional_text("error_type")? {
        None => None,
        Some(name) => {
            let name = Name::ALL.into_iter().find(|known| known.as_str() == name).ok_or("error_type")?;
            Some(Error::new(name, item.text("error_message")?))
        }
    };
    Ok(Entry {
        id: item.text("id")?,
        token: item.text("token")?,
        status: Status::ALL.into_iter().find(|known| known.as_str() == status).ok_or("status")?,
        guard: item.text("guard")?,
        virtual_interface_id: item.text("virtual_interface_id")?,
        arrives_on: item.texts("arrives_on")?,
        leaves: item.optional_text("leaves")?,
        running_until: item.time("in_progress_expiration")?,
        in_doubt_until: item.time("in_doubt_until")?,
        last_move: item.optional_text("last_move")?,
        saying: Saying {
            record: item.text("record")?,
            outcome: Outcome::ALL.into_iter().find(|known| known.as_str() == outcome).ok_or("outcome")?,
            detail_type: item.text("detail_type")?,
            resources: item.texts("resources")?,
            error,
            unsaid: item.optional_text("unsaid")?,
        },
        emitted: item.get("emitted")?.as_bool().copied().map_err(|_| "emitted")?,
        due: item.optional_time("due")?,
        expires: item.expiration()?,
    })
}

pub(super) fn of_lease(lease: &Lease) -> Item {
    members([
        ("id", Some(text(&lease.id))),
        ("token", Some(text(&lease.token))),
        ("holder", lease.holder.as_deref().map(text)),
        ("in_progress_expiration", Some(milliseconds(lease.held_until))),
        ("free_since", lease.free_since.map(milliseconds)),
        ("last_move", lease.last_move.as_deref().map(text)),
        ("expiration", Some(seconds(lease.expires))),
    ])
}

pub(super) fn lease(item: &Item) -> Result<Lease, Unreadable> {
    let item = Reader(item);
    Ok(Lease {
        id: item.text("id")?,
        token: item.text("token")?,
        holder: item.optional_text("holder")?,
        held_until: item.time("in_progress_expiration")?,
        free_since: item.optional_time("free_since")?,
        last_move: item.optional_text("last_move")?,
        expires: item.expiration()?,
    })
}

/// Those that are there, by name.
pub(super) fn members<const N: usize>(members: [(&str, Option<AttributeValue>); N]) -> Item {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn milliseconds(time: OffsetDateTime) -> AttributeValue {
    AttributeValue::N((time.unix_timestamp_nanos() / 1_000_000).to_string())
}

fn seconds(time: OffsetDateTime) -> AttributeValue {
    AttributeValue::N(time.unix_timestamp().to_string())
}

struct Reader<'a>(&'a Item);

impl<'a> Reader<'a> {
    fn get(&self, name: &'static str) -> Result<&'a AttributeValue, Unreadable> {
        self.0.get(name).ok_or(name)
    }

    fn text(&self, name: &'static str) -> Result<String, Unreadable> {
        self.get(name)?.as_s().cloned().map_err(|_| name)
    }

    fn optional_text(&self, name: &'static str) -> Result<Option<String>, Unreadable> {
        self.0.get(name).map(|value| value.as_s().cloned().map_err(|_| name)).transpose()
    }

    fn texts(&self, name: &'static str) -> Result<Vec<String>, Unreadable> {
        let all = self.get(name)?.as_l().map_err(|_| name)?;
        all.iter().map(|one| one.as_s().cloned().map_err(|_| name)).collect()
    }

    fn number(&self, name: &'static str) -> Result<i64, Unreadable> {
        self.get(name)?.as_n().ok().and_then(|number| number.parse().ok()).ok_or(name)
    }

    fn time(&self, name: &'static str) -> Result<OffsetDateTime, Unreadable> {
        let since = Duration::milliseconds(self.number(name)?);
        OffsetDateTime::UNIX_EPOCH.checked_add(since).ok_or(name)
    }

    fn optional_time(&self, name: &'static str) -> Result<Option<OffsetDateTime>, Unreadable> {
        self.0.contains_key(name).then(|| self.time(name)).transpose()
    }

    fn expiration(&self) -> Result<OffsetDateTime, Unreadable> {
        OffsetDateTime::from_unix_timestamp(self.number("expiration")?).map_err(|_| "expiration")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::example;

    #[test]
    fn an_item_is_read_as_it_was_written() {
        let held = example::held();
        assert_eq!(entry(&of_entry(&held.entry)).as_ref(), Ok(&held.entry));
        assert_eq!(lease(&of_lease(&held.lease)).as_ref(), Ok(&held.lease));
        for status in Status::ALL {
            let ended = held.clone().end(status, example::saying(Outcome::Rejected), example::times());
            assert_eq!(entry(&of_entry(&ended.entry)).as_ref(), Ok(&ended.entry));
            assert_eq!(lease(&of_lease(&ended.lease)).as_ref(), Ok(&ended.lease));
        }
    }

    #[test]
    fn an_item_without_a_member_or_with_another_type_is_not_read() {
        const OPTIONAL: [&str; 6] = ["leaves", "last_move", "error_type", "unsaid", "unfinished", "due"];
        let whole = of_entry(&example::held().entry);
        for name in whole.keys() {
            let mut odd = whole.clone();
            odd.insert(name.clone(), AttributeValue::Null(true));
            let looked_at = name != "unfinished";
            assert_eq!(entry(&odd).is_err(), looked_at, "{name}");
            odd.remove(name);
            let needed = !OPTIONAL.contains(&name.as_str());
            assert_eq!(entry(&odd).is_err(), needed, "{name}");
        }
        let whole = of_lease(&example::held().lease);
        for name in whole.keys() {
            let mut odd = whole.clone();
            odd.insert(name.clone(), AttributeValue::Bool(true));
            assert_eq!(lease(&odd), Err(lease(&odd).unwrap_err()), "{name}");
        }
    }
}
