//! DynamoDB's expressions: conditions and updates over one item, with names (`#n`) and values (`:v`).
//!
//! Read anew for every item; an expression is short. A name or value that no expression uses is an error, as in AWS, and so
//! is a reserved word that stands without a `#name`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::invalid;
use crate::item::{Item, text};
use crate::wire::ApiError;

/// Of AWS's list, the words that somebody is likely to name an attribute by.
const RESERVED: &[&str] = &[
    "action",
    "comment",
    "condition",
    "connection",
    "count",
    "counter",
    "data",
    "date",
    "domain",
    "exists",
    "function",
    "group",
    "hash",
    "index",
    "item",
    "items",
    "key",
    "keys",
    "language",
    "level",
    "limit",
    "list",
    "local",
    "location",
    "lock",
    "log",
    "map",
    "mode",
    "name",
    "names",
    "number",
    "object",
    "option",
    "order",
    "owner",
    "partition",
    "path",
    "position",
    "range",
    "region",
    "replace",
    "request",
    "resource",
    "result",
    "role",
    "schema",
    "segment",
    "session",
    "set",
    "size",
    "source",
    "start",
    "state",
    "status",
    "string",
    "system",
    "table",
    "text",
    "time",
    "timestamp",
    "token",
    "total",
    "ttl",
    "type",
    "update",
    "user",
    "uuid",
    "value",
    "values",
    "view",
    "wait",
    "write",
    "year",
    "zone",
];

/// The expressions of one call, and what of its names and values they used.
pub(super) struct Expressions {
    names: Item,
    values: Item,
    used: BTreeSet<String>,
}

/// The rest of an expression, word by word.
struct Words<'a> {
    words: Vec<&'a str>,
    next: usize,
}

impl Expressions {
    pub(super) fn of(input: &Item) -> Result<Self, ApiError> {
        let member = |name: &str| input.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let (names, values) = (member("ExpressionAttributeNames"), member("ExpressionAttributeValues"));
        for (name, value) in &values {
            check_value(value).map_err(|problem| invalid(format!("{name}: {problem}")))?;
        }
        Ok(Self { names, values, used: BTreeSet::new() })
    }

    /// Whether the call's ConditionExpression holds for the item; without one it does.
    pub(super) fn condition(&mut self, input: &Item, item: Option<&Item>) -> Result<bool, ApiError> {
        let condition = input.get("ConditionExpression").and_then(Value::as_str);
        condition.map_or(Ok(true), |condition| self.holds(condition, item))
    }

    pub(super) fn holds(&mut self, condition: &str, item: Option<&Item>) -> Result<bool, ApiError> {
        let nothing = Map::new();
        let mut words = Words::of(condition)?;
        let holds = self.any(&mut words, item.unwrap_or(&nothing))?;
        words.end()?;
        Ok(holds)
    }

    pub(super) fn are_used_up(&self) -> Result<(), ApiError> {
        match self.names.keys().chain(self.values.keys()).find(|name| !self.used.contains(*name)) {
            Some(unused) => Err(invalid(format!("Value provided but unused in expressions: {unused}"))),
            None => Ok(()),
        }
    }

    /// Carries out the call's UpdateExpression.
    pub(super) fn update(&mut self, input: &Item, item: &mut Item) -> Result<(), ApiError> {
        let expression = text(input, "UpdateExpression").ok_or_else(|| invalid("no UpdateExpression".to_owned()))?;
        let before = item.clone();
        let (mut clauses, mut paths) = (BTreeSet::new(), BTreeSet::new());
        let mut words = Words::of(expression)?;
        while let Some(clause) = words.take() {
            if !clauses.insert(clause) {
                return Err(invalid(format!("The \"{clause}\" section can only be used once in an update expression")));
            }
            loop {
                let path = self.path(&mut words)?;
                if !paths.insert(path.clone()) {
                    return Err(invalid(format!("Two document paths overlap with each other: [{path}], [{path}]")));
                }
                match clause {
                    "SET" => {
                        words.expect("=")?;
                        let value = self.sum(&mut words, &before)?;
                        item.insert(path, value);
                    }
                    "REMOVE" => drop(item.shift_remove(&path)),
                    other => return Err(invalid(format!("the clause {other} is not simulated"))),
                }
                if !words.is(",") {
                    break;
                }
            }
        }
        Ok(())
    }

