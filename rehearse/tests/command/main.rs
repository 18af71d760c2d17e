//! `cargo rehearse` as a person and as a machine meet it: the built command, its exit status, and what it says. What the
//! function itself decides is tested end to end; here it has to be shown truly, safely and without secrets.

#![expect(clippy::expect_used, reason = "where a test cannot be held, these are the words to say it in")]

#[cfg(target_os = "linux")]
mod child;

use std::path::{Path, PathBuf};
use std::process::Command;

use associate_virtual_interface::check::{CHECKS, Severity};
use serde_json::{Value, json};

/// The root of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What became of one run of the command.
struct Run {
    status: i32,
    out: String,
    err: String,
}

fn rehearse(arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_rehearse"))
        .args(arguments)
        .current_dir(ROOT)
        // Of these, one asks for colour wherever the output goes.
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("the command can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what it says is text");
    let status = output.status.code().expect("it ends by itself");
    Run { status, out: text(output.stdout), err: text(output.stderr) }
}

impl Run {
    /// The text with every run of white space as one space, so that it does not matter where a line is broken.
    fn flat(&self) -> String {
        self.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn says(&self, wanted: &[&str]) {
        let flat = self.flat();
        for wanted in wanted {
            assert!(flat.contains(wanted), "it does not say {wanted:?} but:\n{}{}", self.out, self.err);
        }
    }

    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "{}", self.out);
        serde_json::from_str(&self.out).expect("standard output is one JSON object and nothing else")
    }
}

/// A file that is there for one test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        std::fs::write(&path, content).expect("the folder for tests can be written to");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("cargo's folder has a name that is text")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A file left behind is overwritten some day, or goes with `cargo clean`.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn event(name: &str) -> Value {
    let path = format!("{ROOT}/events/{name}.json");
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect(&path)
}

