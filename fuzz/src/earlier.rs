//! A record as `verify` takes it back: what is accepted is what stands there, a key that somebody put into it ends there,
//! and what is refused is refused without a word of its values.

use associate_virtual_interface::error::Name;
use associate_virtual_interface::record::{Earlier, Outcome};
use serde_json::Value;

use crate::arrival;
use crate::canary::{assert_none, planted};
use crate::request::{is_as_read, plain, quotes_nothing};

/// Takes the bytes as a record.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    as_it_is(text);
    as_it_is(&with_keys(text));
}

/// With a secret in the place of every key that AWS may have returned.
fn with_keys(text: &str) -> String {
    let Ok(mut record) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let keys = serde_json::from_str::<Value>(&planted("{}", true)).expect("JSON");
    for member in ["before", "virtualInterface"] {
        let Some(interface) = record.get_mut(member).and_then(Value::as_object_mut) else { continue };
        interface.extend(keys.as_object().cloned().unwrap_or_default());
        for peer in interface.get_mut("bgpPeers").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(peer) = peer.as_object_mut() {
                peer.extend(keys.as_object().cloned().unwrap_or_default());
            }
        }
    }
    record.to_string()
}

fn as_it_is(text: &str) {
    match Earlier::read(text, arrival()) {
        Ok(earlier) => {
            assert_none(&format!("{earlier:?}"), "an earlier record");
            let read: Value = serde_json::from_str(text).expect("an accepted record is JSON");
            let id = read["requestId"].as_str().unwrap_or(crate::INVOCATION);
            is_as_read(&earlier.request, &read["request"], id);
            assert!(!earlier.request.dry_run, "a dry run moved nothing");
            assert_eq!(read["outcome"], earlier.outcome.as_str());
            let moved = !matches!(earlier.outcome, Outcome::WouldAssociate | Outcome::Refused | Outcome::Rejected);
            assert!(moved, "{:?}", earlier.outcome);
            let interface = &earlier.request.virtual_interface_id;
            let before = earlier.before.as_ref().map(|before| &before.virtual_interface.virtual_interface_id);
            let inverse = earlier.inverse.as_ref().map(|inverse| &inverse.virtual_interface_id);
            assert!(before.is_none_or(|id| id == interface) && inverse.is_none_or(|id| id == interface), "{earlier:?}");
        }
        Err(error) => {
            assert_eq!(error.name, Name::InvalidRequest);
            plain(&error);
            let again = |record: &Value| Earlier::read(&record.to_string(), arrival()).err().map(|error| error.message);
            quotes_nothing(text, &error, again);
        }
    }
}
