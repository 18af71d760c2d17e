//! What is worth knowing and holds nothing up: what changes with the port. "Pre-stage the configuration" of the router,
//! says the User Guide of a migration; the rest follows from what a connection, and not the interface, decides.
//!
//! All are notices, so what is simply not known is not said.

use super::redundancy::Place;
use super::{Basis, Check, Fault, Severity};
use crate::facts::{Facts, Tag};
use crate::request::Request;

pub(super) const ROUTER_PRE_STAGED: Check = Check {
    name: "router-pre-staged",
    severity: Severity::Notice,
    basis: Basis::Documented,
    rule: "the interface stays on its AWS device; on another one, the router there must be configured before",
    source: "User Guide, migrate a virtual interface: pre-stage the configuration",
    run: router_pre_staged,
};

pub(super) const LEAVES_DEVICE: Check = Check {
    name: "leaves-device",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "the target ends on another AWS device than the source",
    source: "AWS agent toolkit, Direct Connect: one device is a single point of failure",
    run: leaves_device,
};

pub(super) const SITE_LINK_STAYS: Check = Check {
    name: "site-link-stays",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "an interface with SiteLink stays at its location and on its AWS device",
    source: "User Guide, SiteLink: sites reach each other from one Direct Connect point of presence to another",
    run: site_link_stays,
};

pub(super) const PUBLIC_PREFIXES: Check = Check {
    name: "public-prefixes",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "the interface is not public; of a public one the prefixes move with it",
    source: "API reference, RouteFilterPrefix: a public interface advertises its prefixes through its connection",
    run: public_prefixes,
};

pub(super) const LOGICAL_REDUNDANCY_KEPT: Check = Check {
    name: "logical-redundancy-kept",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "where the source has logical redundancy, the target has it too",
    source: "API reference, hasLogicalRedundancy: a secondary BGP peer in the same address family",
    run: logical_redundancy_kept,
};

pub(super) const BILLING_MODE_KEPT: Check = Check {
    name: "billing-mode-kept",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "source and target are billed alike",
    source: "API reference, billingMode: PayAsYouGo or a flat-rate tier, by connection",
    run: billing_mode_kept,
};

pub(super) const CONFIGURATION_DRIFT: Check = Check {
    name: "configuration-drift",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "no tag says that a tool manages the interface, whose configuration would still name the source",
    source: "Terraform's AWS provider: connection_id is ForceNew, so its next run destroys and recreates the interface",
    run: configuration_drift,
};

pub(super) const SOURCE_VISIBLE: Check = Check {
    name: "source-visible",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "the port that carries the interface now is visible to this account",
    source: "API reference, AssociateVirtualInterface: owning either the interface or its connection is enough",
    run: source_visible,
};

/// An interface can have a thousand prefixes, and a record has to fit an event.
const PREFIXES_NAMED: usize = 3;

fn router_pre_staged(_: &Request, facts: &Facts) -> Vec<Fault> {
    let change = place_change(facts);
    change.map(|(what, from, to)| Fault::PlaceChanges { what: what.to_owned(), from, to }).into_iter().collect()
}

fn leaves_device(_: &Request, facts: &Facts) -> Vec<Fault> {
    let (from, target) = places(facts);
    let same = |device: &str| Fault::SameDevice {
        from: source_id(facts),
        target: facts.target.id.clone(),
        device: device.to_owned(),
    };
    from.shared_device(&target).map(same).into_iter().collect()
}

fn site_link_stays(_: &Request, facts: &Facts) -> Vec<Fault> {
    let change = place_change(facts).filter(|_| facts.virtual_interface.site_link_enabled == Some(true));
    change.map(|(_, from, to)| Fault::SiteLinkMoves { from, to }).into_iter().collect()
}

fn public_prefixes(_: &Request, facts: &Facts) -> Vec<Fault> {
    let interface = &facts.virtual_interface;
    if interface.virtual_interface_type.as_deref() != Some("public") {
        return Vec::new();
    }
    let prefixes: Vec<_> = interface.route_filter_prefixes.iter().filter_map(|prefix| prefix.cidr.as_deref()).collect();
    let prefixes = match prefixes.len() {
        0 => "its prefixes".to_owned(),
        1..=PREFIXES_NAMED => prefixes.join(", "),
        all => format!("{} and {} more prefixes", prefixes[..PREFIXES_NAMED].join(", "), all - PREFIXES_NAMED),
    };
    vec![Fault::PublicPrefixesMove { prefixes, from: source_id(facts), to: facts.target.id.clone() }]
}

