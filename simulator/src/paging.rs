//! Pages: `maxResults`, `nextToken`, and the tokens in between.
//!
//! "If `MaxResults` is given a value larger than 100, only 100 results are returned." A token holds the place and a
//! fingerprint of the call, so that one of another operation or another filter is refused.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use crate::item::{Item, integer};
use crate::operation::Operation;
use crate::wire::ApiError;

/// The largest page that AWS gives.
pub(crate) const LARGEST_PAGE: usize = 100;

/// How the pages of one call are cut.
pub(crate) struct Paging {
    fingerprint: u64,
    start: usize,
    size: usize,
    endless: bool,
}

impl Paging {
    /// Reads `maxResults` and `nextToken`; `cap` is the largest page of this simulator. An endless one gives a
    /// `nextToken` for the same page with every page.
    pub(crate) fn read(operation: Operation, input: &Item, cap: usize, endless: bool) -> Result<Self, ApiError> {
        let size = match integer(input, "maxResults") {
            None => LARGEST_PAGE,
            Some(size) if size > 0 => usize::try_from(size).unwrap_or(LARGEST_PAGE),
            Some(_) => return Err(ApiError::client("maxResults must be at least 1.")),
        };
        let fingerprint = fingerprint(operation, input);
        let start = match input.get("nextToken").and_then(Value::as_str) {
            None => 0,
            Some(token) => place(token, fingerprint).ok_or_else(|| ApiError::client("The nextToken is not valid."))?,
        };
        Ok(Self { fingerprint, start, size: size.min(LARGEST_PAGE).min(cap), endless })
    }

    /// Puts this page of the items into an answer, with the token of the next if there is one.
    pub(crate) fn page<'a>(&self, mut answer: Item, member: &str, items: impl Iterator<Item = &'a Item>) -> Item {
        let mut items = items.skip(self.start);
        let page: Vec<&Item> = items.by_ref().take(self.size).collect();
        let more = items.next().is_some();
        let next = if self.endless { self.start } else { self.start + page.len() };
        answer.insert(member.to_owned(), json!(page));
        if more || self.endless {
            answer.insert("nextToken".to_owned(), format!("{:016x}{next:08x}", self.fingerprint).into());
        }
        answer
    }
}

fn fingerprint(operation: Operation, input: &Item) -> u64 {
    let mut hasher = DefaultHasher::new();
    operation.name().hash(&mut hasher);
    for (name, value) in input {
        if !["maxResults", "nextToken"].contains(&name.as_str()) && !value.is_null() {
            (name, value.to_string()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn place(token: &str, fingerprint: u64) -> Option<usize> {
    let (call, place) = token.split_at_checked(16)?;
    let fits = place.len() == 8 && u64::from_str_radix(call, 16).ok()? == fingerprint;
    usize::from_str_radix(place, 16).ok().filter(|_| fits)
}
