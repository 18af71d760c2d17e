//! Reads a payload strictly: no duplicate key anywhere, and errors that say where but never what.
//!
//! `serde_json` keeps the last of two equal keys, and its messages quote the value they stumble over. A request that
//! names its target twice must not be guessed at, and a rejected value must not reach a log.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

/// Why a payload could not be read: one sentence without any value of the payload.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// Reads one JSON text.
///
/// # Errors
/// Text that is not JSON, is nested deeper than 127 levels, or has an object with the same key twice.
pub fn read(text: &str) -> Result<Value, Unreadable> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let value = Strict.deserialize(serde_path_to_error::Deserializer::new(&mut json, &mut track));
    value.and_then(|value| json.end().map(|()| value)).map_err(|error| match error.classify() {
        Category::Data => Unreadable(format!("{} is given twice", printable(&track.path().to_string()))),
        Category::Io | Category::Syntax | Category::Eof => {
            Unreadable(format!("the payload is not JSON (line {}, column {})", error.line(), error.column()))
        }
    })
}

/// A path as it may stand in a message: keys are the caller's too, so anything unusual in them is masked.
#[must_use]
pub fn printable(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_[]".contains(c);
    path.chars().take(128).map(|c| if plain(c) { c } else { '?' }).collect()
}

#[derive(Clone, Copy)]
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    /// A whole number stays one, however it is written: what passes JSON on may write 101 as 101.0.
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let whole = || format!("{value:.0}").parse::<i64>().ok().filter(|_| value.fract() == 0.0);
        Ok(whole().map_or_else(|| Number::from_f64(value).map_or(Value::Null, Value::Number), Value::from))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if members.contains_key(&key) {
                map.next_value_seed(Twice)?;
            }
            let value = map.next_value_seed(Strict)?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

/// Fails where the second of two equal keys has its value, so that the tracked path names the key.
struct Twice;

impl<'de> DeserializeSeed<'de> for Twice {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        Err(D::Error::custom("duplicate key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_it_is() {
        let text = r#"{"a":[1,-2,3.5,true,null,"x\u00e9"],"b":{"c":{}}}"#;
        assert_eq!(read(text), Ok(serde_json::from_str(text).unwrap()));
        // A whole number however it is written, as far as an i64 goes.
        for (text, number) in
            [("101.0", Value::from(101)), ("-1.0e2", Value::from(-100)), ("1e300", Value::from(1e300))]
        {
            assert_eq!(read(text), Ok(number), "{text}");
        }
        assert_eq!(read("18446744073709551615"), Ok(Value::from(u64::MAX)));
    }

    #[test]
    fn a_duplicate_key_is_named_by_its_path_wherever_it_is() {
        let twice = |path: &str| Err(Unreadable(format!("{path} is given twice")));
        assert_eq!(read(r#"{"a":1,"a":1}"#), twice("a"));
        assert_eq!(read(r#"{"detail":{"b":[{"c":1,"d":2,"c":3}]}}"#), twice("detail.b[0].c"));
        assert_eq!(read("{\"a\\u001b[31m\":1,\"a\\u001b[31m\":2}"), twice("a?[31m"));
    }

    #[test]
    fn what_is_not_json_is_placed_and_not_quoted() {
        assert_eq!(
            read("{\n \"a\": secret}"),
            Err(Unreadable("the payload is not JSON (line 2, column 7)".to_owned()))
        );
        assert!(read(&"[".repeat(200)).is_err());
        let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
        assert!(read(&deep).is_ok());
        assert!(read(&format!("[{deep}]")).is_err());
        assert!(read("{} {}").is_err());
        assert!(read("").is_err());
    }
}
