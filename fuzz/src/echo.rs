//! Whether a message repeats something of the payload that it rejects. Names of members may be said, values may not.
//!
//! A word that stands in both may be our own; so it is changed in the payload, and if the message changes with it, it was
//! an echo.

use serde_json::Value;

/// Shorter words say nothing.
const SHORTEST: usize = 4;
/// Of a payload with thousands of them these are enough.
const MOST: usize = 64;

/// A word of a value of this payload that the message repeats. `again` is the message about another payload.
pub(crate) fn echoed(payload: &Value, message: &str, again: impl Fn(&Value) -> Option<String>) -> Option<String> {
    let mut words = Vec::new();
    collect(payload, &mut words);
    words.sort_unstable();
    words.dedup();
    // A member that is given twice is so no more when it was read, and then another one may be named.
    let unchanged = again(payload).unwrap_or_default();
    let suspects = words.into_iter().filter(|word| message.contains(word.as_str())).take(MOST);
    suspects.into_iter().find(|word| {
        [1, -1].into_iter().any(|by| {
            let other = shifted(word, by);
            let mut changed = payload.clone();
            replace(&mut changed, word, &other);
            // What stands in the message anyway proves nothing.
            !message.contains(&other)
                && !unchanged.contains(&other)
                && again(&changed).is_some_and(|message| message.contains(&other))
        })
    })
}

/// What is made of letters and digits in a value.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= SHORTEST)
}

fn collect(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) => words.extend(words_of(text).map(str::to_owned)),
        Value::Number(number) => words.extend(words_of(&number.to_string()).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Object(members) => members.values().for_each(|member| collect(member, words)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn replace(value: &mut Value, word: &str, other: &str) {
    match value {
        Value::String(text) => *text = text.replace(word, other),
        Value::Number(number) => {
            if let Ok(changed) = serde_json::from_str(&number.to_string().replace(word, other)) {
                *number = changed;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, word, other)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, word, other)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The same word with every ASCII letter and digit replaced by its neighbour.
fn shifted(word: &str, by: i8) -> String {
    let shift = |c: char, first: u8, count: i16| {
        let place = (i16::from(c as u8) - i16::from(first) + i16::from(by)).rem_euclid(count);
        char::from(first + u8::try_from(place).unwrap_or_default())
    };
    word.chars()
        .map(|c| match c {
            'a'..='z' => shift(c, b'a', 26),
            'A'..='Z' => shift(c, b'A', 26),
            '0'..='9' => shift(c, b'0', 10),
            other => other,
        })
        .collect()
}
