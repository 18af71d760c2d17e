//! "MACsec is only available on dedicated connections" (User Guide), so a move can take it away in silence. Whether it
//! does is told from what the ports show; what an encrypting target carries is asked next door.

use super::{both, carries_encrypted, encryption_is_up};
use crate::check::{Basis, Check, Fault, Severity};
use crate::facts::{Facts, Port, PortKind, enough};
use crate::request::Request;

pub(in crate::check) const MACSEC_KEPT: Check = Check {
    name: "macsec-kept",
    severity: Severity::Guard,
    basis: Basis::Ours,
    rule: "where the source encrypts, the target does too, a LAG on every available link",
    source: "User Guide, MACsec: it belongs to the dedicated connection or LAG, not to the virtual interface",
    run: macsec_kept,
};

/// Nothing is lost on a target that encrypts, whatever the source does.
fn macsec_kept(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = &facts.target;
    let target_encrypts = if target.mac_sec_capable == Some(false) { Some(false) } else { encrypts_all(target) };
    if target_encrypts == Some(true) {
        return Vec::new();
    }
    let cannot_tell = |because: String| vec![Fault::cannot_tell("whether the move takes encryption away", because)];
    let Some(source) = &facts.source else {
        return cannot_tell("the port that carries the interface now is not visible".to_owned());
    };
    match (encrypts_any(source), target_encrypts) {
        (Ok(false), _) => Vec::new(),
        (Ok(true), Some(_)) => {
            vec![Fault::EncryptionLost { from: source.id.clone(), target: target.id.clone() }]
        }
        (Err(because), _) => cannot_tell(because),
        (Ok(true), None) => cannot_tell(not_said(target)),
    }
}

/// Whether anything that the source carries, or carried while it was up, is encrypted. What must encrypt never carries
/// anything in the clear, also while it is down: that is the failover from it.
fn encrypts_any(source: &Port) -> Result<bool, String> {
    let encryption = || source.links().iter().map(encryption_is_up);
    if must_encrypt(source) || enough(encryption(), 1) == Some(true) {
        return Ok(true);
    }
    // MACsec is opt-in and shows: a port that is not even capable of it does not encrypt.
    if source.mac_sec_capable != Some(true) {
        return Ok(false);
    }
    if matches!(source.encryption_mode.as_deref(), Some("should_encrypt") | None) && source.is_up() != Some(true) {
        return Err(format!("{} is not known to be up, and without that it never shows that it encrypts", source.id));
    }
    enough(encryption(), 1).ok_or_else(|| not_said(source))
}

/// Whether everything that the target carries will be encrypted: traffic spreads over all links of a LAG, so each that
/// is available must encrypt, and there must be one.
fn encrypts_all(target: &Port) -> Option<bool> {
    if must_encrypt(target) {
        return Some(true);
    }
    match target.kind {
        PortKind::Connection => encryption_is_up(target),
        PortKind::Lag => {
            let in_the_clear = enough(target.members.iter().map(carries_in_the_clear), 1);
            match (in_the_clear, enough(target.members.iter().map(carries_encrypted), 1)) {
                (Some(true), _) | (_, Some(false)) => Some(false),
                (Some(false), Some(true)) => Some(true),
                _ => None,
            }
        }
    }
}

/// Whether a link is up and does not encrypt.
fn carries_in_the_clear(link: &Port) -> Option<bool> {
    both(link.is_available(), encryption_is_up(link).map(|up| !up))
}

fn not_said(port: &Port) -> String {
    format!("AWS did not say the encryption status of {}", port.id)
}

