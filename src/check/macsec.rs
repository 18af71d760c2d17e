//! Of `must_encrypt` the User Guide says: "the connection goes down when the encryption is down"; and that MACsec is a
//! matter of the dedicated connection or LAG, so a move can take it away in silence. A LAG has no encryption status of
//! its own, its connections have.
//!
//! Only `must_encrypt` makes an alarm of "Encryption Down": hosted connections, which have no MACsec, show the same, and
//! so does a port for no other reason than that it is down.

use super::{Basis, Check, Fault, Severity};
use crate::facts::{Facts, Port, PortKind, enough};
use crate::request::Request;

pub(super) use kept::MACSEC_KEPT;

mod kept;

pub(super) const MACSEC_ON_TARGET: Check = Check {
    name: "macsec-on-target",
    severity: Severity::Guard,
    basis: Basis::Documented,
    rule: "a target that must encrypt has its encryption up, a LAG on as many links as it needs",
    source: "User Guide, MACsec: under must_encrypt the connection goes down when the encryption is down",
    run: macsec_on_target,
};

fn macsec_on_target(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = &facts.target;
    // A LAG's link without encryption carries nothing, so it is the encrypting ones that must be enough.
    let needed = target.links_needed();
    let encrypts = match target.kind {
        PortKind::Connection => encryption_is_up(target),
        PortKind::Lag => enough(target.members.iter().map(carries_encrypted), needed),
    };
    match (target.encryption_mode.as_deref(), encrypts) {
        (_, Some(true)) => Vec::new(),
        (Some("must_encrypt"), Some(false)) => {
            let of = target.members.len();
            let up = target.members.iter().filter(|link| carries_encrypted(link) == Some(true)).count();
            let of_links = || format!("Encryption Up on {up} of {of} links, of which it needs {needed}");
            let status = target.port_encryption_status.clone().unwrap_or_else(of_links);
            vec![Fault::EncryptionDown { port: target.id.clone(), status }]
        }
        (Some("must_encrypt"), None) => vec![Fault::cannot_tell(
            format!("whether the encryption of {} is up, which it must be", target.id),
            "AWS did not say its encryption status",
        )],
        (None, _) if target.mac_sec_capable == Some(true) => vec![Fault::cannot_tell(
            format!("whether {} must encrypt, which it is capable of and does not do", target.id),
            "AWS did not say its encryption mode",
        )],
        _ => Vec::new(),
    }
}

/// Whether a link is up and encrypts.
fn carries_encrypted(link: &Port) -> Option<bool> {
    both(link.is_available(), encryption_is_up(link))
}

fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    enough([one, other], 2)
}

/// By its status: of a connection, and so of each link of a LAG.
fn encryption_is_up(port: &Port) -> Option<bool> {
    port.port_encryption_status.as_deref().map(|status| status == "Encryption Up")
}

/// What both tables share, beside the clean example.
#[cfg(test)]
mod fixtures {
    use crate::check::example::{connection, lag};
    pub(super) use crate::check::example::{prove, row, text};
    use crate::facts::{Facts, Port};

    pub(super) const UP: Option<&str> = Some("Encryption Up");
    pub(super) const DOWN: Option<&str> = Some("Encryption Down");

    /// A MACsec connection in this mode, with this encryption status.
    pub(super) fn encrypting(id: &str, mode: &str, status: Option<&str>) -> Port {
        Port {
            mac_sec_capable: Some(true),
            encryption_mode: text(mode),
            port_encryption_status: status.map(str::to_owned),
            ..connection(id, "EqDC2", "1abc2defghijk")
        }
    }

    /// A MACsec LAG in this mode, its links with these encryption statuses.
    pub(super) fn encrypting_lag(id: &str, mode: &str, statuses: [Option<&str>; 2]) -> Port {
        let mut port = lag(id, "EqDC2", "2lmn3opqrstuv");
        port.mac_sec_capable = Some(true);
        port.encryption_mode = text(mode);
        for (link, status) in port.members.iter_mut().zip(statuses) {
            link.mac_sec_capable = Some(true);
            link.port_encryption_status = status.map(str::to_owned);
        }
        port
    }

    pub(super) fn onto(facts: &mut Facts, mode: &str, status: Option<&str>) {
        facts.target = encrypting("dxcon-fexampl2", mode, status);
    }

    pub(super) fn onto_lag(facts: &mut Facts, mode: &str, statuses: [Option<&str>; 2]) {
        facts.target = encrypting_lag("dxlag-fexample", mode, statuses);
    }
}

#[cfg(test)]
mod tests {
    use super::fixtures::{DOWN, UP, onto, onto_lag, prove, row, text};
    use super::*;

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
                    "the LAG has no links",
                    |_, facts| {
                        onto_lag(facts, "must_encrypt", [UP, UP]);
                        facts.target.members.clear();
                    },
                    down("dxlag-fexample", "Encryption Up on 0 of 0 links, of which it needs 1"),
                ),
                row(
                    "no link of a LAG does, nor must",
                    |_, facts| onto_lag(facts, "should_encrypt", [DOWN, DOWN]),
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn macsec_on_target_in_a_mode_that_is_not_known() {
        let mode_not_said = |port: &str| {
            let what = format!("whether {port} must encrypt, which it is capable of and does not do");
            vec![Fault::cannot_tell(what, "AWS did not say its encryption mode")]
        };
        prove(
            &MACSEC_ON_TARGET,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "AWS did not say the mode of one that could and does not",
                    |_, facts| {
                        onto(facts, "", DOWN);
                        facts.target.encryption_mode = None;
                    },
                    mode_not_said("dxcon-fexampl2"),
                ),
                row(
                    "AWS did not say the mode of one that could, nor its status",
                    |_, facts| {
                        onto(facts, "", None);
                        facts.target.encryption_mode = None;
                    },
                    mode_not_said("dxcon-fexampl2"),
                ),
                row(
                    "AWS did not say the mode of a LAG that could and does not on enough links",
                    |_, facts| {
                        onto_lag(facts, "", [UP, DOWN]);
                        facts.target.encryption_mode = None;
                        facts.target.minimum_links = 2;
                    },
                    mode_not_said("dxlag-fexample"),
                ),
                row(
                    "AWS did not say the mode of one that does",
                    |_, facts| {
                        onto(facts, "", UP);
                        facts.target.encryption_mode = None;
                    },
                    vec![],
                ),
            ],
        );
    }
}