    fn sum(&mut self, words: &mut Words<'_>, item: &Item) -> Result<Value, ApiError> {
        let first = self.operand(words, item)?.ok_or_else(no_attribute)?;
        if !words.is("+") {
            return Ok(first);
        }
        let second = self.operand(words, item)?.ok_or_else(no_attribute)?;
        match (number(&first), number(&second)) {
            (Some(first), Some(second)) => Ok(json!({"N": (first + second).to_string()})),
            _ => Err(invalid("An operand in the update expression has an incorrect data type".to_owned())),
        }
    }

    fn any(&mut self, words: &mut Words<'_>, item: &Item) -> Result<bool, ApiError> {
        let mut holds = self.all(words, item)?;
        while words.is("OR") {
            holds |= self.all(words, item)?;
        }
        Ok(holds)
    }

    fn all(&mut self, words: &mut Words<'_>, item: &Item) -> Result<bool, ApiError> {
        let mut holds = self.one(words, item)?;
        while words.is("AND") {
            holds &= self.one(words, item)?;
        }
        Ok(holds)
    }

    fn one(&mut self, words: &mut Words<'_>, item: &Item) -> Result<bool, ApiError> {
        if words.is("NOT") {
            return Ok(!self.one(words, item)?);
        }
        if words.is("(") {
            let holds = self.any(words, item)?;
            words.expect(")")?;
            return Ok(holds);
        }
        for (function, there) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if words.is(function) {
                words.expect("(")?;
                let path = self.path(words)?;
                words.expect(")")?;
                return Ok(item.contains_key(&path) == there);
            }
        }
        let left = self.operand(words, item)?;
        let comparator = words.take().ok_or_else(|| invalid("the expression ends too early".to_owned()))?;
        let right = self.operand(words, item)?;
        if comparator == "BETWEEN" {
            words.expect("AND")?;
            let last = self.operand(words, item)?;
            return Ok(compare(">=", left.as_ref(), right.as_ref())? && compare("<=", left.as_ref(), last.as_ref())?);
        }
        compare(comparator, left.as_ref(), right.as_ref())
    }

    /// A value, or the attribute of that name if the item has it.
    fn operand(&mut self, words: &mut Words<'_>, item: &Item) -> Result<Option<Value>, ApiError> {
        if words.peek().is_some_and(|word| word.starts_with(':')) {
            let name = words.take().unwrap_or_default();
            self.used.insert(name.to_owned());
            let value = self.values.get(name).cloned();
            return match value {
                None => {
                    Err(invalid(format!("An expression attribute value used in expression is not defined: {name}")))
                }
                defined => Ok(defined),
            };
        }
        let path = self.path(words)?;
        Ok(item.get(&path).cloned())
    }

    fn path(&mut self, words: &mut Words<'_>) -> Result<String, ApiError> {
        let word = words.take().ok_or_else(|| invalid("the expression ends too early".to_owned()))?;
        if word.starts_with('#') {
            self.used.insert(word.to_owned());
            let name = self.names.get(word).and_then(Value::as_str);
            let undefined = || format!("An expression attribute name used in the document path is not defined: {word}");
            return name.map(str::to_owned).ok_or_else(|| invalid(undefined()));
        }
        if RESERVED.contains(&word.to_ascii_lowercase().as_str()) {
            return Err(invalid(format!("Attribute name is a reserved keyword; reserved keyword: {word}")));
        }
        let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain { Ok(word.to_owned()) } else { Err(invalid(format!("Syntax error; token: {word}"))) }
    }
}

