//! The state machines as they are written: what every state must have, which errors are tried again, where each leads,
//! and that their pictures are those of the definitions. That they run is `.ci/state-machines`' to show.
//!
//! `UPDATE_PICTURES=1 cargo test --test state_machines` draws the pictures anew.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;

use associate_virtual_interface::check::{CHECKS, Severity};
use associate_virtual_interface::error::{Moved, Name};
use serde_json::{Map, Value};

mod pictures;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const MACHINES: [&str; 2] = ["move", "evacuate"];
/// What Lambda and the network between may do to any call; AWS asks every caller to try these again.
const SERVICE_ERRORS: [&str; 5] = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
];

fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{path}")).unwrap()
}

fn machine(name: &str) -> Value {
    serde_json::from_str(&file(&format!("statemachines/{name}.asl.json"))).unwrap()
}

/// The states of a machine and, each as a machine of its own, those inside of its Maps.
fn levels(machine: &Value) -> Vec<&Value> {
    let inner = states(machine).values().filter_map(|state| state.get("ItemProcessor"));
    std::iter::once(machine).chain(inner.flat_map(levels)).collect()
}

fn states(machine: &Value) -> &Map<String, Value> {
    machine["States"].as_object().unwrap()
}

/// Every state of every machine, under the name of its machine and its own.
fn every_state() -> Vec<(String, Value)> {
    let machines = MACHINES.map(|name| (name, machine(name)));
    let mut all = Vec::new();
    for (name, machine) in &machines {
        for level in levels(machine) {
            all.extend(states(level).iter().map(|(state, body)| (format!("{name}.{state}"), body.clone())));
        }
    }
    all
}

fn list<'a>(state: &'a Value, member: &str) -> &'a [Value] {
    state.get(member).map_or(&[], |found| found.as_array().unwrap())
}

fn names(step: &Value) -> BTreeSet<&str> {
    list(step, "ErrorEquals").iter().map(|name| name.as_str().unwrap()).collect()
}

/// The function that a Lambda task invokes: `Associate`, `Verify` or `Evacuate`.
fn function(state: &Value) -> Option<&str> {
    let name = state["Arguments"]["FunctionName"].as_str()?;
    name.strip_prefix("${")?.strip_suffix("FunctionArn}")
}

fn lambda_tasks() -> Vec<(String, Value)> {
    let tasks: Vec<_> = every_state().into_iter().filter(|(_, state)| function(state).is_some()).collect();
    assert!(tasks.len() >= 7, "{} Lambda tasks", tasks.len());
    let invoking = every_state()
        .into_iter()
        .filter(|(_, state)| state["Resource"].as_str().is_some_and(|resource| resource.contains("lambda")));
    assert_eq!(tasks.len(), invoking.count(), "a Lambda task whose function is not known");
    tasks
}

/// Whether a task may move an interface. A rehearsal asks the same function, and says so in its payload.
fn moves(state: &Value) -> bool {
    let payload = state["Arguments"]["Payload"].as_str().unwrap_or_default();
    function(state) == Some("Associate") && !payload.contains("'dryRun': true")
}

/// One arrow: where to, and the words on it.
struct Step<'a> {
    to: &'a str,
    why: String,
}

/// The steps that lead out of a state, in the order in which they are considered.
fn steps(state: &Value) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for rule in list(state, "Choices") {
        let why = rule.get("Comment").map_or("", |comment| comment.as_str().unwrap()).to_owned();
        steps.push(Step { to: rule["Next"].as_str().unwrap(), why });
    }
    for (member, why) in [("Next", ""), ("Default", "else")] {
        steps.extend(state.get(member).map(|to| Step { to: to.as_str().unwrap(), why: why.to_owned() }));
    }
    for (index, catcher) in list(state, "Catch").iter().enumerate() {
        let named: Vec<&str> = list(catcher, "ErrorEquals").iter().map(|name| name.as_str().unwrap()).collect();
        let why = match named.as_slice() {
            ["States.ALL"] if index == 0 => "any error".to_owned(),
            ["States.ALL"] => "any other error".to_owned(),
            [one] => (*one).to_owned(),
            [one, two, rest @ ..] => format!("{one}, {two} or {} more", rest.len()),
            [] => String::new(),
        };
        steps.push(Step { to: catcher["Next"].as_str().unwrap(), why });
    }
    steps
}

/// The tasks that an error of this state leads to, over states that call nobody; none where it ends.
fn tasks_after(machine: &Value, state: &Value, error: &str) -> BTreeSet<String> {
    let caught = list(state, "Catch").iter().find(|catcher| {
        let named = names(catcher);
        named.contains(error) || named.contains("States.ALL")
    });
    let mut open: Vec<&str> = caught.map(|catcher| catcher["Next"].as_str().unwrap()).into_iter().collect();
    let (mut seen, mut tasks) = (BTreeSet::new(), BTreeSet::new());
    while let Some(name) = open.pop() {
        let next = &states(machine)[name];
        if next["Type"] == "Task" {
            tasks.insert(name.to_owned());
        } else if seen.insert(name) {
            open.extend(steps(next).into_iter().map(|step| step.to));
        }
    }
    tasks
}

