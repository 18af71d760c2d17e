//! What is asked of an evacuation, and what it answers: the moves that empty a connection or LAG, what cannot be moved,
//! and what else is worth knowing. Shapes only; the doors are in [`doors`], what was read in [`survey`], the judging of
//! the whole set in [`judge`], the order in [`order`].

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::check::Finding;
use crate::digest;
use crate::request::{Override, Request};

pub mod doors;
pub mod judge;
pub mod order;
pub mod survey;

mod alarm;
mod health;
#[cfg(test)]
mod schemas;

/// Room for what a runbook adds to a `requestId`, which has at most 128 characters.
const MAX_REQUEST_ID: usize = 110;

/// What is to be emptied, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evacuation {
    /// The connections and LAGs to empty, each once.
    pub ports: Vec<String>,
    /// Interfaces that are to leave their port, whichever that is; each once.
    pub interfaces: Vec<String>,
    /// Where everything goes; by default to what the tag of each port names.
    pub target: Option<String>,
    /// Carried to every request, as are the next three.
    pub dry_run: Option<bool>,
    /// Guards that the caller accepts by name.
    pub overrides: Vec<Override>,
    /// Change ticket or a few words.
    pub reason: Option<String>,
    /// The requests are to be refused afterwards.
    pub not_after: Option<OffsetDateTime>,
    /// What the `requestId` of every request begins with.
    pub request_id: String,
}

/// An association request, ready to be sent. What was not given is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
#[serde(rename_all = "camelCase")]
pub struct AssociationRequest {
    /// The interface to move.
    pub virtual_interface_id: String,
    /// The connection or LAG to move it to.
    pub connection_id: String,
    /// The port that it is on.
    pub expected_connection_id: String,
    /// As in the evacuation request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// As in the evacuation request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(with = "Option<Vec<Override>>"))]
    pub overrides: Vec<Override>,
    /// The evacuation's own with the interface's id; the same for the same evacuation, so that a second one is
    /// recognised.
    #[cfg_attr(test, schemars(length(min = 1, max = 110)))]
    pub request_id: String,
    /// As in the evacuation request; for maintenance that AWS announces the beginning of its window.
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub not_after: Option<OffsetDateTime>,
    /// As in the evacuation request; of an event, which one it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An interface that cannot be moved, with what stands in the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// The interface.
    pub virtual_interface_id: String,
    /// The port that it stays on.
    pub from_connection_id: String,
    /// Refusals, and guards that nobody has overridden.
    pub findings: Vec<Finding>,
}

/// Something worth knowing about the evacuation as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Notice {
    /// What it is about.
    pub code: NoticeCode,
    /// The same in a sentence.
    pub message: String,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum NoticeCode {
    /// The alarm is OK or has too few figures: nothing is planned.
    AlarmNotInAlarm,
    /// The alarm watches one interface, and all of its connection is planned.
    AlarmWatchesInterface,
    /// AWS Health speaks of another Region: nothing is planned.
    OtherRegion,
    /// The Health event is closed: nothing is planned.
    HealthEventClosed,
    /// The Health event is neither an issue nor a scheduled change: nothing is planned.
    HealthEventOfOtherCategory,
    /// The Health event takes back what was announced (assumed): nothing is planned.
    HealthEventCancelled,
    /// The Health event names nothing that could be emptied: nothing is planned.
    NothingNamed,
    /// The Health event names other things too, which are left out.
    OthersNamed,
    /// The Health event is one of several pages.
    SeveralPages,
    /// The window of a scheduled change.
    MaintenanceWindow,
    /// The window of a scheduled change is not known, so the requests do not expire.
    MaintenanceWindowUnknown,
    /// Something that an event names is not visible here.
    NotVisible,
    /// A source is a member of a LAG and carries nothing itself.
    SourceIsLagMember,
    /// A source carries no interfaces.
    SourceIsEmpty,
    /// The findings are cut short, for the answer would be too large for Step Functions.
    FindingsShortened,
}

/// What an evacuation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Plan {
    /// Every interface that can be moved, in the order in which the moves are least harmful: one after the other.
    pub requests: Vec<AssociationRequest>,
    /// Every interface that cannot.
    pub skipped: Vec<Skipped>,
    /// What else is worth knowing; where nothing is planned, why.
    pub notices: Vec<Notice>,
}

/// The largest answer, in bytes: Step Functions hands on 256 KiB, and the runbook adds to it.
const MAX_ANSWER: usize = 200 * 1024;
/// What a finding's message is cut to where the answer would be larger.
const SHORT_MESSAGE: usize = 120;

impl Plan {
    /// The plan as JSON. Fifty interfaces with siblings by the dozen can have more findings than Step Functions hands on;
    /// then they keep their names and the beginning of their messages, and a notice says so.
    #[must_use]
    pub fn to_json(&self) -> Box<RawValue> {
        let whole = self.whole();
        if whole.get().len() <= MAX_ANSWER {
            return whole;
        }
        let message = "the answer would be too large: messages of findings are cut short and their facts left out; the log \
                       has them whole";
        let mut plan = self.clone();
        plan.notices.push(Notice::new(NoticeCode::FindingsShortened, message));
        let Ok(mut plan) = serde_json::to_value(&plan) else { return whole };
        let skipped = plan["skipped"].as_array_mut().into_iter().flatten();
        for finding in skipped.filter_map(|one| one["findings"].as_array_mut()).flatten() {
            finding["facts"] = Value::Object(Map::new());
            let short = finding["message"].as_str().unwrap_or_default().chars().take(SHORT_MESSAGE).collect();
            finding["message"] = Value::String(short);
        }
        raw(&plan)
    }

