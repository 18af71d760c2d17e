//! What was checked: those that passed by name, every finding in its own words, in the order of the record.

use std::io;

use associate_virtual_interface::check::{Basis, CHECKS, Severity};
use serde_json::{Value, json};

use crate::page::{Page, Tone, Words, dim, plain, strong};
use crate::show::number;

/// The widest verdict.
const VERDICT: usize = "guard not met".len();

/// Shows the checks of a record; with `rules`, also what those that passed are about.
pub(crate) fn show(page: &mut Page<'_>, record: &Value, rules: bool) -> io::Result<()> {
    let run: Vec<&str> = array(&record["checks"]["run"]).iter().filter_map(Value::as_str).collect();
    let findings = array(&record["checks"]["findings"]);
    let of = |name: &str| findings.iter().filter(move |finding| finding["check"] == *name).collect::<Vec<_>>();
    page.heading("Checks", &[plain(summary(&run, findings))])?;
    // Between two findings the names of those that passed are one paragraph.
    let mut passed: Vec<&str> = Vec::new();
    for name in run {
        let found = of(name);
        if found.is_empty() {
            passed.push(name);
            continue;
        }
        show_passed(page, &mut passed, rules)?;
        for finding in found {
            show_finding(page, finding, rules)?;
        }
    }
    show_passed(page, &mut passed, rules)
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn summary(run: &[&str], findings: &[Value]) -> String {
    let clean = run.iter().filter(|name| findings.iter().all(|finding| finding["check"] != **name)).count();
    let mut parts = vec![format!("{} run: {clean} passed", run.len())];
    for verdict in [Verdict::Refused, Verdict::NotMet, Verdict::Overridden, Verdict::Notice] {
        let count = findings.iter().filter(|finding| Verdict::of(finding) == verdict).count();
        if count > 0 {
            parts.push(verdict.counted(count));
        }
    }
    parts.join(", ")
}

/// What a finding means for this request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Refused,
    NotMet,
    Overridden,
    Notice,
}

impl Verdict {
    fn of(finding: &Value) -> Self {
        match finding["severity"].as_str() {
            _ if finding["overriddenBecause"].is_string() => Self::Overridden,
            Some("notice") => Self::Notice,
            Some("guard") => Self::NotMet,
            _ => Self::Refused,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NotMet => "guard not met",
            Self::Overridden => "overridden",
            Self::Notice => "notice",
        }
    }

    fn counted(self, count: usize) -> String {
        match self {
            Self::Refused | Self::Overridden => format!("{count} {}", self.words()),
            Self::NotMet => format!("{} not met", number(count, "guard")),
            Self::Notice => number(count, "notice"),
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Refused | Self::NotMet => Tone::Bad,
            Self::Overridden => Tone::Caution,
            Self::Notice => Tone::Strong,
        }
    }
}

fn show_finding(page: &mut Page<'_>, finding: &Value, rules: bool) -> io::Result<()> {
    let verdict = Verdict::of(finding);
    let text = |member: &str| finding[member].as_str().unwrap_or_default();
    let name = text("check");
    page.entry(
        Words::new(verdict.tone(), verdict.words()),
        VERDICT,
        &[strong(name), plain(format!(": {}", text("message")))],
    )?;
    if verdict == Verdict::Overridden {
        page.entry(plain(""), VERDICT, &[plain(format!("because \"{}\"", text("overriddenBecause")))])?;
    }
    if verdict == Verdict::NotMet {
        let accepted = json!({"check": name, "reason": "..."});
        page.entry(plain(""), VERDICT, &[plain(format!("to accept it: {accepted} in overrides"))])?;
    }
    let blocks = matches!(verdict, Verdict::Refused | Verdict::NotMet);
    match rule(name).filter(|_| blocks || rules) {
        None => Ok(()),
        Some(rule) => page.entry(plain(""), VERDICT, &[dim(format!("rule: {rule}"))]),
    }
}

fn show_passed(page: &mut Page<'_>, names: &mut Vec<&str>, rules: bool) -> io::Result<()> {
    let names = std::mem::take(names);
    let label = || Words::new(Tone::Good, "passed");
    if rules {
        return names.iter().try_for_each(|name| {
            let rule = rule(name).map(|rule| format!(": {rule}"));
            page.entry(label(), VERDICT, &[plain(name), dim(rule.unwrap_or_default())])
        });
    }
    if names.is_empty() { Ok(()) } else { page.entry(label(), VERDICT, &[dim(names.join(", "))]) }
}

/// The rule of a check, what breaking it means, and what it rests on.
fn rule(name: &str) -> Option<String> {
    let check = CHECKS.iter().find(|check| check.name == name)?;
    let basis = match check.basis {
        Basis::Documented => "",
        Basis::Ours => "ours; ",
        Basis::Assumed => "assumed; ",
    };
    let severity = match check.severity {
        Severity::Refusal => "refusal",
        Severity::Guard => "guard",
        Severity::Notice => "notice",
    };
    Some(format!("{} ({severity}; {basis}{})", check.rule, check.source))
}
