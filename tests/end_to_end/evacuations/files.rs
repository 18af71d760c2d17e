//! The evacuations in `events/`, compared whole with what the program says. To write the answers anew see
//! `examples.rs`.

use associate_virtual_interface::digest::short;
use dx_sim::Invocation;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use super::events::health_date;
use super::{ASHBURN, DOWNED, LAG, set_standby, stage};
use crate::examples::{compare, delivered};
use crate::harness::Said;

/// A file that is asked with, and the file with the plan for it. Both connections name the LAG as their standby.
const SCENES: [(&str, &str); 5] = [
    ("evacuation-request", "plan-from-request"),
    ("evacuation-from-alarm", "plan-from-alarm"),
    ("evacuation-alarm-ok", "plan-nothing"),
    ("evacuation-from-health-issue", "plan-from-health-issue"),
    ("evacuation-from-health-scheduled", "plan-from-health-scheduled"),
];

pub(crate) fn claimed() -> impl Iterator<Item = &'static str> {
    SCENES.into_iter().flat_map(|(asked, answer)| [asked, answer])
}

#[tokio::test]
async fn every_plan_is_what_the_program_says() {
    let stage = stage(|world| {
        set_standby(world, ASHBURN, LAG);
        set_standby(world, DOWNED, LAG);
    })
    .await;
    for (asked, answer) in SCENES {
        let (event, moved) = upcoming(delivered(asked));
        let said = stage.ask_as(event.to_string(), Invocation::default()).await;
        let Said::Record(plan) = said else { panic!("{asked}: {said:?}") };
        let plan = moved.iter().fold(plan.to_string(), |text, (now, then)| text.replace(now, then));
        compare(answer, &serde_json::from_str(&plan).unwrap());
    }
}

/// Maintenance begins two weeks from now, whenever that is; with the times as they are said, and as they are in the file.
fn upcoming(mut event: Value) -> (Value, Vec<(String, String)>) {
    let mut moved = Vec::new();
    if event["detail"]["eventTypeCategory"] == "scheduledChange" {
        let time = |text: &Value| OffsetDateTime::parse(text.as_str().unwrap(), &Rfc2822).unwrap();
        let rfc3339 = |text: &Value| time(text).format(&Rfc3339).unwrap();
        // The requests' ids follow from event and window.
        let arn = event["detail"]["eventArn"].as_str().unwrap().to_owned();
        let id = |start: &Value| short(&[&arn, &time(start).unix_timestamp().to_string()]);
        for (member, seconds) in [("startTime", 14 * 86_400), ("endTime", 14 * 86_400 + 14_400)] {
            let (then, now) = (event["detail"][member].clone(), json!(health_date(seconds)));
            moved.push((rfc3339(&now), rfc3339(&then)));
            moved.push((id(&now), id(&then)));
            event["detail"][member] = now;
        }
    }
    (event, moved)
}
