//! README.md is run: its tables are compared with the code, its commands and files exist.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::path::Path;

use associate_virtual_interface::check::settled::SETTLED_CHECKS;
use associate_virtual_interface::check::{Basis, CHECKS, Check, Severity};
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

fn row(check: &Check) -> String {
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
}

#[test]
fn the_table_of_checks_is_the_list_of_checks() {
    let rows: Vec<String> = CHECKS.iter().map(row).collect();
    let told: Vec<String> = table("The checks").iter().map(|cells| format!("| {} |", cells.join(" | "))).collect();
    assert!(told == rows, "README's table of checks should be:\n{}", rows.join("\n"));
    for told in [format!("runs {} pre-checks", CHECKS.len()), format!("<br>{} checks,", CHECKS.len())] {
        assert!(readme().contains(&told), "{told}");
    }
    let compared = std::fs::read_to_string(format!("{ROOT}/docs/comparison.md")).unwrap();
    assert!(compared.contains(&format!("all facts, {} checks", CHECKS.len())));
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
fn the_table_of_what_verify_checks_is_its_list() {
    let rows: Vec<String> = SETTLED_CHECKS.iter().map(row).collect();
    let told: Vec<String> =
        table("What `verify` checks").iter().map(|cells| format!("| {} |", cells.join(" | "))).collect();
    assert!(told == rows, "README's table of what verify checks should be:\n{}", rows.join("\n"));
}

/// Every name that a function or a runbook can end with has its paragraph, and no other name has one.
#[test]
fn the_page_for_3_am_knows_every_name() {
    let page = std::fs::read_to_string(format!("{ROOT}/docs/at-3-am.md")).unwrap();
    let told: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let names: Vec<&str> = Name::ALL.iter().map(|name| name.as_str()).collect();
    assert_eq!(told[..names.len()], names);
    let mut of_runbooks = BTreeSet::new();
    for runbook in ["move", "evacuate"] {
        let text = std::fs::read_to_string(format!("{ROOT}/statemachines/{runbook}.asl.json")).unwrap();
        errors_of(&serde_json::from_str(&text).unwrap(), &mut of_runbooks);
        of_runbooks.extend(quoted_after(&text, "'Error': '").chain(quoted_after(&text, "? '")).map(str::to_owned));
    }
    of_runbooks
        .retain(|name| name.chars().next().is_some_and(|c| c.is_ascii_uppercase()) && !names.contains(&name.as_str()));
    let told: BTreeSet<String> = told[names.len()..].iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(told, of_runbooks);
    assert!(of_runbooks.len() >= 6, "{of_runbooks:?}");
}

/// The errors that a state machine gives names to by itself.
fn errors_of(value: &serde_json::Value, names: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(members) => {
            let error = members.get("Error").and_then(|error| error.as_str());
            names.extend(error.filter(|error| !error.starts_with("{%")).map(str::to_owned));
            members.values().for_each(|inner| errors_of(inner, names));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|inner| errors_of(inner, names)),
        _ => {}
    }
}

fn quoted_after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('\'').next())
}

#[test]
fn every_link_into_the_project_leads_somewhere() {
    let mut count = 0;
    for page in ["README.md", "docs/runbooks.md", "docs/at-3-am.md", "docs/comparison.md"] {
        let text = std::fs::read_to_string(format!("{ROOT}/{page}")).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            count += 1;
            let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let file = if file.is_empty() {
                Path::new(ROOT).join(page)
            } else {
                Path::new(ROOT).join(page).with_file_name("").join(file)
            };
            assert!(file.exists(), "{page}: {link}");
            if let Some(heading) = heading {
                let text = std::fs::read_to_string(file).unwrap();
                let headings = text.lines().filter_map(|line| Some(line.strip_prefix('#')?.trim_start_matches('#')));
                assert!(headings.map(anchor).any(|anchor| anchor == heading), "{page}: {link}");
            }
        }
    }
    assert!(count > 30, "{count} links");
}

/// As GitHub makes it from a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
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
    // Lambda sets these itself.
    for name in asked.difference(&BTreeSet::from(["AWS_REGION", "AWS_DEFAULT_REGION"])) {
        assert!(told.contains(*name), "{name}");
    }
}
