//! DynamoDB, as far as a ledger needs it: items under one key, conditions, updates, transactions, and one index.
//!
//! Every table that is named exists. Its key is `id`, a string; it has one index, named like its partition key: an item
//! is in the index `unfinished` if it has the attribute `unfinished`, sorted by its number `due`. What this file does
//! not know it refuses by a ValidationException, as AWS refuses what is wrong: nothing is passed over.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::item::{Item, objects, text};
use crate::operation::Operation;
use crate::wire::ApiError;

use self::expression::Expressions;

mod expression;

/// The partition key of every table.
const KEY: &str = "id";
/// The one index and its partition key.
const INDEX: &str = "unfinished";
/// The sort key of the index.
const SORT: &str = "due";
/// "The maximum item size in DynamoDB is 400 KB, which includes both attribute name and value lengths."
const LARGEST_ITEM: usize = 400 * 1024;
/// "A client request token is valid for 10 minutes after the first request that uses it is completed."
const TOKEN_IS_VALID: Duration = Duration::from_mins(10);
const MOST_ACTIONS: usize = 100;

type Table = BTreeMap<String, Item>;

/// Every table of the account.
#[derive(Default)]
pub(crate) struct Tables {
    tables: BTreeMap<String, Table>,
    /// Transactions by their token: what was asked, and when.
    transactions: HashMap<String, (Value, Instant)>,
}

/// What an item looks like once it is written, by table and id.
type Written = (String, String, Item);

impl Tables {
    /// Answers one call.
    pub(crate) fn call(&mut self, operation: Operation, input: &Item, now: Instant) -> Result<Value, ApiError> {
        match operation {
            Operation::GetItem => self.get(input),
            Operation::PutItem => self.one(input, Self::put),
            Operation::UpdateItem => self.one(input, Self::update),
            Operation::TransactWriteItems => self.transact(input, now),
            Operation::Query => self.query(input),
            other => Err(invalid(format!("{} is not an operation of DynamoDB", other.name()))),
        }
    }

    /// All items by table, in the order of their ids.
    pub(crate) fn to_json(&self) -> Value {
        self.tables.iter().map(|(name, table)| (name.clone(), json!(table.values().collect::<Vec<_>>()))).collect()
    }

    /// How many items of all tables are in the index.
    pub(crate) fn in_index(&self) -> usize {
        self.tables.values().flat_map(BTreeMap::values).filter(|item| in_index(item).is_some()).count()
    }

    /// Lets every item of a table be changed.
    pub(crate) fn change(&mut self, table: &str, change: impl FnMut(&mut Item)) {
        self.tables.entry(table.to_owned()).or_default().values_mut().for_each(change);
    }

    fn item(&self, table: &str, id: &str) -> Option<&Item> {
        self.tables.get(table)?.get(id)
    }

    fn get(&self, input: &Item) -> Result<Value, ApiError> {
        let (table, id) = (table_name(input)?, key(input, "Key")?);
        Ok(self.item(table, id).map_or_else(|| json!({}), |item| json!({"Item": item})))
    }

    /// Writes one item, unless its condition does not hold.
    fn one(
        &mut self,
        input: &Item,
        action: fn(&Self, &Item) -> Result<Option<Written>, ApiError>,
    ) -> Result<Value, ApiError> {
        let written = action(self, input)?.ok_or_else(conditional)?;
        self.write(written);
        Ok(json!({}))
    }

    fn write(&mut self, (table, id, item): Written) {
        self.tables.entry(table).or_default().insert(id, item);
    }

    /// The item that PutItem would write; `None` if its condition does not hold.
    fn put(&self, input: &Item) -> Result<Option<Written>, ApiError> {
        let table = table_name(input)?;
        let item = objects_member(input, "Item")?;
        let id = key(input, "Item")?;
        check_item(item)?;
        let mut expressions = Expressions::of(input)?;
        let holds = expressions.condition(input, self.item(table, id))?;
        expressions.are_used_up()?;
        Ok(holds.then(|| (table.to_owned(), id.to_owned(), item.clone())))
    }

