//! Answers of AWS with a secret in every place where one may stand: the members that hold one today, and every member that
//! nobody has let into our own types, for the next one may hold one tomorrow.
//!
//! It changes text and not JSON, so that what is malformed, escaped or there twice stays so.

/// The secret.
pub(crate) const CANARY: &str = "EXAMPLE-canary-key";

/// What may leave the edge, AWS's words about an error, and the members on the way to either.
const LET_IN: &[&str] = &[
    "Entries",
    "ErrorCode",
    "ErrorMessage",
    "Message",
    "__type",
    "addressFamily",
    "allowsHostedConnections",
    "amazonAddress",
    "amazonSideAsn",
    "asn",
    "asnLong",
    "attachmentState",
    "awsDeviceV2",
    "awsLogicalDeviceId",
    "bandwidth",
    "bgpPeerId",
    "bgpPeerState",
    "bgpPeers",
    "bgpStatus",
    "billingMode",
    "cidr",
    "code",
    "connectionId",
    "connectionState",
    "connections",
    "connectionsBandwidth",
    "customerAddress",
    "directConnectGatewayAttachments",
    "directConnectGatewayId",
    "encryptionMode",
    "errorMessage",
    "hasLogicalRedundancy",
    "interconnectId",
    "interconnectState",
    "interconnects",
    "jumboFrameCapable",
    "key",
    "lagId",
    "lagState",
    "lags",
    "location",
    "macSecCapable",
    "maxAllowed",
    "message",
    "minimumLinks",
    "mtu",
    "nextToken",
    "ownerAccount",
    "partnerName",
    "portEncryptionStatus",
    "prefixPoolAllocatedCountIpv4",
    "prefixPoolAllocatedCountIpv6",
    "prefixPoolUnallocatedCountIpv4",
    "prefixPoolUnallocatedCountIpv6",
    "rateLimit",
    "rateLimiterStatus",
    "region",
    "remaining",
    "routeFilterPrefixes",
    "routes",
    "siteLinkEnabled",
    "tags",
    "value",
    "virtualGatewayId",
    "virtualInterfaceId",
    "virtualInterfaceName",
    "virtualInterfaceOwnerAccount",
    "virtualInterfaceRegion",
    "virtualInterfaceState",
    "virtualInterfaceType",
    "virtualInterfaces",
    "vlan",
];

/// Put into every object, if asked for.
const MEMBERS: &str = r#""authKey":"EXAMPLE-canary-key","customerRouterConfig":"<key>EXAMPLE-canary-key</key>","bgpAuthKeyV2":{"keys":["EXAMPLE-canary-key"]}"#;

/// An object or a list that is not closed yet.
struct Open {
    object: bool,
    /// Whether what stands in it may leave the edge.
    let_in: bool,
    /// The same of the member whose value comes next.
    member_let_in: bool,
}

/// The text with the canary in the place of every string that must not leave the edge, and nowhere else; and, if asked for,
/// with the members that hold secrets in every object.
pub(crate) fn planted(text: &str, everywhere: bool) -> String {
    let mut written = String::with_capacity(text.len() * 2);
    let mut open: Vec<Open> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let here = open.last().is_none_or(|one| if one.object { one.member_let_in } else { one.let_in });
        if c == '"' {
            let (literal, after) = literal(rest);
            rest = after;
            match open.last_mut().filter(|one| one.object && after.trim_start().starts_with(':')) {
                Some(object) => {
                    object.member_let_in = object.let_in && is_let_in(literal);
                    written.push_str(literal);
                }
                None if here => written.push_str(&without_canary(literal)),
                None => written.extend(["\"", CANARY, "\""]),
            }
            continue;
        }
        rest = &rest[c.len_utf8()..];
        written.push(c);
        match c {
            '{' | '[' => {
                open.push(Open { object: c == '{', let_in: here, member_let_in: here });
                if c == '{' && everywhere {
                    written.push_str(MEMBERS);
                    written.push_str(if rest.trim_start().starts_with('}') { "" } else { "," });
                }
            }
            '}' | ']' => _ = open.pop(),
            _ => {}
        }
    }
    written
}

/// The string literal that the text begins with, and what follows it.
fn literal(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return text.split_at(index + 1),
            _ => {}
        }
    }
    (text, "")
}

fn is_let_in(literal: &str) -> bool {
    serde_json::from_str::<String>(literal).is_ok_and(|name| LET_IN.contains(&name.as_str()))
}

/// What may leave the edge is no secret, whatever the fuzzer thinks of.
fn without_canary(literal: &str) -> String {
    match serde_json::from_str::<String>(literal) {
        Ok(text) if !text.contains(CANARY) => literal.to_owned(),
        _ => literal.chars().filter(|c| "\"0123456789".contains(*c)).collect(),
    }
}

/// Panics if the secret stands in this text.
pub(crate) fn assert_none(text: &str, place: &str) {
    assert!(!text.contains(CANARY), "a secret in {place}: {text}");
}
