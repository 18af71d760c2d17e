//! The rehearsal for machines: one JSON object on one line.

use std::fmt::Write as _;

use associate_virtual_interface::fields::is_deceptive;
use dx_sim::Call;
use serde_json::{Value, json};

use crate::event::Event;
use crate::run::{Ended, Rehearsal};

/// The object as text. It has `logs` if they were asked for, or if the function itself gave no answer.
pub(crate) fn text(rehearsal: &Rehearsal, event: &Event, logs: bool, status: u8) -> String {
    let (answer, function_error) = match &rehearsal.ended {
        Ended::Answered(answer) => (serde_json::from_slice(&answer.payload).unwrap_or_default(), answer.function_error),
        Ended::Died(_) => (Value::Null, true),
    };
    let world = rehearsal.after.as_ref().map(|interface| {
        json!({
            "virtualInterfaceId": interface.virtual_interface_id,
            "connectionId": interface.connection_id,
            "state": interface.state,
        })
    });
    let mut object = json!({
        "request": event.shown(),
        "answer": answer,
        "functionError": function_error,
        "calls": rehearsal.calls.iter().map(call).collect::<Vec<_>>(),
        "events": rehearsal.events,
        "world": world,
        "tookMs": milliseconds(rehearsal.took),
        "exitStatus": status,
    });
    let died = if let Ended::Died(status) = &rehearsal.ended { Some(status.to_string()) } else { None };
    if logs || rehearsal.is_cut_short() {
        let lines = rehearsal.log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| json!(line)));
        object["logs"] = json!({"stdout": lines.collect::<Vec<Value>>(), "stderr": rehearsal.complaints});
    }
    if let Some(died) = died {
        object["died"] = json!(died);
    }
    escaped(&object.to_string())
}

fn call(call: &Call) -> Value {
    json!({
        "service": call.service,
        "operation": call.operation,
        "input": call.input,
        "status": call.status,
        "refusedBy": call.refused_by.map(|rule| rule.name),
        "startedMs": milliseconds(call.started),
        "tookMs": milliseconds(call.took),
    })
}

fn milliseconds(duration: std::time::Duration) -> Value {
    json!(duration.as_secs_f64() * 1000.0)
}

/// JSON leaves some characters as they are that a terminal obeys; it may be one that reads this.
fn escaped(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut text, c| {
        // They can only stand in strings, where an escape means the same.
        if is_deceptive(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A text takes whatever is written to it.
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
        text
    })
}
