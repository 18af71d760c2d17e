//! What the function said and what is true: the error by name, the record, the event on the bus, the simulator's world.

use std::io;

use associate_virtual_interface::error::{Moved, Name};
use serde_json::Value;

use crate::page::{Page, Tone, Words, dim, plain, strong};
use crate::run::{Rehearsal, Whereabouts};
use crate::show::json;

/// The widest label here.
const LABEL: usize = "resources".len();

/// The codes of a record that are the function's own, for AWS said nothing, or nothing that could be read.
const OUR_CODES: [&str; 3] = ["NoAnswer", "UnreadableAnswer", "NotSent"];

/// The error and the two questions that it answers.
pub(crate) fn error(page: &mut Page<'_>, payload: &[u8]) -> io::Result<()> {
    let error: Value = serde_json::from_slice(payload).unwrap_or_default();
    let name = error["errorType"].as_str().unwrap_or("not an error by name");
    page.heading("Error", &[Words::new(Tone::Bad, name)])?;
    let (moved, waiting_helps) = match Name::ALL.into_iter().find(|known| known.as_str() == name) {
        Some(known) => (moved(known.did_it_move()), if known.waiting_helps() { "yes" } else { "no" }),
        // Lambda's own, or the runtime's: the function itself said nothing.
        None => ("unknown", "unknown"),
    };
    page.entry(dim("did it move?"), 18, &[strong(moved)])?;
    page.entry(dim("does waiting help?"), 18, &[strong(waiting_helps)])?;
    let message = error["errorMessage"].as_str().unwrap_or_default();
    message.lines().try_for_each(|line| page.line(&[plain(line)]))
}

fn moved(moved: Moved) -> &'static str {
    match moved {
        Moved::Yes => "yes",
        Moved::No => "no",
        Moved::Unknown => "unknown",
    }
}

/// The record, without its checks.
pub(crate) fn record(page: &mut Page<'_>, record: Option<&Value>) -> io::Result<()> {
    let Some(record) = record else {
        return page.heading("Record", &[plain("none was made")]);
    };
    let outcome = record["outcome"].as_str().unwrap_or_default();
    page.heading("Record", &[Words::new(tone(outcome), outcome)])?;
    page.entry(dim("from"), LABEL, &[place(&record["from"])])?;
    page.entry(dim("to"), LABEL, &[place(&record["to"])])?;
    let interface = &record["virtualInterface"];
    if interface.is_object() {
        page.entry(dim("interface"), LABEL, &[plain(interface_words(interface))])?;
        page.entry(dim("peers"), LABEL, &[plain(peers(interface))])?;
    }
    if record["error"].is_object() {
        let text = |member: &str| record["error"][member].as_str().unwrap_or_default();
        let label = if OUR_CODES.contains(&text("code")) { "answer" } else { "AWS said" };
        page.entry(dim(label), LABEL, &[plain(format!("{}: {}", text("code"), text("message")))])?;
    }
    if record["inverse"].is_object() {
        page.entry(dim("inverse"), LABEL, &[plain(json(&record["inverse"]))])?;
    }
    Ok(())
}

fn tone(outcome: &str) -> Tone {
    match outcome {
        "associated" | "alreadyAssociated" | "wouldAssociate" => Tone::Good,
        "unsettled" => Tone::Caution,
        _ => Tone::Bad,
    }
}

fn place(place: &Value) -> Words {
    let Some(id) = place["connectionId"].as_str() else { return plain("not known") };
    let members = ["location", "bandwidth", "awsDeviceV2"].map(|member| place[member].as_str());
    let members: Vec<_> = members.into_iter().flatten().collect();
    plain(format!("{id}  {}", members.join(", ")))
}

fn interface_words(interface: &Value) -> String {
    let text = |member: &str| interface[member].as_str().unwrap_or("?");
    let (id, name) = (text("virtualInterfaceId"), text("virtualInterfaceName"));
    format!("{id} ({name}) is {} on {}", text("virtualInterfaceState"), text("connectionId"))
}

fn peers(interface: &Value) -> String {
    let peers = interface["bgpPeers"].as_array().map_or(&[][..], Vec::as_slice);
    let peers = peers.iter().map(|peer| {
        let text = |member: &str| peer[member].as_str().unwrap_or("?");
        format!("{} {} (BGP {})", text("addressFamily"), text("bgpPeerState"), text("bgpStatus"))
    });
    peers.collect::<Vec<_>>().join(", ")
}

/// What the bus took.
pub(crate) fn events(page: &mut Page<'_>, events: &[Value]) -> io::Result<()> {
    if events.is_empty() {
        return page.heading("Event", &[plain("none on the bus")]);
    }
    // A bus whose answer was lost has the same event again: consumers drop it by its id.
    for same in events.chunk_by(|one, next| one["Detail"]["id"] == next["Detail"]["id"]) {
        let event = &same[0];
        let text = |member: &str| event[member].as_str().unwrap_or_default();
        let times = if same.len() > 1 { format!(", {} times with the same id", same.len()) } else { String::new() };
        page.heading("Event", &[strong(text("DetailType")), plain(times)])?;
        page.entry(dim("source"), LABEL, &[plain(text("Source"))])?;
        let resources: Vec<_> = event["Resources"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        page.entry(dim("resources"), LABEL, &[plain(resources.join(" "))])?;
        page.entry(dim("id"), LABEL, &[plain(event["Detail"]["id"].as_str().unwrap_or_default())])?;
    }
    Ok(())
}

/// Where the interface really is.
pub(crate) fn world(page: &mut Page<'_>, rehearsal: &Rehearsal) -> io::Result<()> {
    let words = match (&rehearsal.before, &rehearsal.after) {
        (_, None) => "there is no such interface".to_owned(),
        (before, Some(Whereabouts { virtual_interface_id, connection_id, state })) => {
            let was = before.as_ref().filter(|before| before.connection_id != *connection_id);
            let moved = was.map_or("not moved".to_owned(), |was| format!("moved from {}", was.connection_id));
            // The function's record may have it pending, as in AWS, where this takes a while.
            let settled = if was.is_some() && state == "available" { " (it settles at once here)" } else { "" };
            format!("{virtual_interface_id} is {state} on {connection_id}, {moved}{settled}")
        }
    };
    page.heading("In the simulator", &[strong(words)])
}
