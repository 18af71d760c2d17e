//! Whatever DynamoDB answers for an item of the ledger: it is read as it stands or not at all, never as absent; what was
//! read is written back the same; and no step that follows from it fails.

use associate_virtual_interface::error::Name;
use associate_virtual_interface::facts::VirtualInterface;
use associate_virtual_interface::ledger::{Held, Intent, Key, Seen, Status, Times};
use associate_virtual_interface::request::{Asked, parse};
use serde_json::Value;
use time::Duration;

use crate::controls::Controls;
use crate::echo::echoed;
use crate::stage::{Answer, Asks, Stage, invocation, on_stage};
use crate::{arrival, now};

/// Which item is the fuzzer's.
const CONTROLS: usize = 1;

/// Takes the first byte as which item it is, and the rest as DynamoDB's answer.
pub fn check(bytes: &[u8]) {
    let Some((mut controls, text)) = Controls::before_text(bytes, CONTROLS) else { return };
    let asks = [Asks::Entry, Asks::Lease][usize::from(controls.choose(2))];
    on_stage(|stage| {
        let look = |text: &str| {
            stage.wire.answer(vec![(asks, Answer::ok(text))]);
            stage.wait(stage.ledger.look(&key()))
        };
        match look(text) {
            Ok(seen) => {
                let there = if asks == Asks::Entry { seen.entry.is_some() } else { seen.lease.is_some() };
                let read: Option<Value> = serde_json::from_str(text).ok();
                let item = read.as_ref().and_then(|read| read.get("Item")).and_then(Value::as_object);
                assert!(there || item.is_none_or(serde_json::Map::is_empty), "an item was taken for none: {text}");
                comes_back(stage, &seen, asks);
                follow(&seen);
            }
            Err(error) => {
                assert_eq!(error.name, Name::Unavailable, "{error}");
                let Ok(read) = serde_json::from_str::<Value>(text) else { return };
                let again = |item: &Value| look(&item.to_string()).err().map(|error| error.message);
                if let Some(word) = echoed(&read, &error.message, again) {
                    panic!("{error}\nrepeats {word:?}");
                }
            }
        }
    });
}

fn key() -> Key {
    let Ok(Asked::Association(request)) = parse(include_str!("../../events/request.json"), arrival()) else {
        unreachable!("the example is a request")
    };
    Key::of(&request)
}

/// What was read is written as what will be read.
fn comes_back(stage: &Stage, seen: &Seen, asks: Asks) {
    let text = {
        let entry = seen.entry.clone();
        let lease = seen.lease.clone();
        let (entry, lease) = match (entry, lease) {
            (Some(entry), None) => (entry.clone(), held().lease),
            (None, Some(lease)) => (held().entry, lease),
            _ => return,
        };
        let until = tokio::time::Duration::from_secs(5);
        let written = stage.wait(async {
            let until = tokio::time::Instant::now() + until;
            stage.ledger.write(&Held { entry, lease }, seen, until).await
        });
        assert_eq!(written, Ok(()));
        let sent = stage.wire.sent().pop().map(|sent| sent.body).unwrap_or_default();
        let sent: Value = serde_json::from_str(&sent).expect("what the SDK sends is JSON");
        let index = usize::from(asks == Asks::Lease);
        serde_json::json!({ "Item": sent["TransactItems"][index]["Put"]["Item"] }).to_string()
    };
    stage.wire.answer(vec![(asks, Answer::ok(text.clone()))]);
    assert_eq!(stage.wait(stage.ledger.look(&key())).as_ref(), Ok(seen), "{text}");
}

fn times() -> Times {
    Times { now: now(), deadline: now() + Duration::minutes(1), in_doubt: Duration::minutes(5) }
}

fn intent() -> Intent {
    let saying = associate_virtual_interface::record::Saying {
        record: "{}".to_owned(),
        outcome: associate_virtual_interface::record::Outcome::Unsettled,
        detail_type: "Virtual Interface Association Unsettled".to_owned(),
        resources: Vec::new(),
        error: None,
        unsaid: None,
    };
    Intent {
        token: "token".to_owned(),
        virtual_interface_id: "dxvif-fgprivt1".to_owned(),
        arrives_on: Vec::new(),
        leaves: None,
        saying,
    }
}

fn held() -> Held {
    Seen::default().begin(&key(), intent(), times())
}

/// Every step that may follow from what was read.
fn follow(seen: &Seen) {
    let _ = (seen.standing(&key(), now()), seen.is_free_for(&key(), now()), seen.was_let_go_after(now()));
    let held = seen.begin(&key(), intent(), times());
    for status in Status::ALL {
        let _ = held.clone().end(status, intent().saying, times());
    }
    let _ = (held.clone().put_off(now()), held.with_token("other"), seen.note(&key(), intent(), times()));
    let Some(entry) = &seen.entry else { return };
    let _ = (entry.doubt_is_over(now()), entry.has_arrived(Some("dxlag-fgashlag")), seen.moved_since(entry, now()));
    let _ = (seen.is_unmoved(entry, None, now()), entry.clone().emitted(now()), entry.clone().in_doubt(now()));
    let told = [Ok(()), Err("the bus is away".to_owned())].map(|emitted| entry.saying.conclude(emitted));
    for record in told.into_iter().flatten() {
        assert!(serde_json::from_str::<Value>(record.get()).is_ok(), "what is told is JSON: {}", record.get());
    }
    if let Ok(said) = entry.saying.now_associated(VirtualInterface::default(), invocation().clock.now()) {
        assert!(serde_json::from_str::<Value>(&said.record).is_ok(), "{}", said.record);
    }
}
