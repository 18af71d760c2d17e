//! What is not visible of a gateway's paths: "lists the attachments" of a Direct Connect gateway shows interfaces of
//! other accounts and Regions by id alone (API reference, DescribeDirectConnectGatewayAttachments). They are neither
//! healthy nor absent. That a gateway has them is known only where it was asked.

use crate::check::{Basis, Check, Fault, Severity};
use crate::facts::{Attachment, Facts};
use crate::request::Request;

pub(in crate::check) const PATHS_VISIBLE: Check = Check {
    name: "paths-visible",
    severity: Severity::Notice,
    basis: Basis::Ours,
    rule: "where the visible healthy paths are not enough, so that its Direct Connect gateway is asked for all: all \
           are visible to this account in this Region",
    source: "API reference, DescribeDirectConnectGatewayAttachments: lists all interfaces attached to a gateway",
    run: paths_visible,
};

fn paths_visible(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(gateway) = facts.virtual_interface.gateway() else { return Vec::new() };
    match &facts.unseen_paths {
        Ok(attachments) if attachments.is_empty() => Vec::new(),
        Ok(attachments) => {
            let unseen = attachments.iter().map(describe).collect::<Vec<_>>().join(", ");
            vec![Fault::PathsElsewhere { gateway: gateway.to_owned(), unseen }]
        }
        Err(unread) => vec![Fault::cannot_tell(
            format!("whether gateway {gateway} has paths that are not visible here"),
            unread.to_string(),
        )],
    }
}

/// Why the siblings are not known: the listing that they come from could not be read.
pub(super) fn siblings_unread(facts: &Facts) -> Option<String> {
    let unread = facts.unread.iter().find(|unread| unread.operation == "DescribeVirtualInterfaces");
    unread.map(ToString::to_string)
}

/// The paths of the gateway that are not visible here and pass this filter, and whether those are all.
pub(super) fn unseen(facts: &Facts, which: impl Fn(&Attachment) -> bool) -> (bool, Vec<String>) {
    let mut unseen = match &facts.unseen_paths {
        Ok(attachments) => attachments.iter().filter(|path| which(path)).map(describe).collect(),
        Err(unread) => vec![unread.to_string()],
    };
    let own = facts.virtual_interface.owner_account.as_ref() == Some(&facts.account);
    if !own {
        unseen.push("the interface, and so its gateway, is not known to be this account's".to_owned());
    }
    (own && facts.unseen_paths.is_ok(), unseen)
}

/// `dxvif-fexample of account 123456789012 in us-west-2`, as far as AWS said.
fn describe(attachment: &Attachment) -> String {
    let mut words = attachment.virtual_interface_id.clone().unwrap_or_else(|| "an interface".to_owned());
    if let Some(account) = &attachment.virtual_interface_owner_account {
        words = format!("{words} of account {account}");
    }
    if let Some(region) = &attachment.virtual_interface_region {
        words = format!("{words} in {region}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{denied, row, unseen_in};
    use super::*;
    use crate::check::example::{GATEWAY, prove};

    #[test]
    fn paths_visible() {
        prove(
            &PATHS_VISIBLE,
            vec![
                row("the example is clean", |_, _| {}, vec![]),
                row(
                    "one is not visible here",
                    |_, facts| facts.unseen_paths = Ok(vec![unseen_in(Some("us-west-2"))]),
                    vec![Fault::PathsElsewhere {
                        gateway: GATEWAY.to_owned(),
                        unseen: "dxvif-funseen1 of account 210987654321 in us-west-2".to_owned(),
                    }],
                ),
                row(
                    "whether there are others was not to be learned",
                    |_, facts| facts.unseen_paths = Err(denied("DescribeDirectConnectGatewayAttachments")),
                    vec![Fault::cannot_tell(
                        format!("whether gateway {GATEWAY} has paths that are not visible here"),
                        "DescribeDirectConnectGatewayAttachments could not be read (AccessDenied)",
                    )],
                ),
                row(
                    "without a gateway there is nothing to ask for",
                    |_, facts| {
                        facts.virtual_interface.direct_connect_gateway_id = None;
                        facts.unseen_paths = Err(denied("DescribeDirectConnectGatewayAttachments"));
                    },
                    vec![],
                ),
            ],
        );
    }
}
