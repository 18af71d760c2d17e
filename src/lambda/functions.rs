//! Each function's settings from its environment, its clients, and what is counted of an invocation.

use aws_config::SdkConfig;
use serde_json::value::RawValue;
use time::Duration;

use super::{Function, Handled, outcome_of};
use crate::associate::{Associate, Invocation, Settings};
use crate::aws::direct_connect::DirectConnect;
use crate::aws::event_bus::EventBus;
#[cfg(feature = "ledger")]
use crate::aws::ledger::Ledger;
use crate::error::Name;
use crate::evacuate::{self, Evacuate};
use crate::metrics::Tally;
use crate::told::Told;
use crate::verify::{self, Verified, Verify};

impl Function for Associate {
    type Settings = Settings;

    // It may have moved.
    const FAILED_INSIDE: Name = Name::AssociationUnsettled;

    fn settings(variable: impl Fn(&str) -> Option<String>) -> Result<Settings, String> {
        let environment = Environment(variable);
        environment.account_is_one()?;
        Ok(Settings {
            event_bus: environment.event_bus()?,
            event_source: environment.event_source(),
            max_request_age: environment.seconds("MAX_REQUEST_AGE_SECONDS", 900)?,
            min_healthy_paths: environment.min_healthy_paths()?,
            ledger: environment.ledger()?,
            in_doubt: environment.seconds("IN_DOUBT_SECONDS", 300)?,
            region: environment.region()?,
        })
    }

    fn new(configuration: &SdkConfig, settings: Settings) -> Self {
        let direct_connect = DirectConnect::new(configuration);
        let event_bus = EventBus::new(configuration, settings.event_bus.clone(), settings.event_source.clone());
        #[cfg(feature = "ledger")]
        let ledger = settings.ledger.clone().map(|table| Ledger::new(configuration, table, settings.in_doubt));
        #[cfg(not(feature = "ledger"))]
        let ledger = None;
        Self::new(direct_connect, event_bus, ledger, settings)
    }

    async fn handle(&'static self, payload: Box<RawValue>, invocation: Invocation) -> Handled {
        match self.handle(payload.get(), &invocation).await {
            Ok(told) => handled(told),
            Err(error) => Handled { tally: Tally::of(outcome_of(error.name)), answer: Err(error) },
        }
    }
}

impl Function for Verify {
    type Settings = verify::Settings;

    // It changes nothing: asking again is safe.
    const FAILED_INSIDE: Name = Name::Unavailable;

    fn settings(variable: impl Fn(&str) -> Option<String>) -> Result<verify::Settings, String> {
        let environment = Environment(variable);
        environment.account_is_one()?;
        Ok(verify::Settings {
            event_bus: environment.event_bus()?,
            event_source: environment.event_source(),
            convergence: environment.seconds("CONVERGENCE_SECONDS", 180)?,
            region: environment.region()?,
        })
    }

    fn new(configuration: &SdkConfig, settings: verify::Settings) -> Self {
        let direct_connect = DirectConnect::new(configuration);
        let event_bus = EventBus::new(configuration, settings.event_bus.clone(), settings.event_source.clone());
        Self::new(direct_connect, event_bus, settings)
    }

    async fn handle(&'static self, payload: Box<RawValue>, invocation: Invocation) -> Handled {
        match self.handle(payload.get(), &invocation).await {
            Ok(Verified { told, after }) => {
                let mut handled = handled(told);
                let after = after.and_then(|after| u64::try_from(after.whole_milliseconds()).ok());
                handled.tally.figures.extend(after.map(|after| ("TimeToSettle", "Milliseconds", after)));
                handled
            }
            Err(error) => Handled { tally: Tally::of(outcome_of(error.name)), answer: Err(error) },
        }
    }
}

impl Function for Evacuate {
    type Settings = evacuate::Settings;

    const FAILED_INSIDE: Name = Name::Unavailable;

    fn settings(variable: impl Fn(&str) -> Option<String>) -> Result<evacuate::Settings, String> {
        let environment = Environment(variable);
        environment.account_is_one()?;
        Ok(evacuate::Settings {
            max_request_age: environment.seconds("MAX_REQUEST_AGE_SECONDS", 900)?,
            min_healthy_paths: environment.min_healthy_paths()?,
            region: environment.region()?,
        })
    }

    fn new(configuration: &SdkConfig, settings: evacuate::Settings) -> Self {
        Self::new(DirectConnect::new(configuration), settings)
    }

