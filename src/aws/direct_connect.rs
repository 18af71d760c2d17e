//! Direct Connect over the wire: the reads, in one wave, and the one call.
//!
//! It reads and calls and must not judge: what an answer means is in `turn.rs`, what was read amounts to in `estate.rs`.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_directconnect::Client;
use aws_sdk_directconnect::config::Builder;
use aws_sdk_directconnect::config::retry::RetryPartition;
use aws_sdk_directconnect::types::{RouteDirection, RouteFilters};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout_at};

use super::{answer, project};
use crate::check;
use crate::clock::{CALL, CALL_MINIMUM, Clock, RESERVE, RESERVE_FOR_RECORD, needed_to_act};
use crate::error::{Error, Name};
use crate::estate::{Caller, Estate, Failed, Found, Listing};
use crate::facts::{Attachment, Port, PortKind, VirtualInterface};
use crate::plan::Association;
use crate::record::AwsError;
use crate::request::Request;
use crate::turn::{Answer, Turn, decide};

mod survey;

/// How many items a page is asked for: AWS's maximum.
const PAGE: i32 = 100;
/// How many pages of one listing are followed before it counts as unreadable: ten thousand items.
const MAX_PAGES: usize = 100;
/// What the routes may take, which no check needs.
const ROUTES: Duration = Duration::from_secs(3);
/// How often the call is sent at most. A second time only follows an answer that proves that nothing was applied.
const MAX_TRIES: usize = 3;
/// What is waited before the second try; doubled before the third.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The client of Direct Connect.
#[derive(Debug, Clone)]
pub struct DirectConnect {
    client: Client,
}