    /// The plan as JSON, however large.
    #[must_use]
    pub fn whole(&self) -> Box<RawValue> {
        raw(self)
    }
}

fn raw(value: &impl Serialize) -> Box<RawValue> {
    let Ok(json) = serde_json::value::to_raw_value(value) else {
        unreachable!("a plan has no map with keys that are not strings")
    };
    json
}

impl Notice {
    /// A notice with its sentence.
    #[must_use]
    pub fn new(code: NoticeCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl Evacuation {
    /// The request that moves this interface.
    #[must_use]
    pub fn association_request(&self, interface: &str, from: &str, target: &str) -> AssociationRequest {
        AssociationRequest {
            virtual_interface_id: interface.to_owned(),
            connection_id: target.to_owned(),
            expected_connection_id: from.to_owned(),
            dry_run: self.dry_run,
            overrides: self.overrides.clone(),
            request_id: self.request_id_of(interface),
            not_after: self.not_after,
            reason: self.reason.clone(),
        }
    }

    /// The evacuation's own id and the interface's; where that is too long, the first of them hashed.
    fn request_id_of(&self, interface: &str) -> String {
        let readable = format!("{}.{interface}", self.request_id);
        if readable.chars().count() <= MAX_REQUEST_ID {
            return readable;
        }
        format!("{}.{interface}", digest::short(&[&self.request_id]))
    }
}

impl AssociationRequest {
    /// The same as `associate` will understand it.
    #[must_use]
    pub fn as_understood(&self) -> Request {
        Request {
            virtual_interface_id: self.virtual_interface_id.clone(),
            connection_id: self.connection_id.clone(),
            expected_connection_id: Some(self.expected_connection_id.clone()),
            dry_run: self.dry_run.unwrap_or(false),
            overrides: self.overrides.clone(),
            request_id: self.request_id.clone(),
            not_after: self.not_after,
            reason: self.reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{EVACUATION_TARGET, Fault};

    fn plan(interfaces: usize) -> Plan {
        let fault = Fault::NoStandby { from: "x".repeat(4_000) };
        let skipped = |number| Skipped {
            virtual_interface_id: format!("dxvif-f{number:07}"),
            from_connection_id: "dxcon-fexample".to_owned(),
            findings: vec![Finding::new(&EVACUATION_TARGET, fault.clone())],
        };
        Plan { skipped: (0..interfaces).map(skipped).collect(), ..Plan::default() }
    }

    #[test]
    fn an_answer_that_step_functions_would_not_hand_on_is_cut_short_and_says_so() {
        let json = plan(51).to_json();
        assert!(json.get().len() < 51 * 400, "{} bytes", json.get().len());
        let said: Value = serde_json::from_str(json.get()).unwrap();
        assert_eq!(said["skipped"].as_array().unwrap().len(), 51);
        let finding = &said["skipped"][50]["findings"][0];
        assert_eq!(
            (&finding["check"], &finding["code"]),
            (&Value::from("evacuation-target"), &Value::from("NoStandby"))
        );
        assert_eq!(finding["message"].as_str().unwrap().len(), SHORT_MESSAGE);
        assert_eq!(said["notices"][0]["code"], "findingsShortened");
    }

    #[test]
    fn a_request_is_the_evacuations_own_but_for_its_id() {
        let override_ = Override { check: "target-state".to_owned(), reason: "why".to_owned() };
        let mut evacuation = Evacuation {
            dry_run: Some(true),
            overrides: vec![override_.clone()],
            reason: Some("CHG-1".to_owned()),
            not_after: Some(OffsetDateTime::UNIX_EPOCH),
            request_id: "CHG-1".to_owned(),
            ..Evacuation::default()
        };
        let asked = |evacuation: &Evacuation| evacuation.association_request("dxvif-f1", "dxcon-f1", "dxlag-f1");
        let mut expected = Request {
            virtual_interface_id: "dxvif-f1".to_owned(),
            connection_id: "dxlag-f1".to_owned(),
            expected_connection_id: Some("dxcon-f1".to_owned()),
            dry_run: true,
            overrides: vec![override_],
            request_id: "CHG-1.dxvif-f1".to_owned(),
            not_after: Some(OffsetDateTime::UNIX_EPOCH),
            reason: Some("CHG-1".to_owned()),
        };
        assert_eq!(asked(&evacuation).as_understood(), expected);
        evacuation.dry_run = None;
        expected.dry_run = false;
        assert_eq!(asked(&evacuation).as_understood(), expected);
        // What the runbook has no room to add to is hashed.
        let room = MAX_REQUEST_ID - ".dxvif-f1".len();
        evacuation.request_id = "\u{e4}".repeat(room);
        assert_eq!(asked(&evacuation).request_id, format!("{}.dxvif-f1", evacuation.request_id));
        evacuation.request_id.push('x');
        let hashed = digest::short(&[&evacuation.request_id]);
        assert_eq!(asked(&evacuation).request_id, format!("{hashed}.dxvif-f1"));
    }

    #[test]
    fn an_answer_of_the_usual_size_is_whole() {
        let plan = plan(2);
        assert_eq!(plan.to_json().get(), plan.whole().get());
    }
}
