//! Of `must_encrypt` the User Guide says: "the connection goes down when the encryption is down"; and that MACsec is a
//! matter of the dedicated connection or LAG, so a move can take it away in silence. A LAG has no encryption status of
//! its own, its connections have.
//!
//! Only `must_encrypt` makes an alarm of "Encryption Down": hosted connections, which have no MACsec, show the same.

use super::{Basis, Check, Fault, Severity};
use crate::facts::{Facts, Port, PortKind};
use crate::request::Request;

pub(super) const MACSEC_ON_TARGET: Check = Check {
    name: "macsec-on-target",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "a target that must encrypt has its encryption up, a LAG on as many links as it needs",
    source: "User Guide, MACsec: under must_encrypt the connection goes down when the encryption is down",
    run: macsec_on_target,
};

pub(super) const MACSEC_KEPT: Check = Check {
    name: "macsec-kept",
    severity: Severity::Guard,
    basis: Basis::Ours,
    rule: "where the source encrypts, the target does too",
    source: "User Guide, MACsec: it belongs to the dedicated connection or LAG, not to the virtual interface",
    run: macsec_kept,
};

fn macsec_on_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = &facts.target;
    if !must_encrypt(target) {
        return Vec::new();
    }
    let down = |status: String| vec![Fault::EncryptionDown { port: target.id.clone(), status }];
    let not_said = |port: &str| {
        let what = format!("whether the encryption of {port} is up, which it must be");
        vec![Fault::cannot_tell(what, "AWS did not say its encryption status")]
    };
    match target.kind {
        PortKind::Connection => match target.port_encryption_status.as_deref() {
            Some("Encryption Up") => Vec::new(),
            Some(status) => down(status.to_owned()),
            None => not_said(&target.id),
        },
        PortKind::Lag => {
            // A link without encryption carries nothing, so it is the encrypting ones that must be enough.
            let links: Vec<_> = target.members.iter().map(link_encrypts).collect();
            let up = links.iter().filter(|encrypts| **encrypts == Some(true)).count();
            let may_be_up = links.iter().filter(|encrypts| encrypts.is_none()).count();
            let needed = target.links_needed();
            if up >= needed {
                Vec::new()
            } else if target.members.is_empty() || up + may_be_up >= needed {
                not_said(&target.id)
            } else {
                let of = target.members.len();
                down(format!("Encryption Up on {up} of {of} links, of which it needs {needed}"))
            }
        }
    }
}

/// Whether a link of a LAG is up and encrypts.
fn link_encrypts(link: &Port) -> Option<bool> {
    let up = link.is_up()?;
    let encrypts = link.port_encryption_status.is_some().then(|| encryption_is_up(link));
    if up { encrypts } else { Some(false) }
}

/// Nothing is lost on a target that encrypts, whatever the source does.
fn macsec_kept(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = &facts.target;
    let not_capable = (target.mac_sec_capable == Some(false)).then_some(false);
    let target_encrypts = not_capable.or_else(|| encrypts(target));
    if target_encrypts == Some(true) {
        return Vec::new();
    }
    let cannot_tell = |because: String| vec![Fault::cannot_tell("whether the move takes encryption away", because)];
    let Some(source) = &facts.source else {
        return cannot_tell("the port that carries the interface now is not visible".to_owned());
    };
    // MACsec is opt-in and shows: a port without a status that is not even capable of it does not encrypt.
    let not_capable = (source.mac_sec_capable != Some(true)).then_some(false);
    match (encrypts(source).or(not_capable), target_encrypts) {
        (Some(false), _) => Vec::new(),
        (Some(true), Some(_)) => {
            vec![Fault::EncryptionLost { from: source.id.clone(), target: target.id.clone() }]
        }
        (None, _) => cannot_tell(format!("AWS did not say the encryption status of {}", source.id)),
        (Some(true), None) => cannot_tell(format!("AWS did not say the encryption status of {}", target.id)),
    }
}

/// Whether it encrypts: a connection by its status, a LAG if one of its links does. What must encrypt never carries
/// anything in the clear, also while it is down: that is the failover from it.
fn encrypts(port: &Port) -> Option<bool> {
    if must_encrypt(port) {
        return Some(true);
    }
    match port.kind {
        PortKind::Connection => port.port_encryption_status.is_some().then(|| encryption_is_up(port)),
        PortKind::Lag if port.members.iter().any(encryption_is_up) => Some(true),
        PortKind::Lag => {
            let all_said = port.members.iter().all(|link| link.port_encryption_status.is_some());
            (all_said && !port.members.is_empty()).then_some(false)
        }
    }
}

fn must_encrypt(port: &Port) -> bool {
    port.encryption_mode.as_deref() == Some("must_encrypt")
}