fn where_waiting_helps() -> BTreeSet<&'static str> {
    Name::ALL.iter().filter(|name| name.waiting_helps()).map(|name| name.as_str()).collect()
}

#[test]
fn every_state_has_what_it_needs() {
    for (name, state) in every_state() {
        match state["Type"].as_str().unwrap() {
            "Task" => assert!(state.get("TimeoutSeconds").is_some(), "{name} may wait for ever"),
            "Choice" => assert!(state.get("Default").is_some(), "{name} may find no way on"),
            _ => {}
        }
        for retry in list(&state, "Retry") {
            assert!(retry["MaxAttempts"].as_u64().is_some_and(|most| most <= 16), "{name} tries for ever");
        }
        for step in list(&state, "Retry").iter().chain(list(&state, "Catch")) {
            let named = names(step);
            assert!(!named.contains("States.ALL") || named.len() == 1, "{name}: States.ALL stands alone");
        }
    }
}

#[test]
fn every_step_leads_somewhere_and_every_state_is_reached() {
    for name in MACHINES {
        let machine = machine(name);
        assert_eq!(machine["QueryLanguage"], "JSONata", "{name}: the default is JSONPath");
        for level in levels(&machine) {
            let mut reached = BTreeSet::new();
            let mut open = vec![level["StartAt"].as_str().unwrap()];
            while let Some(state) = open.pop() {
                let found = states(level).get(state).unwrap_or_else(|| panic!("{name}: there is no state {state}"));
                let ends = found.get("End").is_some() || found["Type"] == "Fail";
                let goes_on = ["Next", "Default"].iter().any(|member| found.get(member).is_some());
                assert!(ends != goes_on, "{name}.{state} hangs, or does not know whether it ends");
                if reached.insert(state) {
                    open.extend(steps(found).into_iter().map(|step| step.to));
                }
            }
            let all: BTreeSet<&str> = states(level).keys().map(String::as_str).collect();
            assert_eq!(reached, all, "{name}");
        }
    }
}

#[test]
fn what_lambda_itself_may_do_is_tried_again() {
    for (name, state) in lambda_tasks() {
        let retry = list(&state, "Retry")
            .iter()
            .find(|retry| names(retry).contains(SERVICE_ERRORS[0]))
            .unwrap_or_else(|| panic!("{name} gives up at the first service error"));
        assert!(names(retry).is_superset(&SERVICE_ERRORS.into()), "{name}: {:?}", names(retry));
        assert_eq!(retry["JitterStrategy"], "FULL", "{name}: all would come again at once");
        for retry in list(&state, "Retry") {
            let longest = retry["MaxDelaySeconds"].as_u64().unwrap_or_else(|| panic!("{name} waits ever longer"));
            assert!(longest <= 120, "{name} waits {longest} s between two attempts");
        }
        // An attempt that was cut off may have moved the interface: it is looked for, not made again.
        let rest: BTreeSet<&str> = names(retry).difference(&SERVICE_ERRORS.into()).copied().collect();
        let cut_off = if moves(&state) { BTreeSet::new() } else { ["Lambda.Unknown", "States.Timeout"].into() };
        assert_eq!(rest, cut_off, "{name}");
    }
}

/// One rule for every Lambda task, whatever its function answers today: our own names are tried again exactly where
/// waiting helps, but for the one that a task which moves must not answer with a second call.
#[test]
fn our_errors_are_tried_again_exactly_where_waiting_helps() {
    for (name, state) in lambda_tasks() {
        let retries = list(&state, "Retry").iter().flat_map(names);
        let own: BTreeSet<&str> = retries.filter(|error| !error.contains('.')).collect();
        let mut wanted = where_waiting_helps();
        if moves(&state) {
            assert!(wanted.remove(Name::AssociationUnsettled.as_str()));
        }
        assert_eq!(own, wanted, "{name}");
    }
}

