//! The planning story: which moves empty a connection or LAG, and in which order.
//!
//! It only puts the steps in order, and it moves nothing. What an event means, what is to leave, whether it can and what
//! is said about it are decided in `evacuation/`; it must not know an SDK type, the environment or the time of day but
//! through its arguments.

use serde_json::value::RawValue;
use time::Duration;
use tracing::info;

use crate::associate::Invocation;
use crate::aws::direct_connect::DirectConnect;
use crate::error::Error;
use crate::evacuation::doors::{Asked, parse};
use crate::evacuation::judge::Judge;
use crate::evacuation::{Evacuation, Plan};
use crate::log;

/// What the function is configured with, once, from its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `MAX_REQUEST_AGE_SECONDS`: the oldest envelope that is still acted on.
    pub max_request_age: Duration,
    /// `MIN_HEALTHY_PATHS`: healthy paths, each on a port of its own, that a gateway must keep while one of its
    /// interfaces is moved.
    pub min_healthy_paths: usize,
    /// `AWS_REGION`.
    pub region: String,
}

/// The function.
#[derive(Debug, Clone)]
pub struct Evacuate {
    direct_connect: DirectConnect,
    settings: Settings,
}

/// What is told.
#[derive(Debug)]
pub struct Told {
    /// The plan.
    pub plan: Plan,
    /// The same as JSON, for the caller.
    pub json: Box<RawValue>,
}

impl Evacuate {
    /// The function over this client.
    #[must_use]
    pub fn new(direct_connect: DirectConnect, settings: Settings) -> Self {
        Self { direct_connect, settings }
    }

    /// Handles one request, alarm or Health event.
    ///
    /// # Flow
    /// Read what is asked, read every fact in one wave and its pages, judge the whole set, and say it: to the log and to
    /// the caller.
    ///
    /// # Guarantees
    /// It only reads. Every request of the plan is one that `associate` accepts, and every check let it pass against the
    /// world as it will be once those before it are carried out. What is not in the plan is named with what stands in its
    /// way; where nothing is planned, a notice says why. No secret leaves `aws/`.
    ///
    /// # Assumptions
    /// Nobody else changes the estate meanwhile; if somebody does, `associate` sees it, for it checks again.
    ///
    /// # Errors
    /// [`crate::error::Name::InvalidRequest`], [`crate::error::Name::StaleRequest`],
    /// [`crate::error::Name::AccessDenied`] and [`crate::error::Name::Unavailable`] as for one interface, and
    /// [`crate::error::Name::PreCheckRefused`] when nothing of what is to be emptied is visible.
    pub async fn handle(&self, payload: &str, invocation: &Invocation) -> Result<Told, Error> {
        // It emits nothing, so there is no source of its own from which something could come back.
        let arrival = invocation.arrival(&self.settings.region, "", self.settings.max_request_age);
        let Asked { evacuation, notices } = parse(payload, arrival)?;
        let mut plan = match &evacuation {
            Some(evacuation) => self.plan(evacuation, invocation).await?,
            None => Plan::default(),
        };
        plan.notices.splice(0..0, notices);
        Ok(tell(plan))
    }

    async fn plan(&self, evacuation: &Evacuation, invocation: &Invocation) -> Result<Plan, Error> {
        let caller = invocation.caller(&self.settings.region, self.settings.min_healthy_paths)?;
        let survey = self.direct_connect.survey(evacuation, &caller, &invocation.clock).await?;
        let situation = survey.situation(evacuation, &caller)?;
        Judge { survey: &survey, situation: &situation, evacuation, caller: &caller }.plan()
    }
}

fn tell(plan: Plan) -> Told {
    let (json, requests, skipped) = (plan.to_json(), plan.requests.len(), plan.skipped.len());
    info!(target: log::RECORD, plan = plan.whole().get(), requests, skipped, "Virtual Interface Evacuation Planned");
    Told { plan, json }
}