fn must_encrypt(port: &Port) -> bool {
    port.encryption_mode.as_deref() == Some("must_encrypt")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{DOWN, UP, encrypting, encrypting_lag, onto, onto_lag, prove, row, text};
    use super::*;

    fn off(facts: &mut Facts, mode: &str, status: Option<&str>) {
        facts.source = Some(encrypting("dxcon-fexample", mode, status));
    }

    fn off_lag(facts: &mut Facts, mode: &str, statuses: [Option<&str>; 2]) {
        facts.source = Some(encrypting_lag("dxlag-fsource1", mode, statuses));
    }

    fn lost(from: &str, target: &str) -> Vec<Fault> {
        vec![Fault::EncryptionLost { from: from.to_owned(), target: target.to_owned() }]
    }

    fn not_up(source: &str) -> Vec<Fault> {
        kept_unknown(&format!("{source} is not known to be up, and without that it never shows that it encrypts"))
    }

    fn kept_unknown(because: &str) -> Vec<Fault> {
        vec![Fault::cannot_tell("whether the move takes encryption away", because)]
    }

    #[test]
    fn macsec_kept() {
        prove(
            &MACSEC_KEPT,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "the source encrypts and the target LAG does not",
                    |_, facts| off(facts, "should_encrypt", UP),
                    lost("dxcon-fexample", "dxlag-fexample"),
                ),
                row(
                    "one link of the source LAG encrypts and the target connection does not",
                    |_, facts| {
                        off_lag(facts, "should_encrypt", [DOWN, UP]);
                        onto(facts, "should_encrypt", DOWN);
                    },
                    lost("dxlag-fsource1", "dxcon-fexampl2"),
                ),
                row(
                    "both encrypt",
                    |_, facts| {
                        off(facts, "should_encrypt", UP);
                        onto(facts, "should_encrypt", UP);
                    },
                    vec![],
                ),
                row(
                    "a link of the target LAG encrypts, and one that is available does not",
                    |_, facts| {
                        off_lag(facts, "should_encrypt", [UP, UP]);
                        onto_lag(facts, "should_encrypt", [DOWN, UP]);
                    },
                    lost("dxlag-fsource1", "dxlag-fexample"),
                ),
                row(
                    "every available link of the target LAG encrypts",
                    |_, facts| {
                        off_lag(facts, "should_encrypt", [UP, UP]);
                        onto_lag(facts, "should_encrypt", [DOWN, UP]);
                        facts.target.members[0].state = text("down");
                    },
                    vec![],
                ),
                row(
                    "no link of the target LAG is available",
                    |_, facts| {
                        off_lag(facts, "should_encrypt", [UP, UP]);
                        onto_lag(facts, "should_encrypt", [UP, UP]);
                        for link in &mut facts.target.members {
                            link.state = text("down");
                        }
                    },
                    lost("dxlag-fsource1", "dxlag-fexample"),
                ),
                row(
                    "the target LAG has no links",
                    |_, facts| {
                        off(facts, "should_encrypt", UP);
                        onto_lag(facts, "should_encrypt", [UP, UP]);
                        facts.target.members.clear();
                    },
                    lost("dxcon-fexample", "dxlag-fexample"),
                ),
                row(
                    "the source does not encrypt while it is up, on any of its links",
                    |_, facts| off_lag(facts, "should_encrypt", [DOWN, DOWN]),
                    vec![],
                ),
                row(
                    "the source is down, and would not encrypt if it were up",
                    |_, facts| {
                        off(facts, "no_encrypt", DOWN);
                        facts.source.get_or_insert_default().state = text("down");
                    },
                    vec![],
                ),
                row(
                    "the source is down, and the target encrypts for certain",
                    |_, facts| {
                        off(facts, "should_encrypt", DOWN);
                        facts.source.get_or_insert_default().state = text("down");
                        onto(facts, "should_encrypt", UP);
                    },
                    vec![],
                ),
                row("the source could encrypt and does not", |_, facts| off(facts, "should_encrypt", DOWN), vec![]),
                row(
                    "the source must encrypt and is down, which is the failover",
                    |_, facts| off(facts, "must_encrypt", DOWN),
                    lost("dxcon-fexample", "dxlag-fexample"),
                ),
                row(
                    "both must encrypt, and that the target does not yet is for macsec-on-target to say",
                    |_, facts| {
                        off(facts, "must_encrypt", UP);
                        onto(facts, "must_encrypt", DOWN);
                    },
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn macsec_kept_of_a_source_that_is_not_up() {
        prove(
            &MACSEC_KEPT,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "the source, which could, shows no encryption for it is down",
                    |_, facts| {
                        off(facts, "should_encrypt", DOWN);
                        facts.source.get_or_insert_default().state = text("down");
                    },
                    not_up("dxcon-fexample"),
                ),
                row(
                    "the same of a source that may be down",
                    |_, facts| {
                        off(facts, "should_encrypt", DOWN);
                        facts.source.get_or_insert_default().state = None;
                    },
                    not_up("dxcon-fexample"),
                ),
                row(
                    "the same of a source LAG without a live link",
                    |_, facts| {
                        off_lag(facts, "should_encrypt", [DOWN, DOWN]);
                        let links = &mut facts.source.get_or_insert_default().members;
                        for link in links {
                            link.state = text("down");
                        }
                    },
                    not_up("dxlag-fsource1"),
                ),
                row(
                    "the source LAG, which could, has no links",
                    |_, facts| {
                        off_lag(facts, "should_encrypt", [UP, UP]);
                        facts.source.get_or_insert_default().members.clear();
                    },
                    not_up("dxlag-fsource1"),
                ),
                row(
                    "AWS did not say the mode of a source that is down and could",
                    |_, facts| {
                        off(facts, "", DOWN);
                        facts.source.get_or_insert_default().state = text("down");
                        facts.source.get_or_insert_default().encryption_mode = None;
                    },
                    not_up("dxcon-fexample"),
                ),
            ],
        );
    }

    #[test]
    fn macsec_kept_or_cannot_be_told() {
        prove(
            &MACSEC_KEPT,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "AWS did not say whether the source does, which could",
                    |_, facts| off(facts, "should_encrypt", None),
                    kept_unknown("AWS did not say the encryption status of dxcon-fexample"),
                ),
                row(
                    "AWS did not say whether the source does, nor that it could",
                    |_, facts| {
                        off(facts, "should_encrypt", None);
                        facts.source.get_or_insert_default().mac_sec_capable = None;
                    },
                    vec![],
                ),
                row(
                    "AWS did not say of one link of the source LAG whether it does",
                    |_, facts| off_lag(facts, "should_encrypt", [DOWN, None]),
                    kept_unknown("AWS did not say the encryption status of dxlag-fsource1"),
                ),
                row(
                    "the source encrypts, and AWS did not say whether the target does",
                    |_, facts| {
                        off(facts, "should_encrypt", UP);
                        onto(facts, "should_encrypt", None);
                    },
                    kept_unknown("AWS did not say the encryption status of dxcon-fexampl2"),
                ),
                row(
                    "the source encrypts, and AWS did not say it of one link of the target LAG",
                    |_, facts| {
                        off(facts, "should_encrypt", UP);
                        onto_lag(facts, "should_encrypt", [UP, None]);
                    },
                    kept_unknown("AWS did not say the encryption status of dxlag-fexample"),
                ),
                row(
                    "the source encrypts, and the target cannot, whatever it says",
                    |_, facts| {
                        off(facts, "should_encrypt", UP);
                        onto(facts, "should_encrypt", UP);
                        facts.target.mac_sec_capable = Some(false);
                    },
                    lost("dxcon-fexample", "dxcon-fexampl2"),
                ),
                row(
                    "the source is not visible",
                    |_, facts| facts.source = None,
                    kept_unknown("the port that carries the interface now is not visible"),
                ),
                row(
                    "the source is not visible, and the target encrypts",
                    |_, facts| {
                        facts.source = None;
                        onto(facts, "should_encrypt", UP);
                    },
                    vec![],
                ),
            ],
        );
    }
}
