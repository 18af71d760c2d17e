//! The pictures of the state machines, drawn from their definitions.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{MACHINES, ROOT, file, function, machine, moves, states, steps};

#[test]
fn the_pictures_are_those_of_the_definitions() {
    let anew = std::env::var_os("UPDATE_PICTURES").is_some();
    for name in MACHINES {
        let drawn = picture(&machine(name));
        let path = format!("docs/pictures/{name}.mmd");
        if anew {
            std::fs::create_dir_all(format!("{ROOT}/docs/pictures")).unwrap();
            std::fs::write(format!("{ROOT}/{path}"), &drawn).unwrap();
        }
        assert!(file(&path) == drawn, "{path} is another picture; UPDATE_PICTURES=1 draws it anew");
        // Where a document has the marker, the picture stands below it.
        let marker = format!("<!-- picture: {name} -->\n");
        let wanted = format!("```mermaid\n{drawn}```\n");
        for document in ["README.md", "docs/runbooks.md"] {
            let text = file(document);
            let Some((before, after)) = text.split_once(&marker) else { continue };
            if anew {
                let old = after.strip_prefix("```mermaid\n").and_then(|rest| rest.split_once("\n```\n"));
                let rest = old.map_or(after, |(_, rest)| rest);
                std::fs::write(format!("{ROOT}/{document}"), [before, &marker, &wanted, rest].concat()).unwrap();
            } else if document == "README.md" || after.starts_with("```mermaid\n") {
                assert!(
                    after.starts_with(&wanted),
                    "{document} shows {name} otherwise; UPDATE_PICTURES=1 draws it anew"
                );
            }
        }
    }
}

/// A machine as a flowchart that GitHub draws. What is tried again stays in its state; a state's shape says its kind.
fn picture(machine: &Value) -> String {
    let mut drawn = "flowchart TD\n".to_owned();
    draw(&mut drawn, machine, 1);
    drawn.push_str("  classDef failed fill:#fbe3e4,stroke:#b3261e,color:#000\n");
    drawn.push_str("  classDef done fill:#e3f4e6,stroke:#1e7b34,color:#000\n");
    drawn
}

fn draw(drawn: &mut String, machine: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    for (name, state) in states(machine) {
        let title = words(name);
        let node = match state["Type"].as_str().unwrap() {
            "Map" => {
                writeln!(drawn, "{indent}subgraph {name}[{title}: for each]").unwrap();
                draw(drawn, &state["ItemProcessor"], depth + 1);
                writeln!(drawn, "{indent}end").unwrap();
                continue;
            }
            "Choice" => format!("{name}{{{title}?}}"),
            "Wait" => format!("{name}[/{title}/]"),
            "Fail" => format!("{name}([{title}]):::failed"),
            "Task" => format!("{name}[\"{title}<br><i>{}</i>\"]", called(state)),
            _ if state.get("End").is_some() => format!("{name}([{title}]):::done"),
            _ => format!("{name}({title})"),
        };
        writeln!(drawn, "{indent}{node}").unwrap();
    }
    // Rules that lead the same way for the same reason are one arrow.
    for (name, state) in states(machine) {
        let mut arrows: Vec<(&str, Vec<String>)> = Vec::new();
        for step in steps(state) {
            match arrows.iter_mut().find(|(to, whys)| *to == step.to && whys.is_empty() == step.why.is_empty()) {
                Some((_, whys)) if whys.is_empty() => {}
                Some((_, whys)) => whys.push(step.why),
                None => arrows.push((step.to, Some(step.why).filter(|why| !why.is_empty()).into_iter().collect())),
            }
        }
        for (to, whys) in arrows {
            let label = if whys.is_empty() { String::new() } else { format!("|{}|", whys.join(", or<br>")) };
            writeln!(drawn, "{indent}{name} -->{label} {to}").unwrap();
        }
    }
}

/// `VerifyTheWayBack` as words.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else {
            words.push(c);
        }
    }
    words
}

/// What a task calls, in few words.
fn called(state: &Value) -> String {
    match function(state) {
        Some(function) if moves(state) || function != "Associate" => function.to_lowercase(),
        Some(function) => format!("{}, dry run", function.to_lowercase()),
        None => {
            let resource = state["Resource"].as_str().unwrap().rsplit(":::").next().unwrap();
            let action = resource.trim_start_matches("aws-sdk:").split('.').next().unwrap();
            action.replace(':', " ")
        }
    }
}
