//! The reads of an evacuation: one wave, and a second only where the first proves it necessary. Never one for each
//! interface: an account may have thousands.

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::JoinSet;
use tokio::time::timeout_at;
use tracing::Instrument as _;

use super::DirectConnect;
use crate::clock::{Clock, RESERVE_FOR_ANSWER};
use crate::error::{Error, Name};
use crate::estate::{Caller, Failed, Listing};
use crate::evacuation::Evacuation;
use crate::evacuation::judge::Judge;
use crate::evacuation::survey::Survey;

/// How many ports, or gateways, are asked for at once: a Health event may name hundreds, and AWS throttles.
const AT_ONCE: usize = 8;

impl DirectConnect {
    /// Reads everything that the evacuation needs.
    ///
    /// # Errors
    /// As [`Survey::situation`]; [`Name::Unavailable`] as well when too little time is left.
    pub async fn survey(&self, evacuation: &Evacuation, caller: &Caller, clock: &Clock) -> Result<Survey, Error> {
        let read = timeout_at(clock.until(RESERVE_FOR_ANSWER), self.survey_all(evacuation, caller)).await;
        read.unwrap_or_else(|_| {
            Err(Error::new(Name::Unavailable, "too little time is left before the Lambda deadline to read everything"))
        })
    }

    async fn survey_all(&self, evacuation: &Evacuation, caller: &Caller) -> Result<Survey, Error> {
        let mut survey = self.survey_at_once(evacuation).await;
        let situation = survey.situation(evacuation, caller)?;
        let targets = survey.targets_to_list(&situation);
        let interconnects = survey.interconnects_to_find(&situation);
        let judge = Judge { survey: &survey, situation: &situation, evacuation, caller };
        let gateways = judge.gateways_in_doubt();

        let account = caller.account.clone();
        let (on_targets, found, attachments) = tokio::join!(
            self.of_each(targets, |client, id| async move { client.interfaces(None, Some(&id)).await }),
            self.of_each(interconnects, move |client, id| {
                let account = account.clone();
                async move { client.interconnects(&id, &account).await }
            }),
            self.of_each(gateways, |client, id| async move { client.attachments_of_gateway(id).await }),
        );
        survey.on_ports.extend(on_targets);
        survey.attachments = attachments;
        found.into_values().try_for_each(|listing| survey.see_interconnects(listing))?;
        survey.targets_are_listed(&survey.situation(evacuation, caller)?)?;
        Ok(survey)
    }

    async fn survey_at_once(&self, evacuation: &Evacuation) -> Survey {
        let ports: BTreeSet<String> = evacuation.ports.iter().chain(&evacuation.target).cloned().collect();
        let (in_region, on_ports, connections, lags) = tokio::join!(
            self.interfaces(None, None),
            self.of_each(ports, |client, id| async move { client.interfaces(None, Some(&id)).await }),
            self.connections(),
            self.lags(),
        );
        Survey { in_region, on_ports, connections, lags, attachments: BTreeMap::new() }
    }

    /// The same read for each of these ids, a few at once.
    async fn of_each<T, R>(
        &self,
        ids: BTreeSet<String>,
        read: impl Fn(Self, String) -> R,
    ) -> BTreeMap<String, Listing<T>>
    where
        T: Send + 'static,
        R: Future<Output = Listing<T>> + Send + 'static,
    {
        let mut listings = BTreeMap::new();
        let mut reads = JoinSet::new();
        let mut ids = ids.into_iter();
        loop {
            while reads.len() < AT_ONCE
                && let Some(id) = ids.next()
            {
                // Until it is answered, and should its task fail.
                listings.insert(id.clone(), Err(Failed::inside()));
                let listing = read(self.clone(), id.clone());
                reads.spawn(async move { (id, listing.await) }.in_current_span());
            }
            match reads.join_next().await {
                None => break listings,
                Some(Ok((id, listing))) => _ = listings.insert(id, listing),
                Some(Err(_)) => {}
            }
        }
    }
}
