//! Reading the members of what AWS describes: interfaces, connections, LAGs.
//!
//! Items stay the JSON objects that the inventory holds, so that members nobody here knows are kept and returned.
//! AWS leaves members out, or says `""`, where it has nothing to say; both read as absent here.

use serde_json::{Map, Value};

/// One thing that AWS describes: a JSON object with its members in the order of the inventory.
pub type Item = Map<String, Value>;

/// The text of a member; absent when it is missing, not a string, or `""`.
pub(crate) fn text<'a>(item: &'a Item, member: &str) -> Option<&'a str> {
    item.get(member)?.as_str().filter(|text| !text.is_empty())
}

/// The integer of a member.
pub(crate) fn integer(item: &Item, member: &str) -> Option<i64> {
    item.get(member)?.as_i64()
}

/// The boolean of a member.
pub(crate) fn flag(item: &Item, member: &str) -> Option<bool> {
    item.get(member)?.as_bool()
}

/// The objects in a list member; none when the member is missing.
pub(crate) fn objects<'a>(item: &'a Item, member: &str) -> impl Iterator<Item = &'a Item> + use<'a> {
    item.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
