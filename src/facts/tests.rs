//! What is a secret, a hosted connection, a bandwidth.

use super::*;

#[test]
fn a_secret_is_not_kept_whatever_stands_in_its_place() {
    for secret in [r#""EXAMPLE""#, "1", r#"{"key": ["EXAMPLE"]}"#, "[1, 2]"] {
        let read: (Protected, i32) = serde_json::from_str(&format!("[{secret}, 7]")).unwrap();
        assert_eq!(read, (Protected::Protected, 7));
    }
    assert!(serde_json::from_str::<Protected>("{").is_err());
    assert_eq!(serde_json::to_string(&Protected::Protected).unwrap(), r#""[PROTECTED]""#);
}

#[test]
fn a_bandwidth_is_a_number_of_bits_and_no_other() {
    assert_eq!(["50Mbps", "1.2Gbps", "1.6Tbps"].map(megabits), [Some(50.0), Some(1_200.0), Some(1_600_000.0)]);
    for odd in ["", "Gbps", "10", "10gbps", "-1Gbps", "infGbps", "NaNMbps", "ten Gbps"] {
        assert_eq!(megabits(odd), None, "{odd}");
    }
}

#[test]
fn a_hosted_connection_has_the_vlan_and_the_name_of_a_partner() {
    let is_hosted = |kind, vlan: Option<i32>, partner_name: Option<&str>| {
        let partner_name = partner_name.map(str::to_owned);
        Port { kind, vlan, partner_name, ..Port::default() }.is_hosted_connection()
    };
    assert!(is_hosted(PortKind::Connection, Some(101), Some("a partner")));
    assert!(!is_hosted(PortKind::Connection, Some(101), None));
    assert!(!is_hosted(PortKind::Connection, None, Some("a partner")));
    assert!(!is_hosted(PortKind::Lag, Some(101), Some("a partner")));
}
