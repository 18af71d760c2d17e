//! The binary: what it prints, what it takes, and how it ends when it cannot start.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::client::{headers, receive, send};
use crate::example::*;

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dx-sim"))
}

/// Ends the process with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A file of this test's own.
fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut file = std::fs::File::create(&path).expect("the folder for test files can be written");
    file.write_all(content.as_bytes()).expect("the file can be written");
    path
}

#[tokio::test]
async fn it_says_where_it_listens_and_serves_the_inventory() {
    let all = inventory();
    let interfaces = file("interfaces.json", &json!({"virtualInterfaces": all["virtualInterfaces"]}).to_string());
    let connections = file("connections.json", &json!({"connections": all["connections"]}).to_string());
    let mut child = command()
        .args([
            "--port",
            "0",
            "--settle",
            "0",
            "--latency",
            "0",
            "--page-size",
            "2",
            "--never-up",
            "dxlag-fnever01",
            "--inventory",
        ])
        .arg(interfaces)
        .arg("--inventory")
        .arg(connections)
        .args(["--fault", "DescribeConnections:throttle:2", "--fault", "DescribeLags:503"])
        .stdout(Stdio::piped())
        .spawn()
        .map(Running)
        .expect("the binary starts");
    let mut line = String::new();
    let stdout = child.0.stdout.take().expect("its output is a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("it prints a line");
    let address = line.strip_prefix("listening on http://").expect("the line that is promised").trim();
    let address = address.parse().expect("an address");
    let mut answers: Vec<(u16, Value)> = Vec::new();
    for operation in ["DescribeConnections", "DescribeConnections", "DescribeLags"] {
        let target = format!("OvertureService.{operation}");
        let answer = receive(send(address, "POST", "/", &headers(&target), "{}").await).await.expect("an answer");
        answers.push((answer.status, answer.json()));
    }
    assert_eq!(answers.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [200, 400, 503]);
    assert_eq!(answers[0].1["connections"].as_array().map(Vec::len), Some(2));
    let world = receive(send(address, "GET", "/_sim/world", &[], "").await).await.expect("an answer").json();
    assert_eq!((&world["accountId"], &world["region"]), (&json!(ACCOUNT), &json!("eu-west-1")));
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command().args(arguments).output().expect("the binary runs");
    assert!(stdout.is_empty(), "what is wrong is not said on standard output");
    (status.code(), String::from_utf8(stderr).expect("the message is UTF-8"))
}

#[test]
fn wrong_usage_and_wrong_files_end_with_2() {
    let empty = file("empty.json", "{}");
    let one = file("one.json", r#"{"region": "eu-west-1"}"#);
    let other = file("other.json", r#"{"region": "us-east-1"}"#);
    let paged = file("paged.json", r#"{"lags": [], "nextToken": "more"}"#);
    let [empty, one, other, paged] =
        [&empty, &one, &other, &paged].map(|path| path.to_str().expect("the path is UTF-8"));
    for (arguments, text) in [
        (vec!["--nonsense"], "--nonsense"),
        (vec!["--page-size", "0"], "page-size"),
        (vec!["--fault", "DescribeLags:explode"], "\"explode\" is not a fault; there are throttle"),
        (vec!["--inventory", "/no/such/file.json"], "/no/such/file.json"),
        (vec!["--inventory", empty], "empty.json: has none of the members"),
        (vec!["--inventory", paged], "paged.json: is one page of several (nextToken)"),
        (vec!["--inventory", one, "--inventory", other], "other.json: region is given twice"),
    ] {
        let (code, message) = run(&arguments);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains(text), "{message}");
    }
}

#[test]
fn a_port_that_is_taken_ends_with_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port is found");
    let port = taken.local_addr().expect("a bound port has an address").port().to_string();
    let (code, message) = run(&["--port", &port]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains(&port), "{message}");
}

#[test]
fn the_help_gives_the_grammar_of_faults() {
    let help = command().arg("--help").output().expect("the binary runs").stdout;
    let help = String::from_utf8(help).expect("the help is UTF-8");
    for text in ["OPERATION:FAULT[:FROM[-TO]]", "reset-after", "bad-page-token-loop", "counted from 1"] {
        assert!(help.contains(text), "{help}");
    }
}
