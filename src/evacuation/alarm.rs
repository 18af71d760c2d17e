//! A CloudWatch alarm that changed its state. Only `ALARM` says that something is wrong: `INSUFFICIENT_DATA` is no
//! outage. Its connection stands in the metric that it watches. Members that are not named here are AWS's to add.

use std::collections::BTreeSet;

use super::doors::{Asked, MAX_REASON};
use super::{Evacuation, Notice, NoticeCode};
use crate::error::Error;
use crate::fields::{Fields, clean, invalid};
use crate::request::{Arrival, Envelope, id_of};

pub(super) const SOURCE: &str = "aws.cloudwatch";
pub(super) const DETAIL_TYPE: &str = "CloudWatch Alarm State Change";
const NAMESPACE: &str = "AWS/DX";

pub(super) fn read(mut envelope: Envelope, arrival: Arrival<'_>) -> Result<Asked, Error> {
    let mut detail = envelope.detail()?;
    let name = detail.words("alarmName", MAX_REASON)?.unwrap_or_default();
    let mut state = detail.object("state")?.ok_or_else(|| invalid("detail.state is missing".to_owned()))?;
    let not_in_alarm = match state.required("value", 64)?.as_str() {
        "ALARM" => None,
        "OK" => Some("the alarm is OK: nothing is planned"),
        "INSUFFICIENT_DATA" => Some("the alarm has insufficient data, which is no outage: nothing is planned"),
        _ => return Err(invalid("detail.state.value is none of ALARM, OK and INSUFFICIENT_DATA".to_owned())),
    };
    if let Some(message) = not_in_alarm {
        return Ok(Asked::nothing(NoticeCode::AlarmNotInAlarm, message));
    }
    let watched = watched(&mut detail, arrival)?;
    let evacuation = Evacuation {
        ports: vec![watched.connection],
        reason: Some(clean(&format!("alarm {name}"), MAX_REASON)),
        request_id: envelope.id,
        ..Evacuation::default()
    };
    let notices = watched.interface.then(|| {
        let message = "the alarm watches one virtual interface, and every interface of its connection is planned";
        Notice::new(NoticeCode::AlarmWatchesInterface, message)
    });
    Ok(Asked { evacuation: Some(evacuation), notices: notices.into_iter().collect() })
}

/// What the alarm watches.
struct Watched {
    connection: String,
    /// Not the connection as a whole, but one interface on it.
    interface: bool,
}

fn watched(detail: &mut Fields, arrival: Arrival<'_>) -> Result<Watched, Error> {
    const METRICS: &str = "detail.configuration.metrics";
    let mut connections = BTreeSet::new();
    let mut interface = false;
    let configuration = detail.object("configuration")?;
    let metrics = configuration.map_or(Ok(Vec::new()), |mut all| all.list("metrics"))?;
    for (index, metric) in metrics.into_iter().enumerate() {
        let mut metric = Fields::of(&format!("{METRICS}[{index}]"), Some(metric))?;
        // What is computed from others is no metric itself.
        let Some(mut stat) = metric.object("metricStat")? else { continue };
        let Some(mut metric) = stat.object("metric")? else { continue };
        if metric.words("namespace", 256)?.as_deref() != Some(NAMESPACE) {
            continue;
        }
        let Some(mut dimensions) = metric.object("dimensions")? else { continue };
        if let Some(found) = dimensions.string("ConnectionId", 2048)? {
            connections.insert(id_of(&found, &["dxcon", "dxlag"], arrival)?);
            interface |= dimensions.has("VirtualInterfaceId");
        }
    }
    let mut connections = connections.into_iter();
    match (connections.next(), connections.next()) {
        (Some(connection), None) => Ok(Watched { connection, interface }),
        (Some(_), Some(_)) => Err(invalid(format!("{METRICS} names more than one connection"))),
        (None, _) => Err(invalid(format!(
            "{METRICS} has no {NAMESPACE} metric with the dimension ConnectionId; a composite alarm, or one that is \
             only computed, names no connection"
        ))),
    }
}