fn logical_redundancy_kept(_: &Request, facts: &Facts) -> Vec<Fault> {
    let source = facts.source.as_ref().filter(|source| source.has_logical_redundancy.as_deref() == Some("yes"));
    match source {
        Some(source) if facts.target.has_logical_redundancy.as_deref() == Some("no") => {
            vec![Fault::LogicalRedundancyLost { from: source.id.clone(), target: facts.target.id.clone() }]
        }
        _ => Vec::new(),
    }
}

fn billing_mode_kept(_: &Request, facts: &Facts) -> Vec<Fault> {
    let from = facts.source.as_ref().and_then(|source| source.billing_mode.clone());
    match from.zip(facts.target.billing_mode.clone()) {
        Some((from, to)) if from != to => vec![Fault::BillingModeChanges { from, to }],
        _ => Vec::new(),
    }
}

/// One finding for each tool, on the first tag that names it.
fn configuration_drift(_: &Request, facts: &Facts) -> Vec<Fault> {
    let mut tools: Vec<String> = Vec::new();
    let mut faults = Vec::new();
    for tag in &facts.virtual_interface.tags {
        let Some(tool) = named_tool(tag).filter(|tool| !tools.contains(tool)) else { continue };
        let consequence =
            if tool == "Terraform" { "would destroy and recreate it" } else { "may move or replace it back" };
        faults.push(Fault::ManagedElsewhere {
            tag: tag.value.as_ref().map_or_else(|| tag.key.clone(), |value| format!("{}={value}", tag.key)),
            tool: tool.clone(),
            from: source_id(facts),
            consequence: consequence.to_owned(),
        });
        tools.push(tool);
    }
    faults
}

fn source_visible(_: &Request, facts: &Facts) -> Vec<Fault> {
    match &facts.source {
        Some(_) => Vec::new(),
        None => vec![Fault::SourceNotVisible { from: source_id(facts), account: facts.account.clone() }],
    }
}

/// The tool that a tag says manages the interface: the tag that `CloudFormation` sets by itself, or one that people set
/// in the common ways.
fn named_tool(tag: &Tag) -> Option<String> {
    let value = tag.value.as_deref().unwrap_or_default();
    let names_terraform = |text: &str| text.to_lowercase().contains("terraform");
    if tag.key == "aws:cloudformation:stack-name" {
        Some("CloudFormation".to_owned())
    } else if names_terraform(&tag.key) || names_terraform(value) {
        Some("Terraform".to_owned())
    } else if matches!(tag.key.to_lowercase().as_str(), "managedby" | "managed-by" | "managed_by") && !value.is_empty()
    {
        Some(value.to_owned())
    } else {
        None
    }
}

/// What changes, from where to where: the location if that changes, else the device.
fn place_change(facts: &Facts) -> Option<(&'static str, String, String)> {
    let (from, target) = places(facts);
    let location = from.location.zip(target.location).map(|(from, to)| ("location", from, to));
    let device = from.devices(&target).map(|(from, to)| ("device", from, to));
    let changed = [location, device].into_iter().flatten().find(|(_, from, to)| from != to);
    changed.map(|(what, from, to)| (what, from.to_owned(), to.to_owned()))
}

/// Where the interface ends now, by its own word if its port is not visible, and where it would end.
fn places(facts: &Facts) -> (Place<'_>, Place<'_>) {
    (Place::of_path(&facts.virtual_interface, facts.source.as_ref()), Place::of_port(&facts.target))
}

