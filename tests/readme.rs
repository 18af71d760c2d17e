//! README.md is run: its tables are compared with the code, its commands and files exist.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::path::Path;

use associate_virtual_interface::check::{Basis, CHECKS, Severity};
use associate_virtual_interface::error::{Moved, Name};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn readme() -> String {
    std::fs::read_to_string(format!("{ROOT}/README.md")).unwrap()
}

/// The rows of the table below this heading, each as its cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let readme = readme();
    let section = readme.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}")).1;
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

#[test]
fn the_table_of_checks_is_the_list_of_checks() {
    let rows: Vec<String> = CHECKS
        .iter()
        .map(|check| {
            let severity = match check.severity {
                Severity::Refusal => "refusal",
                Severity::Guard => "guard",
                Severity::Notice => "notice",
            };
            let basis = match check.basis {
                Basis::Documented => "documented",
                Basis::Ours => "ours",
                Basis::Assumed => "assumed",
            };
            format!("| `{}` | {severity} | {basis} | {} |", check.name, check.rule)
        })
        .collect();
    let told: Vec<String> = table("The checks").iter().map(|cells| format!("| {} |", cells.join(" | "))).collect();
    assert!(told == rows, "README's table of checks should be:\n{}", rows.join("\n"));
    for told in [format!("runs {} pre-checks", CHECKS.len()), format!("<br>{} checks]", CHECKS.len())] {
        assert!(readme().contains(&told), "{told}");
    }
}

#[test]
fn the_table_of_errors_is_the_list_of_errors() {
    let rows: Vec<Vec<String>> = Name::ALL
        .iter()
        .map(|name| {
            let moved = match name.did_it_move() {
                Moved::Yes => "yes",
                Moved::No => "no",
                Moved::Unknown => "unknown",
            };
            let waiting = if name.waiting_helps() { "yes" } else { "no" };
            vec![format!("`{}`", name.as_str()), moved.to_owned(), waiting.to_owned()]
        })
        .collect();
    let told: Vec<Vec<String>> = table("The errors").into_iter().map(|cells| cells[..3].to_vec()).collect();
    assert_eq!(told, rows);
}

#[test]
fn the_sample_state_retries_exactly_where_waiting_helps() {
    let readme = readme();
    let sample = readme.split("```json\n").find(|block| block.contains("\"Retry\"")).expect("a sample state");
    let sample: serde_json::Value = serde_json::from_str(sample.split("\n```").next().unwrap()).unwrap();
    assert_eq!(sample["QueryLanguage"], "JSONata", "a state's default is JSONPath");
    let retried: BTreeSet<&str> = sample["Retry"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|retry| retry["ErrorEquals"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .filter(|name| !name.contains('.'))
        .collect();
    // `associate` never says what only `verify` can know.
    let said = Name::ALL.iter().filter(|name| **name != Name::NotSettledYet);
    let help: BTreeSet<&str> = said.filter(|name| name.waiting_helps()).map(|name| name.as_str()).collect();
    assert_eq!(retried, help);
}

#[test]
fn every_link_into_the_project_leads_somewhere() {
    let readme = readme();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let mut count = 0;
    for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
        count += 1;
        assert!(Path::new(ROOT).join(link.split('#').next().unwrap()).exists(), "{link}");
    }
    assert!(count > 10, "{count} links");
}

#[test]
fn every_setting_is_told() {
    let told: BTreeSet<String> =
        table("Settings").into_iter().map(|cells| cells[0].trim_matches('`').to_owned()).collect();
    let source = ["lambda.rs", "lambda/functions.rs"]
        .map(|file| {
            std::fs::read_to_string(format!("{ROOT}/src/{file}"))
                .unwrap()
                .split("#[cfg(test)]")
                .next()
                .unwrap()
                .to_owned()
        })
        .concat();
    let asked = ["variable(\"", "(self.0)(\"", "number(\"", "seconds(\""];
    let asked = asked.map(|call| source.split(call).skip(1).collect::<Vec<_>>()).concat();
    let asked: BTreeSet<&str> = asked.iter().filter_map(|rest| rest.split('"').next()).collect();
    assert!(asked.len() >= 6, "{asked:?}");
    for name in asked.difference(&BTreeSet::from(["AWS_REGION", "AWS_DEFAULT_REGION"])) {
        assert!(told.contains(*name), "{name}");
    }
}
