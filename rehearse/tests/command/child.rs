//! What becomes of the function's own process; told apart from the outside only where `/proc` tells.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A rehearsal that waits for its first answer for a minute, and the function in it.
fn begun() -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehearse"));
    let command = command.args(["--latency", "60000"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let children = format!("/proc/{0}/task/{0}/children", command.id());
    let function = until(|| {
        let function = std::fs::read_to_string(&children).ok()?.trim().to_owned();
        let arguments = std::fs::read_to_string(format!("/proc/{function}/cmdline")).ok()?;
        arguments.contains("--as-the-function").then_some(function)
    });
    (command, function)
}

fn until<T>(mut happens: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(20);
    while Instant::now() < patience {
        if let Some(seen) = happens() {
            return seen;
        }
        // Nothing tells when another process gets there: it is looked at again, until it has or patience is over.
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it does not happen");
}

/// Whether SIGINT, the second signal, is among those that the process has a handler for.
fn catches_interrupts(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("Linux tells");
    u64::from_str_radix(caught.trim(), 16).expect("a mask") & 0b10 != 0
}

fn signal(signal: &str, process: &str) {
    let sent = Command::new("kill").args([signal, process]).status().expect("there is a kill command");
    assert!(sent.success());
}

#[test]
fn a_function_that_dies_is_said_to_have_died() {
    let (command, function) = begun();
    signal("-KILL", &function);
    let output = command.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("ended before it answered: signal: 9"), "{said}");
}

#[test]
fn an_interrupt_leaves_no_function_behind() {
    let (command, function) = begun();
    // The command must be listening: before that, the signal would end it and prove nothing.
    until(|| catches_interrupts(command.id()).then_some(()));
    signal("-INT", &command.id().to_string());
    let output = command.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    until(|| (!Path::new("/proc").join(&function).exists()).then_some(()));
}
