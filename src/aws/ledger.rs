//! The ledger over the wire: one DynamoDB table, read consistently, written only where nobody else has written.
//!
//! It reads and writes items and must not judge: what they mean is in `ledger.rs`. An item that it cannot read is an
//! error, never an absence. It has no way to delete anything.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use time::OffsetDateTime;
use tokio::time::{Instant, timeout_at};

use self::item::{YES, members, milliseconds, text};
use super::answer;
use crate::error::{Error, Name};
use crate::estate::Failed;
use crate::ledger::{Beside, Entry, Held, Key, Lease, Seen, Unwritten, unavailable};

mod item;

/// The index of the requests that somebody must look after.
const UNFINISHED: &str = "unfinished";
/// What one attempt at a call may take. The SDK makes up to three.
const ATTEMPT: Duration = Duration::from_secs(1);

/// What a transaction may have. (API reference, TransactWriteItems.)
const MOST_ACTIONS: usize = 100;

type Item = HashMap<String, AttributeValue>;

/// The client of the ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    client: Client,
    table: String,
    in_doubt: time::Duration,
}

impl Ledger {
    /// A client of this table; an unanswered call may be applied for so long.
    #[must_use]
    pub fn new(configuration: &SdkConfig, table: String, in_doubt: time::Duration) -> Self {
        let timeout = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build();
        let quota = RetryPartition::custom("ledger").build();
        let client = Builder::from(configuration).timeout_config(timeout).retry_partition(quota).build();
        let client = Client::from_conf(client);
        Self { client, table, in_doubt }
    }

    /// `IN_DOUBT_SECONDS`: how long after its attempt is over a call without an answer may still be applied.
    #[must_use]
    pub fn in_doubt(&self) -> time::Duration {
        self.in_doubt
    }

    /// Reads both items of a request.
    ///
    /// # Errors
    /// [`Name::AccessDenied`] and [`Name::Unavailable`]: without the ledger nothing is begun.
    pub async fn look(&self, key: &Key) -> Result<Seen, Error> {
        let (entry, lease) = tokio::join!(self.entry(&key.request), self.lease(&key.lease));
        Ok(Seen { entry: entry?, lease: lease? })
    }

    /// Reads the item of a request.
    ///
    /// # Errors
    /// As of [`Self::look`].
    pub async fn entry(&self, id: &str) -> Result<Option<Entry>, Error> {
        self.get(id).await?.map(|item| item::entry(&item).map_err(|what| unreadable(id, what))).transpose()
    }

    /// Reads the lease of an interface.
    ///
    /// # Errors
    /// As of [`Self::look`].
    pub async fn lease(&self, id: &str) -> Result<Option<Lease>, Error> {
        self.get(id).await?.map(|item| item::lease(&item).map_err(|what| unreadable(id, what))).transpose()
    }