    /// The item that UpdateItem would write; `None` if its condition does not hold.
    fn update(&self, input: &Item) -> Result<Option<Written>, ApiError> {
        let (table, id) = (table_name(input)?, key(input, "Key")?);
        let before = self.item(table, id);
        let mut expressions = Expressions::of(input)?;
        let holds = expressions.condition(input, before)?;
        let mut item = before.cloned().unwrap_or_else(|| Map::from_iter([(KEY.to_owned(), json!({"S": id}))]));
        expressions.update(input, &mut item)?;
        expressions.are_used_up()?;
        check_item(&item)?;
        if item.get(KEY) != Some(&json!({"S": id})) {
            return Err(invalid(format!("Cannot update attribute {KEY}. This attribute is part of the key")));
        }
        Ok(holds.then(|| (table.to_owned(), id.to_owned(), item)))
    }

    /// Whether a ConditionCheck holds.
    fn check(&self, input: &Item) -> Result<bool, ApiError> {
        let (table, id) = (table_name(input)?, key(input, "Key")?);
        let mut expressions = Expressions::of(input)?;
        let holds = expressions.condition(input, self.item(table, id))?;
        expressions.are_used_up()?;
        Ok(holds)
    }

    /// All or nothing.
    fn transact(&mut self, input: &Item, now: Instant) -> Result<Value, ApiError> {
        let asked = input.get("TransactItems").cloned().unwrap_or_default();
        let token = text(input, "ClientRequestToken").map(str::to_owned);
        if let Some(token) = &token
            && let Some((before, at)) = self.transactions.get(token)
            && now.duration_since(*at) < TOKEN_IS_VALID
        {
            let message = "The request parameters do not match those of the transaction with this token.";
            return if *before == asked {
                Ok(json!({}))
            } else {
                Err(ApiError::new("IdempotentParameterMismatchException", message))
            };
        }
        let written = self.judge(input)?;
        for one in written {
            self.write(one);
        }
        if let Some(token) = token {
            self.transactions.insert(token, (asked, now));
        }
        Ok(json!({}))
    }

    fn judge(&self, input: &Item) -> Result<Vec<Written>, ApiError> {
        let actions: Vec<&Item> = objects(input, "TransactItems").collect();
        if actions.is_empty() || actions.len() > MOST_ACTIONS {
            return Err(invalid(format!("TransactItems must have 1 to {MOST_ACTIONS} members")));
        }
        let mut written = Vec::new();
        let mut reasons = Vec::new();
        let mut named = Vec::new();
        for action in actions {
            let (kind, of_it) = one_member(action)?;
            let key_member = if kind == "Put" { "Item" } else { "Key" };
            let target = (table_name(of_it)?.to_owned(), key(of_it, key_member)?.to_owned());
            if named.contains(&target) {
                return Err(invalid("Transaction request cannot include multiple operations on one item".to_owned()));
            }
            named.push(target);
            let holds = match kind {
                "Put" => self.put(of_it)?.map(|one| written.push(one)).is_some(),
                "Update" => self.update(of_it)?.map(|one| written.push(one)).is_some(),
                "ConditionCheck" => self.check(of_it)?,
                other => return Err(invalid(format!("{other} is not simulated in a transaction"))),
            };
            reasons.push(if holds { "None" } else { "ConditionalCheckFailed" });
        }
        if reasons.iter().all(|reason| *reason == "None") { Ok(written) } else { Err(cancelled(&reasons)) }
    }

    fn query(&self, input: &Item) -> Result<Value, ApiError> {
        let table = table_name(input)?;
        if text(input, "IndexName") != Some(INDEX) {
            return Err(invalid(format!("only the index {INDEX} is simulated")));
        }
        if input.get("ConsistentRead") == Some(&json!(true)) {
            return Err(invalid("Consistent reads are not supported on global secondary indexes".to_owned()));
        }
        if input.get("Limit").and_then(Value::as_i64).is_some_and(|limit| limit < 1) {
            return Err(invalid("Limit must be 1 or more".to_owned()));
        }
        let condition = text(input, "KeyConditionExpression").unwrap_or_default();
        if !condition.starts_with(&format!("{INDEX} = ")) {
            return Err(invalid(format!("Query condition missed key schema element: {INDEX}")));
        }
        if condition.split_whitespace().any(|word| ["OR", "NOT", "<>"].contains(&word)) {
            return Err(invalid("Invalid operator used in KeyConditionExpression".to_owned()));
        }
        let mut expressions = Expressions::of(input)?;
        let rows = self.tables.get(table).into_iter().flat_map(BTreeMap::values);
        let mut rows: Vec<(i128, &Item)> = rows.filter_map(|item| Some((in_index(item)?, item))).collect();
        // In the table they are in the order of their ids.
        rows.sort_by_key(|(due, _)| *due);
        let mut found = Vec::new();
        for (_, item) in rows {
            if expressions.holds(condition, Some(item))? {
                found.push(json!({KEY: item[KEY], INDEX: item[INDEX], SORT: item[SORT]}));
            }
        }
        // With nothing in the index the condition has been looked at by nobody.
        expressions.holds(condition, Some(&Map::new()))?;
        expressions.are_used_up()?;
        let limit = input.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
        let more = limit.is_some_and(|limit| found.len() > limit);
        found.truncate(limit.unwrap_or(usize::MAX));
        let mut answer = json!({"Count": found.len(), "ScannedCount": found.len(), "Items": found});
        if more {
            answer["LastEvaluatedKey"] = answer["Items"][found.len() - 1].clone();
        }
        Ok(answer)
    }
}