    async fn handle(&'static self, payload: Box<RawValue>, invocation: Invocation) -> Handled {
        match self.handle(payload.get(), &invocation).await {
            Ok(told) => {
                let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
                let requests = ("Requests", "Count", count(told.plan.requests.len()));
                let skipped = ("Skipped", "Count", count(told.plan.skipped.len()));
                let tally = Tally { figures: vec![requests, skipped], ..Tally::of("planned") };
                Handled { tally, answer: Ok(told.json) }
            }
            Err(error) => Handled { tally: Tally::of(outcome_of(error.name)), answer: Err(error) },
        }
    }
}

fn handled(told: Told) -> Handled {
    let Told { outcome, emitted, refused_by, figures, answer } = told;
    Handled { tally: Tally { outcome, emitted, refused_by, figures }, answer }
}

/// The environment of a function. Every method says which variable is missing or wrong.
struct Environment<V>(V);

impl<V: Fn(&str) -> Option<String>> Environment<V> {
    fn event_bus(&self) -> Result<String, String> {
        (self.0)("EVENT_BUS_NAME")
            .ok_or_else(|| "EVENT_BUS_NAME is not set: it names the bus for the records".to_owned())
    }

    fn event_source(&self) -> String {
        (self.0)("EVENT_SOURCE").unwrap_or_else(|| "associate-virtual-interface".to_owned())
    }

    fn ledger(&self) -> Result<Option<String>, String> {
        match (self.0)("LEDGER_TABLE") {
            Some(_) if !cfg!(feature = "ledger") => {
                Err("LEDGER_TABLE is set, and the program was built without a ledger (feature `ledger`)".to_owned())
            }
            table => Ok(table),
        }
    }

    fn region(&self) -> Result<String, String> {
        let region = (self.0)("AWS_REGION").or_else(|| (self.0)("AWS_DEFAULT_REGION"));
        region.ok_or_else(|| "AWS_REGION is not set".to_owned())
    }

    fn min_healthy_paths(&self) -> Result<usize, String> {
        usize::try_from(self.number("MIN_HEALTHY_PATHS", 1)?).map_err(|error| error.to_string())
    }

    fn seconds(&self, name: &str, default: u32) -> Result<Duration, String> {
        Ok(Duration::seconds(self.number(name, default)?.into()))
    }

    fn number(&self, name: &str, default: u32) -> Result<u32, String> {
        let text = (self.0)(name);
        text.map_or(Ok(default), |text| text.parse().map_err(|_| format!("{name} is not a whole number")))
    }

    fn account_is_one(&self) -> Result<(), String> {
        match (self.0)("AWS_ACCOUNT_ID") {
            Some(id) if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err("AWS_ACCOUNT_ID is not an account id".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_defaults_and_say_what_is_wrong() {
        let with = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            <Associate as Function>::settings(move |name| {
                pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            })
        };
        let needed = [("EVENT_BUS_NAME", "bus"), ("AWS_REGION", "eu-west-1")];
        let defaults = with(&needed).unwrap();
        assert_eq!(defaults.event_source, "associate-virtual-interface");
        assert_eq!((defaults.max_request_age, defaults.min_healthy_paths), (Duration::minutes(15), 1));
        for (name, value) in [
            ("MAX_REQUEST_AGE_SECONDS", "soon"),
            ("MIN_HEALTHY_PATHS", "-1"),
            ("AWS_ACCOUNT_ID", "12345678901"),
            ("AWS_ACCOUNT_ID", "12345678901x"),
        ] {
            let wrong = with(&[needed[0], needed[1], (name, value)]).unwrap_err();
            assert!(wrong.starts_with(name), "{wrong}");
        }
        assert!(with(&needed[..1]).unwrap_err().starts_with("AWS_REGION"));
        assert!(with(&needed[1..]).unwrap_err().starts_with("EVENT_BUS_NAME"));
    }

    #[test]
    fn a_plan_needs_no_bus() {
        let with = |region: Option<&'static str>| {
            <Evacuate as Function>::settings(move |name| region.filter(|_| name == "AWS_REGION").map(str::to_owned))
        };
        let defaults = with(Some("eu-west-1")).unwrap();
        assert_eq!((defaults.max_request_age, defaults.min_healthy_paths), (Duration::minutes(15), 1));
        assert!(with(None).unwrap_err().starts_with("AWS_REGION"));
    }
}
