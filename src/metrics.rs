//! What is counted, in CloudWatch's embedded metric format: a log line from which CloudWatch makes metrics.
//!
//! Dimensions are few and bounded (the function, the outcome, the check), so that their number stays small: who moved
//! which interface is in the record.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::log;

/// The namespace of the metrics.
pub const NAMESPACE: &str = "AssociateVirtualInterface";

/// What a function says about one invocation, to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The record's outcome, or the error's name where that says more.
    pub outcome: &'static str,
    /// Whether the bus took the record; `None` when there was none.
    pub emitted: Option<bool>,
    /// The checks whose findings stood in the way.
    pub refused_by: Vec<&'static str>,
    /// What else this function counts: name, CloudWatch's unit, value.
    pub figures: Vec<(&'static str, &'static str, u64)>,
}

impl Tally {
    /// An outcome without a record.
    #[must_use]
    pub fn of(outcome: &'static str) -> Self {
        Self { outcome, emitted: None, refused_by: Vec::new(), figures: Vec::new() }
    }
}

/// One invocation, as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The id that Lambda gave to the invocation.
    pub lambda_request_id: &'a str,
    /// What the function says about it.
    pub tally: Tally,
    /// How long it took.
    pub took: Duration,
}

impl Count<'_> {
    /// The lines to write: one for the invocation, and one for each check that stood in the way.
    #[must_use]
    pub fn lines(&self, now: OffsetDateTime) -> Vec<Value> {
        let duration = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        let mut figures = vec![("Invocations", "Count", 1), ("Duration", "Milliseconds", duration)];
        if let Some(emitted) = self.tally.emitted {
            figures.push(("RecordsEmitted", "Count", u64::from(emitted)));
            figures.push(("RecordsNotEmitted", "Count", u64::from(!emitted)));
        }
        figures.extend(&self.tally.figures);
        let outcome = json!({ "Outcome": self.tally.outcome });
        let mut lines =
            vec![self.line(now, outcome, &json!([["FunctionName"], ["FunctionName", "Outcome"]]), &figures)];
        lines.extend(self.tally.refused_by.iter().map(|check| {
            let check = json!({ "Check": check });
            self.line(now, check, &json!([["FunctionName", "Check"]]), &[("Refusals", "Count", 1)])
        }));
        lines
    }

    fn line(&self, now: OffsetDateTime, mut values: Value, dimensions: &Value, figures: &[(&str, &str, u64)]) -> Value {
        let metric = |(name, unit, _): &(&str, &str, u64)| json!({ "Name": name, "Unit": unit });
        let metrics: Vec<Value> = figures.iter().map(metric).collect();
        for (name, _, value) in figures {
            values[*name] = Value::from(*value);
        }
        values["FunctionName"] = Value::from(self.function);
        values["requestId"] = Value::from(self.lambda_request_id);
        values["timestamp"] = Value::from(log::timestamp(now));
        values["level"] = Value::from("INFO");
        values["_aws"] = json!({
            "Timestamp": i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default(),
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics }],
        });
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_and_metric_that_is_declared_stands_in_its_line() {
        let count = Count {
            function: "associate",
            lambda_request_id: "8f5e",
            tally: Tally {
                outcome: "refused",
                emitted: Some(true),
                refused_by: vec!["vlan-free-on-target", "owns-target"],
                figures: vec![("Requests", "Count", 7)],
            },
            took: Duration::from_millis(63),
        };
        let lines = count.lines(OffsetDateTime::UNIX_EPOCH);
        assert_eq!(lines.len(), 3);
        for line in &lines {
            let declared = &line["_aws"]["CloudWatchMetrics"][0];
            let dimensions = declared["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap());
            let metrics = declared["Metrics"].as_array().unwrap().iter().map(|metric| &metric["Name"]);
            for name in dimensions.chain(metrics) {
                assert!(line.get(name.as_str().unwrap()).is_some(), "{name} is missing in {line}");
            }
        }
        assert_eq!((&lines[0]["Duration"], &lines[0]["Requests"]), (&json!(63), &json!(7)));
        assert_eq!((&lines[0]["RecordsEmitted"], &lines[0]["RecordsNotEmitted"]), (&json!(1), &json!(0)));
        assert_eq!((&lines[1]["Check"], &lines[2]["Check"]), (&json!("vlan-free-on-target"), &json!("owns-target")));
    }
}