/// The sort key, if the item is in the index.
fn in_index(item: &Item) -> Option<i128> {
    item.get(INDEX)?.get("S")?;
    item.get(SORT)?.get("N")?.as_str()?.parse().ok()
}

fn table_name(input: &Item) -> Result<&str, ApiError> {
    text(input, "TableName").ok_or_else(|| invalid("TableName is missing".to_owned()))
}

fn objects_member<'a>(input: &'a Item, member: &str) -> Result<&'a Item, ApiError> {
    input.get(member).and_then(Value::as_object).ok_or_else(|| invalid(format!("{member} is missing")))
}

/// The value of the key in a key or an item.
fn key<'a>(input: &'a Item, member: &str) -> Result<&'a str, ApiError> {
    let keys = objects_member(input, member)?;
    if member == "Key" && keys.len() != 1 {
        return Err(invalid("The provided key element does not match the schema".to_owned()));
    }
    let value = keys.get(KEY).and_then(|id| id.get("S")).and_then(Value::as_str);
    value.filter(|id| !id.is_empty()).ok_or_else(|| invalid(format!("the key {KEY} is missing, empty, or no string")))
}

fn one_member(action: &Item) -> Result<(&str, &Item), ApiError> {
    let mut members = action.iter().filter_map(|(kind, of_it)| Some((kind.as_str(), of_it.as_object()?)));
    match (members.next(), members.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(invalid("TransactItems can only contain one of Check, Put, Update or Delete".to_owned())),
    }
}

fn check_item(item: &Item) -> Result<(), ApiError> {
    for (name, value) in item {
        expression::check_value(value).map_err(|problem| invalid(format!("{name}: {problem}")))?;
    }
    if item.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>() > LARGEST_ITEM {
        return Err(invalid("Item size has exceeded the maximum allowed size".to_owned()));
    }
    for (name, kind) in [(INDEX, "S"), (SORT, "N")] {
        if item.get(name).is_some_and(|value| value.get(kind).is_none()) {
            return Err(invalid(format!("Type mismatch for Index Key {name} Expected: {kind} IndexName: {INDEX}")));
        }
    }
    Ok(())
}

/// The size of a value as AWS counts it; of a number the upper bound of what its digits may take.
fn size(value: &Value) -> usize {
    let members = value.as_object().into_iter().flatten();
    let of_one = |(kind, content): (&String, &Value)| match content {
        Value::String(number) if kind == "N" => number.len().div_ceil(2) + 1,
        Value::String(text) => text.len(),
        Value::Array(elements) => 3 + elements.iter().map(|element| 1 + size(element)).sum::<usize>(),
        Value::Object(members) => 3 + members.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>(),
        _ => 1,
    };
    members.map(of_one).sum()
}

pub(crate) fn invalid(message: String) -> ApiError {
    crate::complain(&format!("ValidationException: {message}"));
    ApiError::new("ValidationException", message)
}

/// What a write is answered with whose condition does not hold.
pub(crate) fn conditional() -> ApiError {
    ApiError::new("ConditionalCheckFailedException", "The conditional request failed")
}

/// What a transaction is answered with that was not carried out.
pub(crate) fn cancelled(reasons: &[&str]) -> ApiError {
    let all = reasons.join(", ");
    let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{all}]");
    let reasons: Vec<Value> = reasons.iter().map(|code| json!({"Code": code})).collect();
    ApiError::new("TransactionCanceledException", message).with("CancellationReasons", json!(reasons))
}
