//! The members that AWS treats as secrets, and the mask that CloudTrail puts over them.

use serde_json::Value;

/// What CloudTrail shows in place of a secret.
const MASK: &str = "[PROTECTED]";

/// The members that hold BGP keys: the key itself, and the router configuration, which quotes it.
const SECRET_MEMBERS: [&str; 2] = ["authKey", "customerRouterConfig"];

/// A copy of `value` with the secrets of AWS Direct Connect masked as CloudTrail does: `authKey` and
/// `customerRouterConfig`, at any depth and in any case.
#[must_use]
pub fn masked(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| {
                let secret = SECRET_MEMBERS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
                (name.clone(), if secret { MASK.into() } else { masked(member) })
            })
            .collect(),
        Value::Array(elements) => elements.iter().map(masked).collect(),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn secrets_are_masked_at_every_depth_and_nothing_else_is() {
        let described =
            json!({"vlan": 7, "authKey": "k", "bgpPeers": [{"asn": 1, "AuthKey": "k"}], "customerRouterConfig": ""});
        assert_eq!(
            super::masked(&described),
            json!({"vlan": 7, "authKey": "[PROTECTED]", "bgpPeers": [{"asn": 1, "AuthKey": "[PROTECTED]"}],
                   "customerRouterConfig": "[PROTECTED]"})
        );
    }
}