/// One of several reads, which puts what it gave where it belongs.
type Read<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Lets them all run at once. What was started gets on before the next one is started, so that the first request is on its
/// way while the last one is still being written; and one that gets on is woken alone.
async fn at_once<const N: usize>(reads: [Read<'_>; N]) {
    let mut under_way = FuturesUnordered::new();
    for read in reads {
        under_way.push(read);
        // As far as they get by now, the new one last.
        poll_fn(|task| {
            while let Poll::Ready(Some(())) = under_way.poll_next_unpin(task) {}
            Poll::Ready(())
        })
        .await;
        yield_now().await;
    }
    while under_way.next().await.is_some() {}
}

/// Reads every page of one listing. Pages that repeat or never end make it unreadable: fail closed.
///
/// What the SDK sends is on the heap, here and wherever else: its futures have some five kilobytes each, and all that wait
/// for one would be as large, be copied about and spread over the stack. That was a twentieth of a cold start.
macro_rules! every_page {
    ($request:expr, $items:ident, $project:expr) => {{
        let request = $request;
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        let mut pages = 0;
        loop {
            let page = Box::pin(request.clone().set_next_token(token.clone()).send()).await;
            let page = page.map_err(|error| answer(&error).into_failed())?;
            all.extend(page.$items.unwrap_or_default().into_iter().map($project));
            pages += 1;
            match page.next_token.filter(|next| !next.is_empty()) {
                None => break Ok(all),
                Some(next) if pages == MAX_PAGES || token.as_ref() == Some(&next) => {
                    break Err(Failed::Incomplete { why: format!("its pages do not end after {pages}") });
                }
                next => token = next,
            }
        }
    }};
}

impl DirectConnect {
    /// A client over this configuration.
    #[must_use]
    pub fn new(configuration: &SdkConfig) -> Self {
        // Its own quota of retries: nobody else in the process can use it up.
        let quota = RetryPartition::custom("direct-connect").build();
        Self { client: Client::from_conf(Builder::from(configuration).retry_partition(quota).build()) }
    }

    /// Reads everything that the request needs: one wave, and a second only where the first proves it necessary.
    ///
    /// # Errors
    /// [`Name::AccessDenied`] and [`Name::Unavailable`], when a read that is needed gave nothing, or too little time is
    /// left to act on the facts.
    pub async fn find(&self, request: &Request, caller: &Caller, clock: &Clock) -> Result<Found, Error> {
        let found = timeout_at(clock.until(needed_to_act(request.dry_run)), self.find_all(request, caller)).await;
        found.unwrap_or_else(|_| {
            Err(Error::new(Name::Unavailable, "too little time is left before the Lambda deadline to finish safely"))
        })
    }

    async fn find_all(&self, request: &Request, caller: &Caller) -> Result<Found, Error> {
        let mut estate = self.first_wave(request).await;
        let mut found = estate.find(request, caller)?;
        if let Found::Missing(missing) = &found
            && missing.target.is_none()
            && PortKind::of(&request.connection_id) == PortKind::Connection
        {
            // An interconnect has the id of a connection and is not among them.
            estate.see_interconnects(self.interconnects(&request.connection_id, &caller.account).await)?;
            found = estate.find(request, caller)?;
        }
        if let Found::Facts(facts) = &mut found
            && check::healthy_path_in_doubt(request, facts)
            && let Some(gateway) = facts.virtual_interface.direct_connect_gateway_id.clone()
        {
            facts.see_unseen_paths(self.attachments_of_gateway(gateway).await)?;
        }
        Ok(found)
    }

    async fn first_wave(&self, request: &Request) -> Estate {
        let (id, target) = (&request.virtual_interface_id, &request.connection_id);
        let mut estate = Estate::unread();
        let Estate { interface, on_target, in_region, connections, lags, attachment, accepted_prefixes } = &mut estate;
        at_once([
            Box::pin(async { *interface = self.interfaces(Some(id), None).await }),
            Box::pin(async { *on_target = self.interfaces(None, Some(target)).await }),
            Box::pin(async { *in_region = self.interfaces(None, None).await }),
            Box::pin(async { *connections = self.connections().await }),
            Box::pin(async { *lags = self.lags().await }),
            Box::pin(async { *attachment = self.attachments_of_interface(id).await }),
            Box::pin(async { *accepted_prefixes = self.accepted_prefixes_in_time(id).await }),
        ])
        .await;
        estate
    }

    /// A move must not wait for what only its verification will want.
    async fn accepted_prefixes_in_time(&self, id: &str) -> Listing<String> {
        let read = timeout_at(Instant::now() + ROUTES, self.accepted_prefixes(id)).await;
        read.unwrap_or_else(|_| Err(Failed::late()))
    }

    async fn accepted_prefixes(&self, id: &str) -> Listing<String> {
        let accepted = RouteFilters::builder().route_direction(RouteDirection::Accepted).build();
        let request = self.client.list_virtual_interface_routes().virtual_interface_id(id).filters(accepted);
        let routes: Listing<Option<String>> = every_page!(request.max_results(PAGE), routes, |route| route.cidr);
        Ok(routes?.into_iter().flatten().collect())
    }

    async fn interfaces(&self, id: Option<&str>, port: Option<&str>) -> Listing<VirtualInterface> {
        let request = self.client.describe_virtual_interfaces();
        let request =
            request.set_virtual_interface_id(id.map(str::to_owned)).set_connection_id(port.map(str::to_owned));
        let request = if id.is_none() { request.max_results(PAGE) } else { request };
        every_page!(request, virtual_interfaces, project::described)
    }

    async fn connections(&self) -> Listing<Port> {
        every_page!(self.client.describe_connections().max_results(PAGE), connections, project::connection)
    }

    async fn lags(&self) -> Listing<Port> {
        every_page!(self.client.describe_lags().max_results(PAGE), lags, project::lag)
    }

    async fn interconnects(&self, id: &str, account: &str) -> Listing<Port> {
        let request = self.client.describe_interconnects().interconnect_id(id);
        every_page!(request, interconnects, |one| project::interconnect(one, account))
    }

    async fn attachments_of_interface(&self, id: &str) -> Listing<Attachment> {
        let request = self.client.describe_direct_connect_gateway_attachments().virtual_interface_id(id);
        every_page!(request, direct_connect_gateway_attachments, project::attachment)
    }

    async fn attachments_of_gateway(&self, id: String) -> Listing<Attachment> {
        let request = self.client.describe_direct_connect_gateway_attachments().direct_connect_gateway_id(id);
        every_page!(request.max_results(PAGE), direct_connect_gateway_attachments, project::attachment)
    }

    /// Makes the call, once, and tells how it turned out. After any other answer than the moved interface the interface
    /// is read again, and that decides.
    pub async fn associate(&self, association: &Association, clock: &Clock) -> Turn {
        let answer = match self.call_until_it_is_taken(association, clock).await {
            None => return Turn::TooLate,
            Some(Ok(interface)) if association.has_arrived(&interface) => {
                return Turn::Associated(Box::new(interface), None);
            }
            Some(Ok(_)) => Answer::Indefinite(AwsError::new(
                "UnreadableAnswer",
                "AWS did not answer with the interface on the target",
            )),
            Some(Err(answer)) => answer,
        };
        let seen = self.see(association.virtual_interface_id(), clock).await;
        let arrived = matches!(&seen, Ok(Some(interface)) if association.has_arrived(interface));
        decide(answer, seen, arrived)
    }

    /// Calls again only after an answer that proves that nothing was applied. `None`: the request's `notAfter` passed,
    /// and nothing was applied.
    async fn call_until_it_is_taken(
        &self,
        to: &Association,
        clock: &Clock,
    ) -> Option<Result<VirtualInterface, Answer>> {
        let mut pause = FIRST_PAUSE;
        for number in 1..=MAX_TRIES {
            if to.is_too_late(clock.now()) {
                return None;
            }
            let answer = self.call(to, clock).await;
            let put_off = matches!(answer, Err(Answer::PutOff(_)));
            if !put_off || number == MAX_TRIES || clock.left(RESERVE) <= pause + CALL_MINIMUM {
                return Some(answer);
            }
            sleep(pause).await;
            pause *= 2;
        }
        None
    }

    /// The call itself. The SDK's own retries are off: it would repeat the move after a lost answer.
    async fn call(&self, to: &Association, clock: &Clock) -> Result<VirtualInterface, Answer> {
        let ends = clock.until(RESERVE).min(Instant::now() + CALL);
        let timeout = TimeoutConfig::builder().operation_attempt_timeout(CALL).build();
        let once = Builder::new().retry_config(RetryConfig::disabled()).timeout_config(timeout);
        let call = self.client.associate_virtual_interface();
        let call = call.virtual_interface_id(to.virtual_interface_id()).connection_id(to.connection_id());
        match timeout_at(ends, Box::pin(call.customize().config_override(once).send())).await {
            Ok(answered) => answered.map(project::associated).map_err(|error| answer(&error)),
            Err(_) => Err(Answer::Indefinite(AwsError::new("NoAnswer", "no answer came in time"))),
        }
    }

    /// Reads the interface and its routes as they are now, at once; and all interfaces of the Region where the first read
    /// does not show it: one empty or refused answer is no proof that it is gone.
    pub async fn look(&self, id: &str, clock: &Clock) -> (Listing<VirtualInterface>, Listing<String>) {
        let reads = async {
            let (one, prefixes) = tokio::join!(self.interfaces(Some(id), None), self.accepted_prefixes(id));
            let shown = one.as_ref().is_ok_and(|all| all.iter().any(|one| one.virtual_interface_id == id));
            match one {
                Ok(_) | Err(Failed::Refused { .. }) if !shown => (self.interfaces(None, None).await, prefixes),
                one => (one, prefixes),
            }
        };
        let late = || (Err(Failed::late()), Err(Failed::late()));
        timeout_at(clock.until(RESERVE_FOR_RECORD), reads).await.unwrap_or_else(|_| late())
    }

    /// Reads the interface as it is now; `None` where it is not there.
    ///
    /// # Errors
    /// Why it could not be read.
    pub async fn see(&self, id: &str, clock: &Clock) -> Result<Option<VirtualInterface>, Failed> {
        let read = timeout_at(clock.until(RESERVE_FOR_RECORD), self.interfaces(Some(id), None)).await;
        let all = read.unwrap_or_else(|_| Err(Failed::late()))?;
        Ok(all.into_iter().find(|one| one.virtual_interface_id == id))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn each_read_gets_on_before_the_next_one_is_started() {
        let seen = Mutex::new(Vec::new());
        let note = |what: &'static str, which: usize| seen.lock().unwrap().push((what, which));
        let read = |which: usize| -> Read<'_> {
            let note = &note;
            Box::pin(async move {
                note("started", which);
                yield_now().await;
                note("got on", which);
            })
        };
        at_once([read(0), read(1), read(2)]).await;
        let wanted = [0, 1, 2].into_iter().flat_map(|which| [("started", which), ("got on", which)]);
        assert_eq!(*seen.lock().unwrap(), wanted.collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_read_that_gets_on_is_woken_alone() {
        let (answered, polls) = (Notify::new(), AtomicUsize::new(0));
        let mut waits = Box::pin(answered.notified());
        let waiting = poll_fn(|task| {
            polls.fetch_add(1, Ordering::Relaxed);
            waits.as_mut().poll(task)
        });
        let busy = async {
            for _ in 0..10 {
                yield_now().await;
            }
            answered.notify_one();
        };
        at_once([Box::pin(waiting), Box::pin(busy)]).await;
        assert_eq!(polls.load(Ordering::Relaxed), 2, "once to start, and once when its answer was there");
    }
}
