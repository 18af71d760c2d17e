//! The members of a JSON object, taken one by one: what is missing, of a wrong type or left over is named by its path,
//! and its value is never quoted. Knows nothing of what the members mean.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::{Error, Name};
use crate::json;

/// A string of the request with the path that it stood at.
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The members of one object that nobody has taken yet, and where that object stands in the payload.
pub(crate) struct Fields {
    path: String,
    members: Map<String, Value>,
}

impl Fields {
    pub(crate) fn of(path: &str, value: Option<Value>) -> Result<Self, Error> {
        match value {
            Some(Value::Object(members)) => Ok(Self { path: path.to_owned(), members }),
            _ if path.is_empty() => Err(invalid("the payload is not a JSON object".to_owned())),
            _ => Err(invalid(format!("{path} is not an object"))),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        json::printable(&format!("{}{dot}{name}", self.path))
    }

    /// `null` is the same as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    pub(crate) fn string(&mut self, name: &str, max_chars: usize) -> Result<Option<Text>, Error> {
        let path = self.path(name);
        let text = match self.take(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text,
            Some(_) => return Err(invalid(format!("{path} is not a string"))),
        };
        if text.chars().any(is_deceptive) {
            return Err(invalid(format!("{path} has control, bidirectional or invisible characters")));
        }
        if text.chars().count() > max_chars {
            return Err(invalid(format!("{path} is longer than {max_chars} characters")));
        }
        Ok(Some(Text { path, text }))
    }

    pub(crate) fn nonempty(&mut self, name: &str, max_chars: usize) -> Result<Option<String>, Error> {
        match self.string(name, max_chars)? {
            Some(found) if found.text.is_empty() => Err(invalid(format!("{} is empty", found.path))),
            found => Ok(found.map(|found| found.text)),
        }
    }

    pub(crate) fn required(&mut self, name: &str, max_chars: usize) -> Result<String, Error> {
        let path = self.path(name);
        self.nonempty(name, max_chars)?.ok_or_else(|| invalid(format!("{path} is missing")))
    }

    /// A required string that Step Functions' AWS SDK integration would spell in PascalCase.
    pub(crate) fn either_spelling(&mut self, camel: &str, pascal: &str) -> Result<Text, Error> {
        match (self.string(camel, 2048)?, self.string(pascal, 2048)?) {
            (Some(_), Some(_)) => {
                Err(invalid(format!("{} and {} are both given", self.path(camel), self.path(pascal))))
            }
            (Some(found), None) | (None, Some(found)) => Ok(found),
            (None, None) => Err(invalid(format!("{} is missing", self.path(camel)))),
        }
    }

    /// A string in AWS's words: nobody can mend it at the source, so it is cleaned and cut instead of refused.
    pub(crate) fn words(&mut self, name: &str, max_chars: usize) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(clean(&text, max_chars))),
            Some(_) => Err(invalid(format!("{} is not a string", self.path(name)))),
        }
    }

    /// Absent is the same as empty.
    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<Value>, Error> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(invalid(format!("{} is not a list", self.path(name)))),
        }
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, Error> {
        let path = self.path(name);
        self.take(name).map(|value| Self::of(&path, Some(value))).transpose()
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(invalid(format!("{} is not true or false", self.path(name)))),
        }
    }

    pub(crate) fn time(&mut self, name: &str) -> Result<Option<OffsetDateTime>, Error> {
        let Some(found) = self.string(name, 64)? else { return Ok(None) };
        // The parser takes any separator between date and time; RFC 3339 asks for a T.
        let separated = matches!(found.text.as_bytes().get(10), Some(b'T' | b't'));
        let time = OffsetDateTime::parse(&found.text, &Rfc3339).ok().filter(|_| separated);
        time.map(Some).ok_or_else(|| invalid(format!("{} is not a time in RFC 3339", found.path)))
    }

    /// Nothing may be left: an unknown field is refused, lest a misspelt `dryRun` moves an interface.
    pub(crate) fn end(self) -> Result<(), Error> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(invalid(format!("{} is not a field of a request", self.path(name)))),
        }
    }
}

/// Characters that make a text read differently from what it is, or that end a log line.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    let bidirectional =
        matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let invisible = matches!(
        c,
        '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    );
    c.is_control() || bidirectional || invisible
}

/// A text that was not ours to refuse, fit for logs and terminals.
#[must_use]
pub fn clean(text: &str, max_chars: usize) -> String {
    text.chars().map(|c| if is_deceptive(c) { ' ' } else { c }).take(max_chars).collect()
}

pub(crate) fn invalid(problem: String) -> Error {
    Error::new(Name::InvalidRequest, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and the last of each range, and their neighbours outside.
    #[test]
    fn deceptive_are_control_bidirectional_and_invisible_characters_and_no_others() {
        for (first, last) in [
            ('\0', '\u{1F}'),
            ('\u{7F}', '\u{9F}'),
            ('\u{AD}', '\u{AD}'),
            ('\u{61C}', '\u{61C}'),
            ('\u{180E}', '\u{180E}'),
            ('\u{200B}', '\u{200F}'),
            ('\u{2028}', '\u{202E}'),
            ('\u{2060}', '\u{2064}'),
            ('\u{2066}', '\u{2069}'),
            ('\u{FEFF}', '\u{FEFF}'),
            ('\u{FFF9}', '\u{FFFB}'),
            ('\u{E0000}', '\u{E007F}'),
        ] {
            assert!((first..=last).all(is_deceptive), "{first:?} to {last:?}");
            let outside = [u32::from(first).checked_sub(1), Some(u32::from(last) + 1)];
            for neighbour in outside.into_iter().flatten().filter_map(char::from_u32) {
                assert!(!is_deceptive(neighbour), "{neighbour:?}");
            }
        }
    }

    #[test]
    fn what_was_not_ours_to_refuse_is_cleaned_and_cut() {
        assert_eq!(clean("a\u{202e}b\nc\u{e4}d", 6), "a b c\u{e4}");
        assert_eq!(clean("abc", 3), "abc");
    }
}
