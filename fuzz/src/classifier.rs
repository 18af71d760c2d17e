//! Whatever AWS, or the way to it, answers to the one call: what it is taken for, how often the call is sent, and what the
//! read afterwards makes of it.
//!
//! What the SDK makes of an answer is read a second time here, from the same bytes: the code from the header, else from
//! the body. What a code means is asked of [`Answer::of`], whose lists have tests of their own.

use std::collections::BTreeSet;

use associate_virtual_interface::estate::{Failed, Found};
use associate_virtual_interface::facts::VirtualInterface;
use associate_virtual_interface::fields::is_deceptive;
use associate_virtual_interface::json;
use associate_virtual_interface::plan::{Association, Plan, plan};
use associate_virtual_interface::record::AwsError;
use associate_virtual_interface::request::{Asked, Request, parse};
use associate_virtual_interface::turn::{self, Turn};
use serde_json::Value;

use crate::arrival;
use crate::canary::{CANARY, assert_none, planted};
use crate::controls::Controls;
use crate::stage::{Answer, Asks, Failure, INTERFACE, TARGET, caller, healthy, invocation, on_stage};

/// What becomes of the call, the three digits of a status, what the read afterwards shows, whether secrets are everywhere.
const CONTROLS: usize = 6;

/// What an answer to the call can be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Moved,
    Denied,
    PutOff,
    Rejected,
    Indefinite,
}

/// What the read afterwards shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    Elsewhere,
    OnTarget,
    Nothing,
    /// It fails, is denied, or is not answered.
    Unreadable,
    /// It is answered as the call was.
    TheSame,
}

