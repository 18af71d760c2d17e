//! EventBridge PutEvents: what it refuses as a whole, what it refuses entry by entry, and what the bus then holds.

use serde_json::{Value, json};

use crate::clock;
use crate::ids;
use crate::item::{Item, objects, text};
use crate::wire::ApiError;

const MOST_ENTRIES: usize = 10;
/// "the total entry size must be less than 1MB"
const TOTAL_SIZE: usize = 1024 * 1024;
const LONGEST_DETAIL_TYPE: usize = 128;
/// What EventBridge counts for a given time.
const SIZE_OF_TIME: usize = 14;

/// Why one entry was not accepted, in AWS's code and words.
type EntryError = (&'static str, String);

/// Answers PutEvents and adds the accepted entries to the bus. `failure` is an error code that the first entry meets
/// whatever it holds.
pub(crate) fn put(input: &Item, bus: &mut Vec<Value>, failure: Option<&'static str>) -> Result<Value, ApiError> {
    let entries: Vec<&Item> = objects(input, "Entries").collect();
    check_whole(&entries)?;
    let mut results = Vec::new();
    let mut failed = 0;
    for (index, entry) in entries.into_iter().enumerate() {
        let verdict = match failure.filter(|_| index == 0) {
            Some(code) => Err((code, "The entry could not be put on the bus.".to_owned())),
            None => accepted(entry),
        };
        results.push(match verdict {
            Ok(event) => {
                let result = json!({"EventId": event["EventId"]});
                bus.push(event);
                result
            }
            Err((code, message)) => {
                failed += 1;
                json!({"ErrorCode": code, "ErrorMessage": message})
            }
        });
    }
    Ok(json!({"FailedEntryCount": failed, "Entries": results}))
}

fn check_whole(entries: &[&Item]) -> Result<(), ApiError> {
    let refuse = |message: &str| Err(ApiError::new("ValidationException", message));
    if entries.is_empty() {
        return refuse("1 validation error detected: entries must have at least 1 member");
    }
    if entries.len() > MOST_ENTRIES {
        return refuse("1 validation error detected: entries must have at most 10 members");
    }
    if entries.iter().map(|entry| size(entry)).sum::<usize>() >= TOTAL_SIZE {
        return refuse("Total size of the entries in the request is over the limit.");
    }
    Ok(())
}

/// The size as EventBridge counts it: 14 for a time, and the bytes of the texts.
fn size(entry: &Item) -> usize {
    let time = if entry.get("Time").is_some_and(Value::is_number) { SIZE_OF_TIME } else { 0 };
    let texts = ["Source", "DetailType", "Detail"].map(|member| text(entry, member).map_or(0, str::len));
    let resources = entry.get("Resources").and_then(Value::as_array).into_iter().flatten();
    let resources = resources.filter_map(Value::as_str).map(str::len);
    time + texts.into_iter().chain(resources).sum::<usize>()
}

/// The entry as the bus holds it: its members as sent, `Detail` read as JSON, and `EventId` and `Time`.
fn accepted(entry: &Item) -> Result<Value, EntryError> {
    let source = argument(entry, "Source")?;
    let detail_type = argument(entry, "DetailType")?;
    let detail = argument(entry, "Detail")?;
    if source.starts_with("aws.") {
        return Err(("NotAuthorizedForSourceException", "Not authorized for the source.".to_owned()));
    }
    if detail_type.chars().count() > LONGEST_DETAIL_TYPE {
        let message = "Parameter DetailType is not valid. Reason: DetailType is longer than 128 characters.";
        return Err(("InvalidArgument", message.to_owned()));
    }
    let Ok(detail @ Value::Object(_)) = serde_json::from_str::<Value>(detail) else {
        return Err(("MalformedDetail", "Detail is malformed.".to_owned()));
    };
    let mut event = entry.clone();
    event.retain(|_, value| !value.is_null());
    event.insert("Detail".to_owned(), detail);
    event.insert("EventId".to_owned(), ids::uuid().into());
    event.entry("Time").or_insert_with(|| clock::since_epoch().as_secs().into());
    Ok(Value::Object(event))
}

fn argument<'a>(entry: &'a Item, member: &'static str) -> Result<&'a str, EntryError> {
    let message = || format!("Parameter {member} is not valid. Reason: {member} is a required argument.");
    text(entry, member).ok_or_else(|| ("InvalidArgument", message()))
}