#[test]
fn without_arguments_a_move_succeeds_and_all_of_it_is_shown() {
    let run = rehearse(&[]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    run.says(&[
        "no AWS is touched",
        "account 123456789012 in us-east-1",
        "Record associated",
        "Event Virtual Interface Associated",
        "source associate-virtual-interface",
        "arn:aws:directconnect:us-east-1:123456789012:dxvif/dxvif-fgprivt1",
        "overridden interrupts-traffic",
        "because \"maintenance window 02:00-04:00 UTC\"",
        "AssociateVirtualInterface dxvif-fgprivt1 to dxlag-fgashlag",
        "PutEvents",
        "In the simulator dxvif-fgprivt1 is available on dxlag-fgashlag, moved from dxcon-fgashbn1 (it settles at once here)",
        "Exit status 0",
    ]);
    for check in CHECKS {
        run.says(&[check.name]);
    }
}

#[test]
fn with_rules_every_check_says_what_it_is_about() {
    let run = rehearse(&["--rules"]);
    assert_eq!(run.status, 0);
    for check in CHECKS {
        let severity = match check.severity {
            Severity::Refusal => "refusal",
            Severity::Guard => "guard",
            Severity::Notice => "notice",
        };
        run.says(&[check.name, &format!("{} ({severity};", check.rule), check.source]);
    }
}

#[test]
fn a_refusal_names_the_finding_and_answers_the_two_questions() {
    let run = rehearse(&["events/request-vlan-in-use.json"]);
    assert_eq!((run.status, run.err.as_str()), (1, ""));
    run.says(&[
        "Error PreCheckRefused",
        "did it move? no",
        "does waiting help? no",
        "refused vlan-free-on-target: VLAN 102",
        "dxvif-fglagvif",
        "Record refused",
        "Virtual Interface Association Refused",
        "dxvif-fgclash1 is down on dxcon-fgspare1, not moved",
        "Exit status 1",
    ]);
    assert!(!run.flat().contains("AssociateVirtualInterface dxvif"), "no such call: {}", run.out);
}

#[test]
fn a_dry_run_returns_a_record_and_moves_nothing() {
    let run = rehearse(&["events/request-dry-run.json"]);
    assert_eq!(run.status, 0);
    run.says(&["Record wouldAssociate", "Event Virtual Interface Association Planned", "not moved"]);
}

#[test]
fn an_error_without_record_is_told_as_well() {
    let run = rehearse(&["events/invalid-unknown-field.json"]);
    assert_eq!(run.status, 1);
    run.says(&["Error InvalidRequest", "dryrun", "Calls none", "Record none", "Event none", "not moved"]);
}

#[test]
fn wrong_usage_is_told_apart_and_names_the_file() {
    let broken = Scratch::new("broken.json", "{\n \"connectionId\": EXAMPLEsecret\n}");
    let paged = Scratch::new("paged.json", r#"{"virtualInterfaces": [], "nextToken": "EXAMPLEsecret"}"#);
    let utf16: Vec<u8> = "\u{FEFF}{\"reason\": \"EXAMPLEsecret\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = Scratch::new("utf16.json", &utf16);
    let unmarked: Vec<u8> = "{\"reason\": \"EXAMPLEsecret\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let unmarked = Scratch::new("unmarked.json", &unmarked);
    let wrong: [(&[&str], &str); 14] = [
        (&["--no-such-flag"], "--no-such-flag"),
        (&["--fault", "AssociateVirtualInterface"], "OPERATION:FAULT"),
        (&["--fault", "DescribeLags:explode"], "explode"),
        (&["--latency", "soon"], "soon"),
        (&["events/no-such-file.json"], "events/no-such-file.json"),
        (&[broken.path()], "broken.json: not JSON: line 2, column 18"),
        (&["--inventory", "no-such-inventory.json", "events/request.json"], "no-such-inventory.json"),
        (&["--inventory", broken.path(), "events/request.json"], "broken.json: not JSON: line 2, column 18"),
        (
            &["--inventory", "events/request.json", "events/request.json"],
            "events/request.json: has none of the members",
        ),
        (&["--inventory", "simulator/inventory/estate.json"], "EVENT.json"),
        (&["--inventory", paged.path(), "events/request.json"], "paged.json: is one page of several (nextToken): save"),
        (
            &["simulator/inventory/estate.json"],
            "simulator/inventory/estate.json is an inventory, not a request: give it with --inventory",
        ),
        (&[utf16.path()], "utf16.json: not UTF-8: save it as UTF-8"),
        (&[unmarked.path()], "unmarked.json: not UTF-8: save it as UTF-8"),
    ];
    for (arguments, named) in wrong {
        let run = rehearse(arguments);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(run.err.contains(named), "{arguments:?}: {}", run.err);
        assert!(!run.err.contains("EXAMPLEsecret"), "{}", run.err);
    }
}

#[test]
fn a_lost_answer_to_a_made_move_is_a_record_that_agrees_with_the_world() {
    let run = rehearse(&["--fault", "AssociateVirtualInterface:reset-after"]);
    assert_eq!(run.status, 0);
    run.says(&[
        "faults AssociateVirtualInterface:reset-after",
        "none AssociateVirtualInterface",
        "Record associated",
        "answer NoAnswer",
        "available on dxlag-fgashlag, moved from dxcon-fgashbn1",
    ]);
}

#[test]
fn a_late_move_is_unsettled_whatever_the_world_knows_by_then() {
    let run = rehearse(&["--fault", "AssociateVirtualInterface:late"]);
    assert_eq!(run.status, 1);
    run.says(&[
        "Error AssociationUnsettled",
        "did it move? unknown",
        "does waiting help? yes",
        "Event Virtual Interface Association Unsettled",
        "moved from dxcon-fgashbn1",
    ]);
}

#[test]
fn a_record_that_the_bus_did_not_take_is_shown_from_the_log() {
    let run = rehearse(&["--fault", "PutEvents:denied"]);
    assert_eq!(run.status, 1);
    run.says(&[
        "Error RecordNotEmitted",
        "did it move? yes",
        "Record associated",
        "Event none",
        "overridden interrupts",
    ]);
}

#[test]
fn the_parallel_reads_are_seen_to_be_parallel() {
    let run = rehearse(&["--latency", "80"]);
    run.says(&["latency 80 ms for every call", "at the same time"]);
}

#[test]
fn for_machines_there_is_one_object_with_everything() {
    let moved = rehearse(&["--json"]);
    assert_eq!((moved.status, moved.err.as_str()), (0, ""));
    let moved = moved.json();
    assert_eq!(moved["request"], event("request"));
    assert_eq!((&moved["answer"]["outcome"], &moved["functionError"]), (&json!("associated"), &json!(false)));
    assert_eq!(moved["events"][0]["Detail"], moved["answer"]);
    let world = json!({"virtualInterfaceId": "dxvif-fgprivt1", "connectionId": "dxlag-fgashlag", "state": "available"});
    assert_eq!((&moved["world"], moved.get("logs")), (&world, None));
    let calls = moved["calls"].as_array().unwrap();
    let associate: Vec<_> = calls.iter().filter(|call| call["operation"] == "AssociateVirtualInterface").collect();
    assert_eq!((associate.len(), &associate[0]["status"]), (1, &json!(200)));

    let refused = rehearse(&["--json", "--logs", "events/request-vlan-in-use.json"]);
    assert_eq!((refused.status, refused.err.as_str()), (1, ""));
    let refused = refused.json();
    assert_eq!((&refused["answer"]["errorType"], &refused["functionError"]), (&json!("PreCheckRefused"), &json!(true)));
    assert!(refused["answer"]["errorMessage"].as_str().unwrap().contains("dxvif-fglagvif"));
    let logs = refused["logs"]["stdout"].as_array().unwrap();
    assert!(logs.iter().any(|line| line["record"]["outcome"] == "refused"), "{logs:?}");
}

#[test]
fn an_event_from_eventbridge_is_stamped_unless_it_is_replayed() {
    let run = rehearse(&["events/request-from-eventbridge.json"]);
    assert_eq!(run.status, 0);
    run.says(&["set to now, as EventBridge would", "Record associated"]);
    let sent = rehearse(&["--json", "events/request-from-eventbridge.json"]).json()["request"].take();
    let mut file = event("request-from-eventbridge");
    assert_ne!(sent["time"], file["time"]);
    file["time"] = sent["time"].clone();
    assert_eq!(sent, file);

    let replayed = rehearse(&["events/stale-replayed.json"]);
    assert_eq!(replayed.status, 1);
    replayed.says(&["Error StaleRequest", event("stale-replayed")["time"].as_str().unwrap()]);
    assert!(!replayed.out.contains("set to now"), "{}", replayed.out);
}

#[test]
fn what_is_wrong_with_an_event_is_the_functions_to_say() {
    let envelope = event("request-from-eventbridge");
    let mut timeless = envelope.clone();
    timeless.as_object_mut().unwrap().remove("time");
    let timeless = Scratch::new("timeless.json", timeless.to_string());
    assert_eq!(rehearse(&[timeless.path()]).status, 0);

    let text = envelope.to_string();
    let twice =
        text.replacen("\"expectedConnectionId\"", "\"connectionId\":\"dxcon-fgspare1\",\"expectedConnectionId\"", 1);
    for (name, text, problem) in [
        ("twice.json", twice.as_str(), "detail.connectionId is given twice"),
        ("list.json", "[1, 2]", "not a JSON object"),
        ("deep.json", &"[".repeat(200).chars().chain("]".repeat(200).chars()).collect::<String>(), "InvalidRequest"),
    ] {
        let file = Scratch::new(name, text);
        let run = rehearse(&[file.path()]);
        assert_eq!(run.status, 1, "{}", run.err);
        run.says(&["InvalidRequest", problem]);
    }
}

#[test]
fn an_inventory_of_ones_own_may_be_in_several_files() {
    let estate: Value = serde_json::from_str(include_str!("../../../simulator/inventory/estate.json")).unwrap();
    let part = |member: &str| Scratch::new(&format!("{member}.json"), json!({member: estate[member]}).to_string());
    let parts = ["virtualInterfaces", "connections", "lags", "directConnectGatewayAttachments"].map(part);
    let mut arguments = vec!["events/request.json"];
    arguments.extend(parts.iter().flat_map(|part| ["--inventory", part.path()]));
    let run = rehearse(&arguments);
    assert_eq!(run.status, 0, "{}", run.err);
    run.says(&["virtualInterfaces.json", "1 LAG", "Record associated"]);
}

#[test]
fn what_is_not_in_the_inventory_is_said_at_the_beginning_and_with_an_error() {
    let estate: Value = serde_json::from_str(include_str!("../../../simulator/inventory/estate.json")).unwrap();
    let interfaces = json!({"virtualInterfaces": estate["virtualInterfaces"], "connections": []});
    let interfaces = Scratch::new("interfaces-only.json", interfaces.to_string());
    let run = rehearse(&["--inventory", interfaces.path(), "events/request.json"]);
    assert_eq!(run.status, 1, "{}", run.err);
    let missing = "not in the inventory: LAGs, gateway attachments; the simulator answers as if there were none";
    run.says(&[
        "account 123456789012 (owner of most virtual interfaces; say otherwise with a file {\"accountId\": \"...\"}) in",
        &format!("caution {missing} Request"),
        "Error PreCheck",
    ]);
    assert_eq!(run.flat().matches(missing).count(), 2, "{}", run.out);

    let nothing = Scratch::new("nothing.json", r#"{"accountId": "210987654321"}"#);
    let run = rehearse(&["--inventory", nothing.path(), "events/request.json"]);
    run.says(&[
        "account 210987654321 in us-east-1 (nothing in it)",
        "not in the inventory: virtual interfaces, connections, LAGs, gateway attachments;",
    ]);

    let ports = json!({"virtualInterfaces": [], "connections": estate["connections"], "lags": estate["lags"],
                       "directConnectGatewayAttachments": []});
    let ports = Scratch::new("ports.json", ports.to_string());
    let run = rehearse(&["--inventory", ports.path(), "events/request.json"]);
    run.says(&["account 123456789012 (owner of most ports; say otherwise"]);
    assert!(!run.flat().contains("not in the inventory"), "{}", run.out);
    let built_in = rehearse(&[]);
    for unsaid in ["not in the inventory", "say otherwise"] {
        assert!(!built_in.flat().contains(unsaid), "{}", built_in.out);
    }
}

#[test]
fn a_guard_that_is_not_met_comes_with_what_accepts_it() {
    let mut request = event("request");
    request.as_object_mut().unwrap().remove("overrides");
    let plain = Scratch::new("not-accepted.json", request.to_string());
    let run = rehearse(&[plain.path()]);
    assert_eq!(run.status, 1);
    run.says(&[
        "guard not met interrupts-traffic",
        "to accept it: {\"check\":\"interrupts-traffic\",\"reason\":\"...\"} in overrides",
    ]);
    let refused = rehearse(&["events/request-vlan-in-use.json"]);
    assert!(!refused.flat().contains("{\"check\":\"vlan-free-on-target\""), "{}", refused.out);
}

#[test]
fn a_call_that_hangs_has_not_taken_any_time() {
    let run = rehearse(&["--fault", "DescribeLags:hang:1"]);
    run.says(&["- none DescribeLags"]);
}

#[test]
fn the_mark_that_editors_put_before_utf_8_is_no_part_of_an_event() {
    for name in ["request", "request-from-eventbridge"] {
        let marked = Scratch::new(&format!("marked-{name}.json"), format!("\u{FEFF}{}", event(name)));
        let run = rehearse(&[marked.path()]);
        assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    }
}

#[test]
fn nothing_that_a_terminal_obeys_comes_out() {
    let hostile = json!({
        "virtualInterfaceId": "dxvif-\u{1b}[31mfgprivt1\u{9b}2J",
        "connectionId": "dxlag-fgashlag",
        "\u{202e}nosaer\u{7f}": "\u{200b}\u{ad}\u{e0041}",
    });
    let hostile = Scratch::new("hostile.json", hostile.to_string());
    let runs: [&[&str]; 6] = [
        &[],
        &["--logs", "--rules"],
        &["events/request-vlan-in-use.json"],
        &[hostile.path()],
        &["--json", hostile.path()],
        &["no\u{1b}[31m-such\u{9b}-file.json"],
    ];
    for arguments in runs {
        let run = rehearse(arguments);
        for text in [&run.out, &run.err] {
            let obeyed = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{200b}\u{ad}\u{e0041}".contains(c);
            assert!(!text.chars().any(obeyed), "{arguments:?}: {text:?}");
        }
    }
    let shown = rehearse(&[hostile.path()]);
    shown.says(&["Error InvalidRequest", "nosaer"]);
    let sent = rehearse(&["--json", hostile.path()]).json();
    assert_eq!(sent["request"]["virtualInterfaceId"], "dxvif-\u{1b}[31mfgprivt1\u{9b}2J");
    assert_eq!(sent["request"]["\u{202e}nosaer\u{7f}"], "\u{200b}\u{ad}\u{e0041}");
}

#[test]
fn no_secret_of_a_request_comes_out() {
    let canary = "EXAMPLEkey";
    let estate = "simulator/inventory/estate.json";
    let interface: Value = serde_json::from_str(include_str!("../../../simulator/inventory/estate.json")).unwrap();
    let interface = &interface["virtualInterfaces"][0];
    assert!(interface.to_string().contains(canary), "the estate has lost its secrets, and this test would find none");
    let mut envelope = event("request-from-eventbridge");
    envelope["detail"]["interface"] = interface.clone();
    let bare = Scratch::new("secret.json", interface.to_string());
    let envelope = Scratch::new("secret-detail.json", envelope.to_string());
    let list = Scratch::new("secret-list.json", json!([interface]).to_string());
    for (file, status) in [(estate, 2), (bare.path(), 1), (envelope.path(), 1), (list.path(), 1)] {
        for form in ["--logs", "--json"] {
            let run = rehearse(&[form, file]);
            assert_eq!(run.status, status, "{}", run.err);
            assert_eq!(run.out.contains("[PROTECTED]"), status == 1, "{}", run.out);
            assert!(!run.out.contains(canary) && !run.err.contains(canary), "{form} {file}");
        }
    }
}

#[test]
fn no_secret_of_the_inventory_comes_out() {
    let canary = "EXAMPLEkey";
    let estate = include_str!("../../../simulator/inventory/estate.json");
    assert!(estate.contains(canary), "the estate has lost its secrets, and this test would find none");
    let faults =
        ["reset-after", "late", "truncated", "client"].map(|fault| format!("AssociateVirtualInterface:{fault}"));
    let mut runs = vec![vec![], vec!["events/request-vlan-in-use.json"], vec!["events/request-hosted-to-lag.json"]];
    runs.extend(faults.iter().map(|fault| vec!["--fault", fault]));
    runs.push(vec!["--inventory", "simulator/inventory/estate.json", "events/request.json"]);
    for mut arguments in runs {
        for form in ["--logs", "--json"] {
            arguments.push(form);
            let run = rehearse(&arguments);
            assert!(run.status < 2, "{}", run.err);
            assert!(!run.out.contains(canary) && !run.err.contains(canary), "{arguments:?}");
        }
    }
}