impl<'a> Words<'a> {
    fn of(expression: &'a str) -> Result<Self, ApiError> {
        let mut words = Vec::new();
        let mut rest = expression.trim_start();
        if rest.is_empty() {
            return Err(invalid("The expression can not be empty".to_owned()));
        }
        while !rest.is_empty() {
            let length = match rest.as_bytes() {
                [b'<', b'>' | b'=', ..] | [b'>', b'=', ..] => 2,
                [b'(' | b')' | b',' | b'=' | b'<' | b'>' | b'+' | b'-', ..] => 1,
                _ => rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_#:".contains(c))).unwrap_or(rest.len()),
            };
            if length == 0 {
                return Err(invalid(format!("Syntax error; near: {rest}")));
            }
            words.push(&rest[..length]);
            rest = rest[length..].trim_start();
        }
        Ok(Self { words, next: 0 })
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.next += 1;
        word
    }

    /// Takes the next word, if it is this one.
    fn is(&mut self, word: &str) -> bool {
        let is = self.peek() == Some(word);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, word: &str) -> Result<(), ApiError> {
        if self.is(word) { Ok(()) } else { Err(invalid(format!("Syntax error; {word} is missing"))) }
    }

    fn end(&self) -> Result<(), ApiError> {
        match self.peek() {
            Some(word) => Err(invalid(format!("Syntax error; token: {word}"))),
            None => Ok(()),
        }
    }
}

/// Whether this is a value of a type that is simulated: a string, a number, a boolean, null, or a list or map of such.
pub(super) fn check_value(value: &Value) -> Result<(), String> {
    let members = value.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
    match members {
        Some((kind, Value::String(_))) if kind == "S" => Ok(()),
        Some((kind, Value::String(number))) if kind == "N" && number.parse::<f64>().is_ok() => Ok(()),
        Some((kind, Value::Bool(_))) if kind == "BOOL" || kind == "NULL" => Ok(()),
        Some((kind, Value::Array(elements))) if kind == "L" => elements.iter().try_for_each(check_value),
        Some((kind, Value::Object(members))) if kind == "M" => members.values().try_for_each(check_value),
        _ => Err("Supplied AttributeValue is empty, or of a type that is not simulated".to_owned()),
    }
}

/// An attribute that is not there compares with nothing, and neither do two of different types.
fn compare(comparator: &str, left: Option<&Value>, right: Option<&Value>) -> Result<bool, ApiError> {
    if !["=", "<>", "<", "<=", ">", ">="].contains(&comparator) {
        return Err(invalid(format!("Syntax error; token: {comparator}")));
    }
    let (Some(left), Some(right)) = (left, right) else { return Ok(comparator == "<>") };
    let ordering = match (number(left), number(right), string(left), string(right)) {
        (Some(left), Some(right), ..) => Some(left.cmp(&right)),
        (.., Some(left), Some(right)) => Some(left.cmp(right)),
        _ => None,
    };
    Ok(match comparator {
        "=" => ordering.map_or(left == right, std::cmp::Ordering::is_eq),
        "<>" => !ordering.map_or(left == right, std::cmp::Ordering::is_eq),
        "<" => ordering.is_some_and(std::cmp::Ordering::is_lt),
        "<=" => ordering.is_some_and(std::cmp::Ordering::is_le),
        ">" => ordering.is_some_and(std::cmp::Ordering::is_gt),
        _ => ordering.is_some_and(std::cmp::Ordering::is_ge),
    })
}

/// Whole numbers only: nothing here needs others.
fn number(value: &Value) -> Option<i128> {
    value.get("N")?.as_str()?.parse().ok()
}

fn string(value: &Value) -> Option<&str> {
    value.get("S")?.as_str()
}

fn no_attribute() -> ApiError {
    invalid("The provided expression refers to an attribute that does not exist in the item".to_owned())
}