    async fn get(&self, id: &str) -> Result<Option<Item>, Error> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let read = Box::pin(request.key("id", text(id)).send()).await;
        read.map(|read| read.item).map_err(|error| unavailable("read", &answer(&error).into_failed()))
    }

    /// Writes both items before the call, if neither has changed since `seen`, and the others are quiet: one transaction.
    ///
    /// # Errors
    /// Why that is not known to have happened.
    pub async fn begin(&self, held: &Held, seen: &Seen, beside: &Beside, until: Instant) -> Result<(), Unwritten> {
        // More than a transaction takes are not looked at. A Direct Connect gateway has 30 interfaces at most, a virtual
        // private gateway any number. (User Guide, quotas.)
        let leases = beside.leases.iter().take(MOST_ACTIONS - 2);
        let mut items = self.puts(held, seen);
        items.extend(leases.map(|lease| self.quiet(lease, beside.quiet_since)));
        self.transact(items, until).await.map_err(|unwritten| match unwritten {
            Refused::At(number) => {
                Unwritten::Changed(number.checked_sub(2).and_then(|number| beside.leases.get(number)).cloned())
            }
            Refused::Failed(failed) => Unwritten::Failed(failed),
        })
    }

    /// Writes both items, if neither has changed since `seen`.
    ///
    /// # Errors
    /// Why that is not known to have happened.
    pub async fn write(&self, held: &Held, seen: &Seen, until: Instant) -> Result<(), Unwritten> {
        Ok(self.transact(self.puts(held, seen), until).await?)
    }

    /// Writes the item of a request, if it has not changed since.
    ///
    /// # Errors
    /// Why that is not known to have happened.
    pub async fn write_entry(&self, entry: &Entry, seen: Option<&Entry>, until: Instant) -> Result<(), Unwritten> {
        let entry = self.put(item::of_entry(entry), seen.map(|seen| &seen.token));
        Ok(self.transact(vec![entry], until).await?)
    }

    fn puts(&self, held: &Held, seen: &Seen) -> Vec<TransactWriteItem> {
        let entry = self.put(item::of_entry(&held.entry), seen.entry.as_ref().map(|entry| &entry.token));
        let lease = self.put(item::of_lease(&held.lease), seen.lease.as_ref().map(|lease| &lease.token));
        vec![entry, lease]
    }

    fn put(&self, item: Item, seen: Option<&String>) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match seen {
            None => put.condition_expression("attribute_not_exists(id)"),
            Some(token) => put
                .condition_expression("#token = :seen")
                .expression_attribute_names("#token", "token")
                .expression_attribute_values(":seen", text(token)),
        };
        // Table and item are set above, and nothing else is required.
        TransactWriteItem::builder().set_put(put.build().ok()).build()
    }

    /// That nobody is moving an interface, or has let it go since then; who has died on it may have held it until then.
    fn quiet(&self, lease: &str, since: OffsetDateTime) -> TransactWriteItem {
        let check = ConditionCheck::builder().table_name(&self.table).key("id", text(lease)).condition_expression(
            "attribute_exists(holder) AND in_progress_expiration < :since OR attribute_not_exists(holder) AND \
             (attribute_not_exists(free_since) OR free_since < :since)",
        );
        let check = check.expression_attribute_values(":since", milliseconds(since));
        // All that is required is set above.
        TransactWriteItem::builder().set_condition_check(check.build().ok()).build()
    }

    async fn transact(&self, items: Vec<TransactWriteItem>, until: Instant) -> Result<(), Refused> {
        // The SDK gives each request a token of its own, the same for all its attempts: they are applied once.
        let write = self.client.transact_write_items().set_transact_items(Some(items));
        match timeout_at(until, Box::pin(write.send())).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => match in_the_way(&error) {
                Some(number) => Err(Refused::At(number)),
                None => Err(Refused::Failed(answer(&error).into_failed())),
            },
            Err(_) => Err(Refused::Failed(Failed::late())),
        }
    }

    /// Notes that the bus has the record: only that, for the record itself is large.
    ///
    /// # Errors
    /// Why that is not known to have happened.
    pub async fn write_emitted(&self, entry: &Entry, seen: &str, until: Instant) -> Result<(), Unwritten> {
        let change = match entry.due {
            None => "SET emitted = :true, #token = :token REMOVE unfinished, due",
            Some(_) => "SET emitted = :true, #token = :token, due = :due",
        };
        let values = members([
            (":seen", Some(text(seen))),
            (":token", Some(text(&entry.token))),
            (":true", Some(AttributeValue::Bool(true))),
            (":due", entry.due.map(milliseconds)),
        ]);
        let update = self.client.update_item().table_name(&self.table).key("id", text(&entry.id));
        let update = update.update_expression(change).condition_expression("#token = :seen");
        let update = update.expression_attribute_names("#token", "token");
        match timeout_at(until, Box::pin(update.set_expression_attribute_values(Some(values)).send())).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(match error.as_service_error() {
                Some(error) if error.is_conditional_check_failed_exception() => Unwritten::Changed(None),
                _ => Unwritten::Failed(answer(&error).into_failed()),
            }),
            Err(_) => Err(Unwritten::Failed(Failed::late())),
        }
    }

    /// The ids of requests that somebody must look after by now, the longest overdue first, at most so many.
    ///
    /// # Errors
    /// As of [`Self::look`].
    pub async fn unfinished(&self, now: OffsetDateTime, most: i32) -> Result<Vec<String>, Error> {
        let query = self.client.query().table_name(&self.table).index_name(UNFINISHED).limit(most);
        let query = query.key_condition_expression("unfinished = :yes AND due <= :now");
        let query = query.expression_attribute_values(":yes", text(YES));
        let read = Box::pin(query.expression_attribute_values(":now", milliseconds(now)).send()).await;
        let read = read.map_err(|error| unavailable("queried", &answer(&error).into_failed()))?;
        let id = |item: &Item| item.get("id").and_then(|id| id.as_s().ok()).cloned();
        Ok(read.items().iter().filter_map(id).collect())
    }
}

/// Why a transaction was not carried out.
enum Refused {
    /// One item, by its number, is not what it should be, or is being written by somebody else now.
    At(usize),
    /// The table did not take it, or nobody knows.
    Failed(Failed),
}

impl From<Refused> for Unwritten {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::At(_) => Self::Changed(None),
            Refused::Failed(failed) => Self::Failed(failed),
        }
    }
}

/// The number of the first item that kept a transaction from being carried out.
fn in_the_way<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<usize> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return None;
    };
    let mut reasons = cancelled.cancellation_reasons().iter().map(|reason| reason.code());
    reasons.position(|code| matches!(code, Some("ConditionalCheckFailed" | "TransactionConflict")))
}

fn unreadable(id: &str, what: &str) -> Error {
    Error::new(Name::Unavailable, format!("{what} of the ledger's item {id} is missing or is not what it should be"))
}
