//! What was asked of AWS: every call, when it began, how long it took and what it was for.

use std::io;
use std::time::Duration;

use dx_sim::Call;
use serde_json::Value;

use crate::page::{Page, Tone, Words, dim, plain, strong};
use crate::show::number;

/// The one call that moves something.
const THE_CALL: &str = "AssociateVirtualInterface";

/// The width of the operations, beyond which only the longest of AWS's names reaches.
const OPERATION: usize = "DescribeVirtualInterfaces".len();

/// Shows the calls in the order in which they came.
pub(crate) fn show(page: &mut Page<'_>, calls: &[Call]) -> io::Result<()> {
    let Some(first) = calls.first() else {
        return page.heading("Calls", &[plain("none")]);
    };
    let at_once = match most_at_once(calls) {
        1 => String::new(),
        most => format!(", up to {most} at the same time"),
    };
    page.heading("Calls", &[plain(number(calls.len(), "call")), plain(at_once)])?;
    let mut service = "";
    for call in calls {
        if call.service != service {
            service = &call.service;
            page.row(0, &[dim(columns("at ms", "took ms", "HTTP"))], &[dim(full_name(service))])?;
        }
        let at = milliseconds(call.started.saturating_sub(first.started));
        // One that hangs has taken no time, for it is not over.
        let hangs = call.status == 0 && call.took.is_zero();
        let took = if hangs { "-".to_owned() } else { milliseconds(call.took) };
        let head = match call.status {
            0 => Words::new(Tone::Bad, columns(&at, &took, "none")),
            200 => dim(columns(&at, &took, "200")),
            status => Words::new(Tone::Bad, columns(&at, &took, &status.to_string())),
        };
        page.row(0, &[head], &sentence(call))?;
    }
    Ok(())
}

fn columns(at: &str, took: &str, status: &str) -> String {
    format!("{at:>7} {took:>7} {status:>4}  ")
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}

fn full_name(service: &str) -> &str {
    match service {
        "directconnect" => "AWS Direct Connect",
        "events" => "Amazon EventBridge",
        other => other,
    }
}

/// The operation and what it was for.
fn sentence(call: &Call) -> Vec<Words> {
    let Call { operation, input, .. } = call;
    let (the_call, purpose) = match operation.as_str() {
        THE_CALL => (true, format!("{} to {}", text(input, "virtualInterfaceId"), text(input, "connectionId"))),
        "PutEvents" => (false, detail_types(input)),
        _ => (false, values(input)),
    };
    let name = format!("{operation:<OPERATION$}");
    let mut words = if the_call {
        vec![strong(name), plain(" "), strong(purpose)]
    } else {
        vec![plain(name), plain(" "), plain(purpose)]
    };
    if let Some(rule) = call.refused_by {
        words.push(Words::new(Tone::Bad, format!(" refused by the rule {}", rule.name)));
    }
    words
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or("?")
}

fn detail_types(input: &Value) -> String {
    let entries = input["Entries"].as_array().into_iter().flatten();
    entries.map(|entry| text(entry, "DetailType")).collect::<Vec<_>>().join(", ")
}

/// What a read is about: the ids that it names, which tell what they are, or all there is.
fn values(input: &Value) -> String {
    let members = input.as_object().into_iter().flatten();
    let values: Vec<_> = members
        .filter_map(|(name, value)| match name.as_str() {
            "maxResults" => None,
            "nextToken" => Some("next page"),
            _ => value.as_str(),
        })
        .collect();
    if values.is_empty() { "all".to_owned() } else { values.join(", ") }
}

/// How many calls were under way at the same time, at most.
fn most_at_once(calls: &[Call]) -> usize {
    let under_way =
        |at: Duration| calls.iter().filter(|call| call.started <= at && at < call.started + call.took).count();
    calls.iter().map(|call| under_way(call.started)).max().unwrap_or(0).max(1)
}