/// Takes the first bytes as what becomes of the calls, a line as the header with the error's type, and the rest as the body.
pub fn check(bytes: &[u8]) {
    let Some((mut controls, text)) = Controls::before_text(bytes, CONTROLS) else { return };
    let what = controls.choose(8);
    let status = (0..3).fold(0, |status, _| status * 10 + u16::from(controls.choose(10))).max(100);
    let after = controls.choose(8);
    let everywhere = controls.choose(2) == 1;
    let (header, body) = text.split_once('\n').unwrap_or(("", text));
    let body = planted(body, everywhere);
    let mut headers = vec![("x-amz-cf-id", CANARY.to_owned()), ("server", CANARY.to_owned())];
    if !header.is_empty() {
        headers.push(("x-amzn-errortype", header.to_owned()));
    }
    let said = Answer::Said(status, headers, body.clone());
    let (answer, possible) = match what {
        2 => (Answer::Failed(Failure::Io), BTreeSet::from([Kind::Indefinite])),
        3 => (Answer::Failed(Failure::TimedOut), BTreeSet::from([Kind::Indefinite])),
        4 => (Answer::Failed(Failure::User), BTreeSet::from([Kind::Indefinite])),
        5 => (Answer::Failed(Failure::Other), BTreeSet::from([Kind::Indefinite])),
        6 => (Answer::Never, BTreeSet::from([Kind::Indefinite])),
        _ => (said.clone(), kinds(status, header, &body)),
    };
    let (afterwards, shows) = match after {
        0 => (Answer::ok(healthy(Asks::Interface)), Shows::Elsewhere),
        1 => (Answer::ok(format!(r#"{{"virtualInterfaces":[{}]}}"#, healthy(Asks::Associate))), Shows::OnTarget),
        2 => (Answer::ok(r#"{"virtualInterfaces":[]}"#), Shows::Nothing),
        3 => (Answer::Failed(Failure::Io), Shows::Unreadable),
        4 => (Answer::Said(400, Vec::new(), r#"{"__type":"AccessDeniedException"}"#.to_owned()), Shows::Unreadable),
        5 => (Answer::Never, Shows::Unreadable),
        _ => (said, Shows::TheSame),
    };
    let (turn, calls) = call(answer, afterwards);
    let kind = told(&turn, shows, status);
    assert!(kind.is_none_or(|kind| possible.contains(&kind)), "{turn:?}: {kind:?}, not one of {possible:?}");
    let repeats = if possible.contains(&Kind::PutOff) { 3 } else { 1 };
    assert!((1..=repeats).contains(&calls), "{calls} calls, {turn:?}");
    clean(&turn);
}

/// Makes the call, and tells how it turned out and how often it was sent.
fn call(answer: Answer, afterwards: Answer) -> (Turn, usize) {
    on_stage(|stage| {
        let association = approved();
        stage.wire.answer(vec![(Asks::Associate, answer), (Asks::InterfaceAfterwards, afterwards)]);
        let turn = stage.wait(async { stage.direct_connect.associate(&association, &invocation().clock).await });
        let sent = stage.wire.sent();
        (turn, sent.iter().filter(|sent| sent.asks == Asks::Associate).count())
    })
}

/// The association of `events/request.json`, checked on the estate.
fn approved() -> Association {
    thread_local! {
        static FOUND: (Request, Found) = on_stage(|stage| {
            stage.wire.answer(Vec::new());
            let Ok(Asked::Association(request)) = parse(include_str!("../../events/request.json"), arrival()) else {
                unreachable!("the example is a request")
            };
            let found = stage.wait(async { stage.direct_connect.find(&request, &caller(), &invocation().clock).await });
            (*request, found.expect("the estate is readable"))
        });
    }
    FOUND.with(|(request, found)| match plan(request, found) {
        Ok(Plan::Associate(association)) => association,
        other => unreachable!("nothing stands in the way: {other:?}"),
    })
}

/// What an answer may be taken for: one thing, unless its bytes are so odd that only the SDK knows.
fn kinds(status: u16, header: &str, body: &str) -> BTreeSet<Kind> {
    if (200..300).contains(&status) {
        return of_success(body);
    }
    let mut kinds = BTreeSet::new();
    let read: Option<Value> = serde_json::from_str(body).ok();
    let member = |name: &str| read.as_ref().and_then(|read| read.get(name)).and_then(Value::as_str);
    let codes = [Some(header).filter(|header| !header.is_empty()), member("code"), member("__type")];
    let messages = [member("message"), member("Message"), member("errorMessage")];
    let first = codes.iter().flatten().next();
    let mut codes_that_count: Vec<&str> = first.into_iter().map(|code| bare(code)).collect();
    if !is_plain(header, body) {
        kinds.insert(Kind::Indefinite);
        codes_that_count.extend(codes.iter().flatten().map(|code| bare(code)));
        codes_that_count.extend(words(header).chain(words(body)));
    }
    for code in &codes_that_count {
        let mut texts: Vec<&str> = messages.into_iter().flatten().collect();
        if !is_plain(header, body) {
            texts.push(body);
        }
        if texts.is_empty() || !is_plain(header, body) {
            texts.push("");
        }
        kinds.extend(texts.iter().map(|text| match turn::Answer::of(AwsError::new(code, text)) {
            turn::Answer::Denied(_) => Kind::Denied,
            turn::Answer::PutOff(_) => Kind::PutOff,
            turn::Answer::Rejected(_) => Kind::Rejected,
            turn::Answer::Indefinite(_) => Kind::Indefinite,
        }));
    }
    if codes_that_count.is_empty() {
        kinds.insert(Kind::Indefinite);
    }
    kinds
}

fn of_success(body: &str) -> BTreeSet<Kind> {
    let Ok(read) = json::read(body) else { return BTreeSet::from([Kind::Moved, Kind::Indefinite]) };
    if read["virtualInterfaceId"] == INTERFACE && read["connectionId"] == TARGET {
        // Another member may have the wrong type.
        return BTreeSet::from([Kind::Moved, Kind::Indefinite]);
    }
    BTreeSet::from([Kind::Indefinite])
}

/// AWS's code without its namespace and its URL.
fn bare(code: &str) -> &str {
    let code = code.split_once(':').map_or(code, |(code, _)| code);
    code.split_once('#').map_or(code, |(_, code)| code)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 4)
}

/// Whether two readers must agree on it: one object without escapes or keys that are there twice, at most one message, and
/// texts where texts belong.
fn is_plain(header: &str, body: &str) -> bool {
    let text = |value: Option<&Value>| value.is_none_or(Value::is_string);
    let Ok(Value::Object(members)) = json::read(body) else { return false };
    let messages = ["message", "Message", "errorMessage"];
    header.chars().all(|c| c.is_ascii_graphic())
        && !body.contains('\\')
        && ["code", "__type"].into_iter().chain(messages).all(|name| text(members.get(name)))
        && messages.into_iter().filter(|name| members.contains_key(*name)).count() < 2
}

/// What the answer was taken for, as far as the turn shows it; and that the turn is the right one for what the read showed.
fn told(turn: &Turn, shows: Shows, status: u16) -> Option<Kind> {
    let there = |interface: &VirtualInterface| {
        interface.virtual_interface_id == INTERFACE && interface.connection_id.as_deref() == Some(TARGET)
    };
    let could_be_read = |shows| match shows {
        Shows::Elsewhere | Shows::OnTarget | Shows::Nothing => true,
        Shows::Unreadable => false,
        Shows::TheSame => (200..300).contains(&status),
    };
    match turn {
        Turn::Associated(interface, None) => {
            assert!(there(interface), "{turn:?}");
            Some(Kind::Moved)
        }
        Turn::Associated(interface, Some(_)) => {
            assert!(there(interface) && matches!(shows, Shows::OnTarget | Shows::TheSame), "{turn:?}, {shows:?}");
            None
        }
        Turn::Rejected(_, seen) => {
            assert!(could_be_read(shows), "no although nobody could look: {turn:?}");
            assert!(shows != Shows::OnTarget && !seen.as_deref().is_some_and(there), "{turn:?}");
            Some(Kind::Rejected)
        }
        Turn::Unsettled(_, seen) => {
            assert!(shows != Shows::OnTarget && !seen.as_deref().is_some_and(there), "{turn:?}");
            // A "no" that nobody could look after is as good as no answer.
            if could_be_read(shows) { Some(Kind::Indefinite) } else { None }
        }
        Turn::PutOff(_) => {
            assert!(shows != Shows::OnTarget, "{turn:?}");
            Some(Kind::PutOff)
        }
        Turn::Denied(_) => {
            assert!(shows != Shows::OnTarget, "{turn:?}");
            Some(Kind::Denied)
        }
        Turn::TooLate => panic!("there is no end to be too late for"),
    }
}

/// AWS's words are fit for logs and terminals, and there is no secret among them.
fn clean(turn: &Turn) {
    assert_none(&format!("{turn:?}"), "how the call turned out");
    let error = match turn {
        Turn::Associated(_, error) => error.as_ref(),
        Turn::Rejected(error, _) | Turn::Unsettled(error, _) | Turn::PutOff(error) | Turn::Denied(error) => Some(error),
        Turn::TooLate => None,
    };
    let Some(AwsError { code, message }) = error else { return };
    assert!(!code.chars().chain(message.chars()).any(is_deceptive), "{error:?}");
    assert!(code.chars().count() <= 128 && message.chars().count() <= 512, "{error:?}");
}

/// What a read that failed is told as, is told in words that are as clean.
pub(crate) fn clean_failure(failed: &Failed) {
    let why = failed.why();
    assert_none(&why, "why a read failed");
    assert!(!why.chars().any(is_deceptive), "{why:?}");
}
