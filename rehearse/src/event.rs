//! The event that the function is invoked with: the text of a file, as it is. Only what EventBridge would stamp anew is
//! stamped. That the text is JSON is asked of it, since nothing else can be sent to a function; what it says is the
//! function's to judge, so that it is neither put in order nor read with the function's own types.

use std::collections::HashMap;
use std::path::Path;

use dx_sim::{Table, masked};
use serde_json::Value;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const BUILT_IN: &str = include_str!("../../events/request.json");

/// An event and where it comes from.
pub(crate) struct Event {
    /// What a person calls it.
    pub(crate) name: String,
    /// What is sent.
    pub(crate) payload: String,
    /// Whether it is the one that is built in.
    pub(crate) built_in: bool,
    /// Whether its `time` was set to now.
    pub(crate) stamped: bool,
}

impl Event {
    /// Reads the file, or takes the event that is built in. An error names the file and the place, never its content.
    pub(crate) fn read(file: Option<&Path>, now: OffsetDateTime) -> Result<Self, String> {
        let (name, text) = match file {
            None => ("events/request.json".to_owned(), BUILT_IN.to_owned()),
            Some(file) => {
                let name = file.display().to_string();
                let bytes = std::fs::read(file).map_err(|error| format!("{name}: {error}"))?;
                let text = utf8(bytes).ok_or_else(|| format!("{name}: not UTF-8: save it as UTF-8"))?;
                (name, text)
            }
        };
        serde_json::from_str::<&RawValue>(&text)
            .map_err(|error| format!("{name}: not JSON: line {}, column {}", error.line(), error.column()))?;
        if is_inventory(&text) {
            return Err(format!("{name} is an inventory, not a request: give it with --inventory"));
        }
        let now = now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).map_err(|error| error.to_string())?;
        let stamped = stamp(&text, &now);
        Ok(Self { name, built_in: file.is_none(), stamped: stamped.is_some(), payload: stamped.unwrap_or(text) })
    }

    /// The event as it may be shown: without what AWS treats as secrets, which a person may have put there by mistake.
    pub(crate) fn shown(&self) -> Value {
        masked(&self.value())
    }

    /// The event as a value; null if it is nested so deeply that only its text can be sent.
    fn value(&self) -> Value {
        serde_json::from_str(&self.payload).unwrap_or_default()
    }

    /// The id of the interface that it names, at either door and in either spelling.
    pub(crate) fn virtual_interface_id(&self) -> Option<String> {
        let event = self.value();
        let request = if is_envelope(&event) { &event["detail"] } else { &event };
        let id = ["virtualInterfaceId", "VirtualInterfaceId"].iter().find_map(|name| request[*name].as_str())?;
        id.rsplit('/').next().map(str::to_owned)
    }
}

/// The text of a file, without the mark that some editors put before it; `None` if it is in another encoding. UTF-16
/// may pass for UTF-8, but for its zeros.
fn utf8(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?;
    Some(text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text))
}

/// Whether this is a saved answer of AWS, full of BGP keys, in the place of a request.
fn is_inventory(text: &str) -> bool {
    let members: HashMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    Table::ALL.iter().any(|table| members.contains_key(table.member()))
}

/// Whether this is an EventBridge event, by the members that make it one.
pub(crate) fn is_envelope(event: &Value) -> bool {
    ["detail-type", "detail"].iter().all(|member| event.get(member).is_some())
}

/// The text with `time` set to now and every other byte as it was, if it is an event that EventBridge delivers now; a
/// replayed one keeps the time that it had.
fn stamp(text: &str, now: &str) -> Option<String> {
    let members: HashMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let replayed = members.get("replay-name").is_some_and(|name| name.get() != "null");
    if replayed || !members.contains_key("detail-type") || !members.contains_key("detail") {
        return None;
    }
    let Some(old) = members.get("time").map(|time| time.get()) else {
        let (before, members) = text.split_once('{')?;
        return Some(format!("{before}{{\"time\":\"{now}\",{members}"));
    };
    // The old value is a part of the text, so that its address tells where it stands.
    let start = old.as_ptr().addr() - text.as_ptr().addr();
    Some(format!("{}\"{now}\"{}", &text[..start], &text[start + old.len()..]))
}
