//! The rehearsal for a person, from the headline to the exit status, in the order in which things happened.

use std::io;

use serde_json::Value;

use crate::event::{Event, is_envelope};
use crate::ground::Ground;
use crate::page::{Page, Tone, Words, dim, plain, strong};
use crate::run::{Ended, Rehearsal};
use crate::{Arguments, calls, checks, outcome};

/// How much of one member of a request is shown, and how many of them.
const LONGEST_VALUE: usize = 300;
const MOST_MEMBERS: usize = 24;

/// What is known before the function runs.
pub(crate) fn opening(
    page: &mut Page<'_>,
    arguments: &Arguments,
    ground: &Ground,
    event: &Event,
    world: &Value,
) -> io::Result<()> {
    let headline = "Rehearsal: the real function against a simulator; no AWS is touched";
    page.row(0, &[], &[strong(headline)])?;
    let of = |member: &str| plain(world[member].as_str().unwrap_or_default());
    let guessed = |how| format!(" ({how}; say otherwise with a file {{\"accountId\": \"...\"}})");
    page.entry(
        dim("inventory"),
        9,
        &[
            plain(format!("{}: account ", ground.name)),
            of("accountId"),
            dim(ground.guessed.map(guessed).unwrap_or_default()),
            plain(" in "),
            of("region"),
            counts(world),
        ],
    )?;
    if let Some(missing) = ground.missing() {
        page.entry(Words::new(Tone::Caution, "caution"), 9, &[plain(missing)])?;
    }
    if !arguments.faults.is_empty() {
        let faults: Vec<_> = arguments.faults.iter().map(ToString::to_string).collect();
        page.entry(dim("faults"), 9, &[Words::new(Tone::Caution, faults.join(", "))])?;
    }
    if arguments.latency > 0 {
        page.entry(dim("latency"), 9, &[plain(format!("{} ms for every call", arguments.latency))])?;
    }
    request(page, event)
}

fn counts(world: &Value) -> Words {
    let counted = [
        ("virtualInterfaces", "virtual interface"),
        ("connections", "connection"),
        ("lags", "LAG"),
        ("interconnects", "interconnect"),
        ("directConnectGatewayAttachments", "gateway attachment"),
    ];
    let counts = counted.map(|(member, name)| (world[member].as_array().map_or(0, Vec::len), name));
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| number(*count, name));
    let counts: Vec<_> = counts.collect();
    dim(if counts.is_empty() { " (nothing in it)".to_owned() } else { format!(" ({})", counts.join(", ")) })
}

/// `1 call`, `2 calls`.
pub(crate) fn number(count: usize, name: &str) -> String {
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

/// The request as it is sent, member by member; those of an envelope's `detail` by their path.
fn request(page: &mut Page<'_>, event: &Event) -> io::Result<()> {
    page.heading("Request", &[plain(&event.name), dim(if event.built_in { ", built in" } else { "" })])?;
    let value = event.shown();
    let envelope = is_envelope(&value);
    let Value::Object(outer) = &value else {
        return page.line(&[plain(shortened(&value))]);
    };
    let mut members = Vec::new();
    for (name, value) in outer {
        match value {
            Value::Object(detail) if name == "detail" && envelope => {
                members.extend(detail.iter().map(|(name, value)| (format!("detail.{name}"), value)));
            }
            value => members.push((name.clone(), value)),
        }
    }
    let width = members.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(30);
    for (name, value) in members.iter().take(MOST_MEMBERS) {
        let mut words = vec![plain(shortened(value))];
        if event.stamped && name == "time" {
            words.push(dim(" (set to now, as EventBridge would)"));
        }
        page.entry(dim(name), width, &words)?;
    }
    match members.len().saturating_sub(MOST_MEMBERS) {
        0 => Ok(()),
        more => page.line(&[dim(format!("and {more} more"))]),
    }
}

/// A value as JSON, so that a text cannot pass for a number, cut where it gets long.
fn shortened(value: &Value) -> String {
    let text = json(value);
    match text.char_indices().nth(LONGEST_VALUE) {
        None => text,
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// JSON with a space after every comma, so that it is broken into lines there and can still be copied.
pub(crate) fn json(value: &Value) -> String {
    match value {
        Value::Array(elements) => format!("[{}]", elements.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), json(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

/// What came of it.
pub(crate) fn ending(
    page: &mut Page<'_>,
    arguments: &Arguments,
    ground: &Ground,
    rehearsal: &Rehearsal,
    status: u8,
) -> io::Result<()> {
    let record = rehearsal.record();
    if let Some(record) = &record {
        checks::show(page, record, arguments.rules)?;
    }
    calls::show(page, &rehearsal.calls)?;
    match &rehearsal.ended {
        Ended::Answered(answer) if answer.function_error => {
            outcome::error(page, &answer.payload)?;
            if let Some(missing) = ground.missing() {
                page.line(&[Words::new(Tone::Caution, missing)])?;
            }
        }
        Ended::Answered(_) => {}
        Ended::Died(status) => {
            page.heading("Died", &[Words::new(Tone::Bad, format!("the function ended before it answered: {status}"))])?;
        }
    }
    outcome::record(page, record.as_ref())?;
    outcome::events(page, &rehearsal.events)?;
    if arguments.logs || rehearsal.is_cut_short() {
        log(page, rehearsal)?;
    }
    outcome::world(page, rehearsal)?;
    footer(page, rehearsal, status)
}

fn log(page: &mut Page<'_>, rehearsal: &Rehearsal) -> io::Result<()> {
    for (name, text) in [("Log", &rehearsal.log), ("Standard error", &rehearsal.complaints)] {
        if !text.is_empty() {
            page.heading(name, &[dim("of the function")])?;
            text.lines().try_for_each(|line| page.verbatim(line))?;
        }
    }
    Ok(())
}

fn footer(page: &mut Page<'_>, rehearsal: &Rehearsal, status: u8) -> io::Result<()> {
    let all = rehearsal.took.as_millis();
    let words = match &rehearsal.ended {
        Ended::Answered(answer) => {
            let kind = if answer.function_error { "an error by name" } else { "a record" };
            format!(": {kind}; answered in {} ms, {all} ms with start-up", answer.took.as_millis())
        }
        Ended::Died(_) => format!(": no answer; ended after {all} ms"),
    };
    page.heading("Exit status", &[strong(status), plain(words)])
}