fn source_id(facts: &Facts) -> String {
    places(facts).0.port.unwrap_or("(id unknown)").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{ACCOUNT, connection, lag, prove, row, text};
    use crate::facts::RouteFilterPrefix;

    fn onto_same_device(facts: &mut Facts) {
        facts.target = lag("dxlag-fexample", "EqDC2", "1abc2defghijk");
    }

    fn onto_other_location(facts: &mut Facts) {
        facts.target = connection("dxcon-fexampl2", "CSVA1", "5nop6qrstuvwx");
    }

    /// AWS names neither the source's port nor its place.
    fn nowhere(facts: &mut Facts) {
        facts.source = None;
        facts.virtual_interface.connection_id = None;
        facts.virtual_interface.location = None;
        facts.virtual_interface.aws_device_v2 = None;
        facts.virtual_interface.aws_logical_device_id = None;
    }

    #[test]
    fn router_pre_staged() {
        let changes = |what: &str, from: &str, to: &str| {
            vec![Fault::PlaceChanges { what: what.to_owned(), from: from.to_owned(), to: to.to_owned() }]
        };
        let device = || changes("device", "EqDC2-1abc2defghijk", "EqDC2-2lmn3opqrstuv");
        prove(
            &ROUTER_PRE_STAGED,
            vec![
                row("same device: nothing to stage", |_, facts| onto_same_device(facts), vec![]),
                row("another device of the same location", |_, _| {}, device()),
                row("another location", |_, facts| onto_other_location(facts), changes("location", "EqDC2", "CSVA1")),
                row(
                    "the source is not visible, and the interface says where it is",
                    |_, facts| facts.source = None,
                    device(),
                ),
                row(
                    "the logical device decides, and its physical one may differ",
                    |_, facts| {
                        onto_same_device(facts);
                        facts.target.aws_device_v2 = text("EqDC2-5nop6qrstuvwx");
                    },
                    vec![],
                ),
                row(
                    "the location is not known, and the device changes",
                    |_, facts| facts.target.location = None,
                    device(),
                ),
                row("where it is now is not known", |_, facts| nowhere(facts), vec![]),
            ],
        );
    }

    #[test]
    fn leaves_device() {
        let same = |from: &str, target: &str| {
            vec![Fault::SameDevice {
                from: from.to_owned(),
                target: target.to_owned(),
                device: "EqDC2-1abc2defghijk".to_owned(),
            }]
        };
        prove(
            &LEAVES_DEVICE,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "a LAG on the same device",
                    |_, facts| onto_same_device(facts),
                    same("dxcon-fexample", "dxlag-fexample"),
                ),
                row(
                    "another logical device of the same physical one",
                    |_, facts| {
                        onto_same_device(facts);
                        facts.target.aws_logical_device_id = text("EqDC2-5nop6qrstuvwx");
                    },
                    same("dxcon-fexample", "dxlag-fexample"),
                ),
                row(
                    "a connection on the same device, and the source is not visible",
                    |_, facts| {
                        facts.source = None;
                        facts.target = connection("dxcon-fexampl2", "EqDC2", "1abc2defghijk");
                    },
                    same("dxcon-fexample", "dxcon-fexampl2"),
                ),
                row(
                    "where it is now is not known",
                    |_, facts| {
                        onto_same_device(facts);
                        nowhere(facts);
                    },
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn site_link_stays() {
        let moves = |from: &str, to: &str| vec![Fault::SiteLinkMoves { from: from.to_owned(), to: to.to_owned() }];
        prove(
            &SITE_LINK_STAYS,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "another device",
                    |_, facts| facts.virtual_interface.site_link_enabled = Some(true),
                    moves("EqDC2-1abc2defghijk", "EqDC2-2lmn3opqrstuv"),
                ),
                row(
                    "another location",
                    |_, facts| {
                        facts.virtual_interface.site_link_enabled = Some(true);
                        onto_other_location(facts);
                    },
                    moves("EqDC2", "CSVA1"),
                ),
                row(
                    "the same device",
                    |_, facts| {
                        facts.virtual_interface.site_link_enabled = Some(true);
                        onto_same_device(facts);
                    },
                    vec![],
                ),
                row(
                    "AWS did not say whether SiteLink is enabled",
                    |_, facts| facts.virtual_interface.site_link_enabled = None,
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn public_prefixes() {
        fn public(facts: &mut Facts, prefixes: &[&str]) {
            facts.virtual_interface.virtual_interface_type = text("public");
            facts.virtual_interface.route_filter_prefixes =
                prefixes.iter().map(|cidr| RouteFilterPrefix { cidr: text(cidr) }).collect();
        }
        let leave = |prefixes: &str, from: &str| {
            vec![Fault::PublicPrefixesMove {
                prefixes: prefixes.to_owned(),
                from: from.to_owned(),
                to: "dxlag-fexample".to_owned(),
            }]
        };
        prove(
            &PUBLIC_PREFIXES,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "IPv4 and IPv6",
                    |_, facts| public(facts, &["198.51.100.0/24", "2001:db8::/32"]),
                    leave("198.51.100.0/24, 2001:db8::/32", "dxcon-fexample"),
                ),
                row(
                    "more than can be named",
                    |_, facts| public(facts, &["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "a", "b"]),
                    leave("192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 and 2 more prefixes", "dxcon-fexample"),
                ),
                row(
                    "AWS lists none, and not the port that they leave from now",
                    |_, facts| {
                        nowhere(facts);
                        public(facts, &[]);
                    },
                    leave("its prefixes", "(id unknown)"),
                ),
            ],
        );
    }

    #[test]
    fn logical_redundancy_kept() {
        fn redundancy(facts: &mut Facts, source: &str, target: Option<&str>) {
            facts.source.get_or_insert_default().has_logical_redundancy = text(source);
            facts.target.has_logical_redundancy = target.map(str::to_owned);
        }
        let from = "dxcon-fexample".to_owned();
        let lost = Fault::LogicalRedundancyLost { from, target: "dxlag-fexample".to_owned() };
        prove(
            &LOGICAL_REDUNDANCY_KEPT,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("the source has it, the target not", |_, facts| redundancy(facts, "yes", Some("no")), vec![lost]),
                row("both have it", |_, facts| redundancy(facts, "yes", Some("yes")), vec![]),
                row("only the target has it", |_, facts| redundancy(facts, "no", Some("yes")), vec![]),
                row("the source may have it", |_, facts| redundancy(facts, "unknown", Some("no")), vec![]),
                row("AWS did not say it of the target", |_, facts| redundancy(facts, "yes", None), vec![]),
                row("the source is not visible", |_, facts| facts.source = None, vec![]),
            ],
        );
    }

    #[test]
    fn billing_mode_kept() {
        fn billed(facts: &mut Facts, source: Option<&str>, target: Option<&str>) {
            facts.source.get_or_insert_default().billing_mode = source.map(str::to_owned);
            facts.target.billing_mode = target.map(str::to_owned);
        }
        let (from, to) = ("PayAsYouGo".to_owned(), "FlatRateTier1".to_owned());
        prove(
            &BILLING_MODE_KEPT,
            vec![
                row("the example, of which AWS said neither, is clean", |_, _| {}, vec![]),
                row(
                    "they differ",
                    |_, facts| billed(facts, Some("PayAsYouGo"), Some("FlatRateTier1")),
                    vec![Fault::BillingModeChanges { from, to }],
                ),
                row("they are alike", |_, facts| billed(facts, Some("PayAsYouGo"), Some("PayAsYouGo")), vec![]),
                row("only the source's is known", |_, facts| billed(facts, Some("PayAsYouGo"), None), vec![]),
                row("only the target's is known", |_, facts| billed(facts, None, Some("FlatRateTier1")), vec![]),
            ],
        );
    }

    #[test]
    fn configuration_drift() {
        fn tagged(facts: &mut Facts, tags: &[(&str, &str)]) {
            let tag = |(key, value): &(&str, &str)| Tag { key: (*key).to_owned(), value: text(value) };
            facts.virtual_interface.tags = tags.iter().map(tag).collect();
        }
        let managed = |tag: &str, tool: &str, consequence: &str| Fault::ManagedElsewhere {
            tag: tag.to_owned(),
            tool: tool.to_owned(),
            from: "dxcon-fexample".to_owned(),
            consequence: consequence.to_owned(),
        };
        let terraform = |tag: &str| managed(tag, "Terraform", "would destroy and recreate it");
        let other = |tag: &str, tool: &str| managed(tag, tool, "may move or replace it back");
        prove(
            &CONFIGURATION_DRIFT,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("other tags", |_, facts| tagged(facts, &[("Name", "dc-1"), ("managed-by", "")]), vec![]),
                row(
                    "a stack of CloudFormation",
                    |_, facts| {
                        let stack = ("aws:cloudformation:stack-name", "network");
                        tagged(facts, &[stack, ("aws:cloudformation:logical-id", "Interface")]);
                    },
                    vec![other("aws:cloudformation:stack-name=network", "CloudFormation")],
                ),
                row(
                    "Terraform as a value",
                    |_, facts| tagged(facts, &[("ManagedBy", "Terraform")]),
                    vec![terraform("ManagedBy=Terraform")],
                ),
                row(
                    "Terraform as a key without a value, said twice",
                    |_, facts| {
                        tagged(facts, &[("TERRAFORM", ""), ("terraform-workspace", "prod")]);
                        facts.virtual_interface.tags[0].value = None;
                    },
                    vec![terraform("TERRAFORM")],
                ),
                row(
                    "two tools, one of them not known to us",
                    |_, facts| tagged(facts, &[("managed-by", "pulumi"), ("iac", "terraform")]),
                    vec![other("managed-by=pulumi", "pulumi"), terraform("iac=terraform")],
                ),
            ],
        );
    }

    #[test]
    fn source_visible() {
        let not_visible =
            |from: &str| vec![Fault::SourceNotVisible { from: from.to_owned(), account: ACCOUNT.to_owned() }];
        prove(
            &SOURCE_VISIBLE,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row("it is not", |_, facts| facts.source = None, not_visible("dxcon-fexample")),
                row("it is not, nor is its id known", |_, facts| nowhere(facts), not_visible("(id unknown)")),
            ],
        );
    }
}