#[test]
fn doubt_leads_to_verify_and_never_to_a_second_call() {
    let machine = machine("move");
    let nothing_moved: BTreeSet<&str> =
        Name::ALL.iter().filter(|name| name.did_it_move() == Moved::No).map(|name| name.as_str()).collect();
    let moving: Vec<_> = states(&machine).iter().filter(|(_, state)| moves(state)).collect();
    assert_eq!(moving.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Associate", "MoveBack"]);
    for (name, state) in moving {
        let definite = names(&list(state, "Catch")[0]);
        let mut wanted = nothing_moved.clone();
        wanted.insert("Lambda.TooManyRequestsException");
        assert_eq!(definite, wanted, "{name}: the errors after which nothing has moved");
        let others = ["States.Timeout", "Lambda.Unknown", "Lambda.ServiceException", "States.QueryEvaluationError"];
        for error in Name::ALL.iter().map(|name| name.as_str()).chain(others) {
            let next = tasks_after(&machine, state, error);
            let verify = if name == "Associate" { "Verify" } else { "VerifyTheWayBack" };
            assert_eq!(next, BTreeSet::from([verify.to_owned()]), "{name} after {error}");
        }
    }
    // What may be said of a later attempt without doubt about an earlier one: the names that associate says after it
    // has found the interface elsewhere than on its target, and the one by which the ledger says that under this id
    // something else was begun: had an earlier attempt begun this, its content would be there.
    for (name, failure) in [("MayHaveMoved", "$failure"), ("MayHaveMovedBack", "$backFailure")] {
        let condition = &states(&machine)[name]["Choices"][0]["Condition"];
        let believed = quoted_in(condition, &format!("$earlierAttempts > 0 and $not({failure}.Error in ["));
        let wanted = ["PreCheckRefused", "PreCheckNotYet", "AssociationRejected", "RequestIdReused"];
        assert_eq!(believed, wanted, "{name}");
        assert!(believed.iter().all(|error| nothing_moved.contains(error.as_str())), "{name}");
    }
    // Only the runbook for one interface moves anything.
    assert!(every_state().iter().all(|(name, state)| name.starts_with("move.") || !moves(state)));
}

/// Another attempt or another request may be running until its deadline, and its call in doubt for as long again as the
/// stack says; a task that moves waits for the end of that, and then says that it did.
#[test]
fn what_somebody_else_holds_is_waited_for_until_he_must_have_let_go() {
    let template = file("template.yaml");
    let default = |parameter: &str| -> f64 {
        let rest = template.split_once(&format!("\n  {parameter}:\n")).expect("the parameter").1;
        rest.split_once("    Default: ").and_then(|(_, rest)| rest.lines().next()).unwrap().parse().unwrap()
    };
    let timeouts = template.lines().filter_map(|line| line.trim().strip_prefix("Timeout: "));
    let function: f64 = timeouts.map(|timeout| timeout.parse().unwrap()).fold(0.0, f64::max);
    let machine = machine("move");
    for (name, state) in states(&machine).iter().filter(|(_, state)| moves(state)) {
        let retry = list(state, "Retry").iter().find(|retry| names(retry).contains("InProgress")).unwrap();
        assert_eq!(names(retry), ["InProgress"].into(), "{name}: shares its attempts with others");
        assert!(retry.get("JitterStrategy").is_none(), "{name}: nobody knows how long it waits");
        let number = |member: &str| retry[member].as_f64().unwrap();
        let (mut waits, mut next) = (0.0, number("IntervalSeconds"));
        for _ in 0..retry["MaxAttempts"].as_u64().unwrap() {
            waits += next;
            next = (next * number("BackoffRate")).min(number("MaxDelaySeconds"));
        }
        assert!(waits > default("InDoubtSeconds") + function, "{name} waits for {waits} s");
        assert!(waits < default("MaxRequestAgeSeconds"), "{name} outlives the event that it was started by");
    }
    let named =
        list(&states(&machine)["Associate"], "Catch").iter().find(|caught| names(caught) == ["InProgress"].into());
    let named = named.expect("Associate says that somebody else was at it");
    assert_eq!(
        (&named["Assign"]["failure"]["Error"], &named["Next"]),
        (&"InProgress".into(), &"AssumeUnsettled".into())
    );
}

#[test]
fn every_error_that_is_named_is_somebodys() {
    let ours: BTreeSet<&str> = Name::ALL.iter().map(|name| name.as_str()).collect();
    let ends: BTreeSet<String> = every_state().iter().flat_map(|(_, state)| ends_of(state)).collect();
    for (name, state) in every_state() {
        for error in list(&state, "Retry").iter().chain(list(&state, "Catch")).flat_map(names) {
            assert!(error.contains('.') || ours.contains(error) || ends.contains(error), "{name}: who says {error}?");
        }
    }
    for error in quoted_in(&states(&machine("move"))["MayMoveBack"]["Choices"][0]["Condition"], "$failure.Error in [") {
        assert!(ours.contains(error.as_str()), "who says {error}?");
    }
    for end in &ends {
        assert!(!end.starts_with("States."), "Step Functions keeps {end} to itself");
    }
    assert!(ends.len() >= 8, "{ends:?}");
}

/// The list of quoted names in an expression that begins like this.
fn quoted_in(expression: &Value, before: &str) -> Vec<String> {
    let expression = expression.as_str().unwrap();
    let rest = expression.split_once(before).unwrap_or_else(|| panic!("no {before} in {expression}")).1;
    rest.split(']').next().unwrap().split(", ").map(|name| name.trim_matches('\'').to_owned()).collect()
}

#[test]
fn after_a_move_no_name_says_that_nothing_moved() {
    let machine = machine("move");
    let nothing_moved = |error: &&str| Name::ALL.iter().any(|n| n.as_str() == *error && n.did_it_move() == Moved::No);
    for name in ["Verify", "VerifyAfterSoak"] {
        let state = &states(&machine)[name];
        let [own, others] = list(state, "Catch") else { panic!("{name} catches otherwise") };
        let wanted = ["SettledUnhealthy", "NotSettledYet", "AssociationUnsettled", "RecordNotEmitted"];
        assert_eq!(names(own), wanted.into(), "{name}");
        assert!(!wanted.iter().any(nothing_moved), "{name}");
        assert_eq!((names(others), others["Next"].as_str()), (["States.ALL"].into(), Some("NotSettled")), "{name}");
        assert_eq!(others["Assign"]["failure"]["Error"], "NotVerified", "{name}");
        assert!(others["Assign"]["failure"]["Cause"].as_str().unwrap().contains("$states.errorOutput.Error"), "{name}");
    }
    assert_eq!(states(&machine)["NotSettled"]["Error"], "{% $failure.Error %}");
}

#[test]
fn the_way_back_accepts_guards_that_there_are() {
    let machine = machine("move");
    let rule = &states(&machine)["MayMoveBack"]["Choices"][0];
    let guards: BTreeSet<&str> =
        CHECKS.iter().filter(|check| check.severity == Severity::Guard).map(|check| check.name).collect();
    let accepted = quoted_in(&rule["Assign"]["back"], "$accepted := [");
    assert_eq!(accepted.len(), 8, "{accepted:?}");
    for check in &accepted {
        assert!(guards.contains(check.as_str()), "{check} is no guard");
    }
    // Where nobody knows what healthy was, nothing is moved back.
    assert!(rule["Condition"].as_str().unwrap().contains("and $type($record.before) = 'object' and"));
}

/// The names under which a state ends its machine, or has another one end it.
fn ends_of(state: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![state];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                found.extend(members.get("Error").and_then(Value::as_str).map(str::to_owned));
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    // An expression may make them: {'Error': 'EvacuationStopped', ...}.
    let text = state.to_string();
    let made = text.split("'Error': '").skip(1).map(|rest| rest.split('\'').next().unwrap().to_owned());
    found.into_iter().filter(|name| !name.starts_with("{%")).chain(made).collect()
}

#[test]
fn each_time_out_is_longer_than_what_it_waits_for() {
    let seconds = |value: &Value| value["TimeoutSeconds"].as_u64().unwrap();
    let template = file("template.yaml");
    let lambda = template.lines().filter_map(|line| line.trim().strip_prefix("Timeout: "));
    let lambda: u64 = lambda.map(|timeout| timeout.parse().unwrap()).max().expect("the functions' time-out");
    for (name, state) in lambda_tasks() {
        assert!(lambda < seconds(&state), "{name} ends before its function");
    }
    let (one, all) = (machine("move"), machine("evacuate"));
    let tasks_of =
        |machine: &Value| states(machine).values().filter_map(|state| state["TimeoutSeconds"].as_u64()).max();
    assert!(tasks_of(&one).unwrap() < seconds(&one));
    // A move may soak for a day, and ask for long before and after.
    assert!(seconds(&one) > 86_400 + 3 * 3_600);
    let moving = states(&all)["MoveBatch"]["ItemProcessor"]["States"]["Move"].clone();
    assert!(seconds(&one) < seconds(&moving), "the evacuation ends before its move");
    assert!(seconds(&moving) < seconds(&all));
    // The longest approval that the input may ask for.
    assert!(604_800 < seconds(&all));
}

#[test]
fn the_template_fills_in_what_the_definitions_leave_open() {
    let template = file("template.yaml");
    for name in MACHINES {
        let text = file(&format!("statemachines/{name}.asl.json"));
        let open: BTreeSet<&str> = text.split("${").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        let section = template
            .split_once(&format!("DefinitionUri: statemachines/{name}.asl.json\n"))
            .and_then(|(_, rest)| rest.split_once("DefinitionSubstitutions:\n"))
            .unwrap_or_else(|| panic!("template.yaml does not deploy {name}"))
            .1;
        let indent = section.len() - section.trim_start().len();
        let given: BTreeSet<&str> = section
            .lines()
            .take_while(|line| line.len() - line.trim_start().len() == indent)
            .map(|line| line.trim().split(':').next().unwrap())
            .collect();
        assert_eq!(given, open, "{name}");
    }
}