fn encryption_is_up(port: &Port) -> bool {
    port.port_encryption_status.as_deref() == Some("Encryption Up")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{connection, lag, prove, row, text};

    const UP: Option<&str> = Some("Encryption Up");
    const DOWN: Option<&str> = Some("Encryption Down");

    /// A MACsec connection in this mode, with this encryption status.
    fn encrypting(id: &str, mode: &str, status: Option<&str>) -> Port {
        Port {
            mac_sec_capable: Some(true),
            encryption_mode: text(mode),
            port_encryption_status: status.map(str::to_owned),
            ..connection(id, "EqDC2", "1abc2defghijk")
        }
    }

    /// A MACsec LAG in this mode, its links with these encryption statuses.
    fn encrypting_lag(id: &str, mode: &str, statuses: [Option<&str>; 2]) -> Port {
        let mut port = lag(id, "EqDC2", "2lmn3opqrstuv");
        port.mac_sec_capable = Some(true);
        port.encryption_mode = text(mode);
        for (link, status) in port.members.iter_mut().zip(statuses) {
            link.mac_sec_capable = Some(true);
            link.port_encryption_status = status.map(str::to_owned);
        }
        port
    }

    fn onto(facts: &mut Facts, mode: &str, status: Option<&str>) {
        facts.target = encrypting("dxcon-fexampl2", mode, status);
    }

    fn onto_lag(facts: &mut Facts, mode: &str, statuses: [Option<&str>; 2]) {
        facts.target = encrypting_lag("dxlag-fexample", mode, statuses);
    }

    fn off(facts: &mut Facts, mode: &str, status: Option<&str>) {
        facts.source = Some(encrypting("dxcon-fexample", mode, status));
    }

    fn off_lag(facts: &mut Facts, mode: &str, statuses: [Option<&str>; 2]) {
        facts.source = Some(encrypting_lag("dxlag-fsource1", mode, statuses));
    }

    #[test]
    fn macsec_on_target() {
        let down =
            |port: &str, status: &str| vec![Fault::EncryptionDown { port: port.to_owned(), status: status.to_owned() }];
        let none_of_two = || down("dxlag-fexample", "Encryption Up on 0 of 2 links, of which it needs 1");
        let not_said = |port: &str| {
            let what = format!("whether the encryption of {port} is up, which it must be");
            vec![Fault::cannot_tell(what, "AWS did not say its encryption status")]
        };
        prove(
            &MACSEC_ON_TARGET,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("it must and it does", |_, facts| onto(facts, "must_encrypt", UP), vec![]),
                row(
                    "it must and does not",
                    |_, facts| onto(facts, "must_encrypt", DOWN),
                    down("dxcon-fexampl2", "Encryption Down"),
                ),
                row(
                    "it must, and AWS did not say whether it does",
                    |_, facts| onto(facts, "must_encrypt", None),
                    not_said("dxcon-fexampl2"),
                ),
                row("it should and does not", |_, facts| onto(facts, "should_encrypt", DOWN), vec![]),
                row("a hosted connection, which has no MACsec", |_, facts| onto(facts, "unknown", DOWN), vec![]),
                row("AWS did not say its mode", |_, facts| facts.target.encryption_mode = None, vec![]),
                row("every link of a LAG does", |_, facts| onto_lag(facts, "must_encrypt", [UP, UP]), vec![]),
                row("one link does, and one is enough", |_, facts| onto_lag(facts, "must_encrypt", [UP, DOWN]), vec![]),
                row("no link does", |_, facts| onto_lag(facts, "must_encrypt", [DOWN, DOWN]), none_of_two()),
                row(
                    "one link does, and two are the minimum",
                    |_, facts| {
                        onto_lag(facts, "must_encrypt", [UP, DOWN]);
                        facts.target.minimum_links = 2;
                    },
                    down("dxlag-fexample", "Encryption Up on 1 of 2 links, of which it needs 2"),
                ),
                row(
                    "the link that does is down",
                    |_, facts| {
                        onto_lag(facts, "must_encrypt", [UP, DOWN]);
                        facts.target.members[0].state = text("down");
                    },
                    none_of_two(),
                ),
                row(
                    "one link does not, and of the other AWS did not say",
                    |_, facts| onto_lag(facts, "must_encrypt", [DOWN, None]),
                    not_said("dxlag-fexample"),
                ),
                row(
                    "one link does not, and of the other AWS did not say whether it is up",
                    |_, facts| {
                        onto_lag(facts, "must_encrypt", [DOWN, UP]);
                        facts.target.members[1].state = None;
                    },
                    not_said("dxlag-fexample"),
                ),
                row(
                    "the links of the LAG are not listed",
                    |_, facts| {
                        onto_lag(facts, "must_encrypt", [UP, UP]);
                        facts.target.members.clear();
                    },
                    not_said("dxlag-fexample"),
                ),
                row(
                    "no link of a LAG does, nor must",
                    |_, facts| onto_lag(facts, "should_encrypt", [DOWN, DOWN]),
                    vec![],
                ),
            ],
        );
    }

    fn lost(from: &str, target: &str) -> Vec<Fault> {
        vec![Fault::EncryptionLost { from: from.to_owned(), target: target.to_owned() }]
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
                    "a link of the target LAG encrypts",
                    |_, facts| {
                        off_lag(facts, "should_encrypt", [UP, UP]);
                        onto_lag(facts, "should_encrypt", [DOWN, UP]);
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
                    "the links of the source LAG, which could, are not listed",
                    |_, facts| {
                        off_lag(facts, "should_encrypt", [UP, UP]);
                        facts.source.get_or_insert_default().members.clear();
                    },
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
                        onto_lag(facts, "should_encrypt", [DOWN, None]);
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
