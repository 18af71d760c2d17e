//! The places where AWS's documents contradict each other or say one thing and mean another, one test each. Those that
//! are about one check have a row in its table too; here they are met over the wire.
//!
//! Elsewhere: a clash on page 2 is in `refusals`, the secrets in their three places in `secrets`, the lost answer in
//! `faults`, and the interface that is on the target, or on the target's LAG, already in `associations`. The shapes of
//! Health events and alarms are in `evacuations/events`.

use dx_sim::{Options, Table};
use serde_json::{Value, json};

use crate::harness::{Stage, accept, event, findings, request, request_with};

fn codes(record: &Value) -> Vec<String> {
    findings(record).into_iter().map(|(_, _, code)| code).collect()
}

#[tokio::test]
async fn the_answer_shows_each_peer_twice_and_the_record_keeps_both() {
    let stage = Stage::with(Options { settle: std::time::Duration::from_hours(1), ..Options::default() }, &[]).await;
    let record = stage.ask(&request()).await.record();
    let peers = record["virtualInterface"]["bgpPeers"].as_array().unwrap();
    let states: Vec<_> = peers.iter().map(|peer| peer["bgpPeerState"].as_str().unwrap()).collect();
    assert_eq!(states, ["deleting", "pending", "deleting", "pending"]);
}

#[tokio::test]
async fn an_empty_gateway_id_makes_no_siblings() {
    // All public interfaces have the same empty gateway ids.
    let stage = Stage::changed(|world| {
        let mut second = world.get("dxvif-fgpublc1").unwrap().clone();
        for (member, value) in [
            ("virtualInterfaceId", json!("dxvif-fgpublc2")),
            ("connectionId", json!("dxcon-fgcsva01")),
            ("vlan", json!(311)),
        ] {
            second.insert(member.to_owned(), value);
        }
        world.add(Table::VirtualInterfaces, Value::Object(second));
    })
    .await;
    let said = stage.ask(&event("request-last-path-unseen")).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().contains("cannot tell whether another healthy path remains"), "{said:?}");
}

#[tokio::test]
async fn a_four_byte_asn_comes_from_asn_long_and_a_zero_is_no_asn() {
    let stage = Stage::new().await;
    let request = json!({"virtualInterfaceId": "dxvif-fgtrans1", "connectionId": "dxlag-fgashlag",
        "overrides": accept(&["interrupts-traffic"])});
    let record = stage.ask(&request).await.record();
    for asn_of in [&record["virtualInterface"], &record["virtualInterface"]["bgpPeers"][0]] {
        assert_eq!((&asn_of["asn"], &asn_of["asnLong"]), (&Value::Null, &json!(4_200_000_123_i64)));
    }
}

#[tokio::test]
async fn a_missing_vlan_is_not_vlan_0() {
    let stage = Stage::changed(|world| {
        for id in ["dxvif-fgdowned", "dxvif-fglagvif"] {
            world.get_mut(id).unwrap().remove("vlan");
        }
    })
    .await;
    let said = stage.ask(&event("request-from-sdk-integration")).await;
    assert_eq!(said.name(), "Unavailable", "two unknown VLANs are not one and the same: {said:?}");
}

#[tokio::test]
async fn the_state_unknown_is_a_state() {
    let stage = Stage::changed(|world| world.set("dxvif-fgdowned", "virtualInterfaceState", "unknown")).await;
    let said = stage.ask(&event("request-from-sdk-integration")).await;
    assert!(said.message().contains("virtual interface is unknown"), "{said:?}");
}

#[tokio::test]
async fn a_state_that_is_newer_than_the_sdk_is_told_as_it_is() {
    let stage = Stage::changed(|world| world.set("dxvif-fgdowned", "virtualInterfaceState", "hibernating")).await;
    let said = stage.ask(&event("request-from-sdk-integration")).await;
    assert!(said.message().contains("virtual interface is hibernating"), "{said:?}");
}

#[tokio::test]
async fn an_available_lag_without_a_living_link_carries_nothing() {
    let stage = Stage::changed(|world| {
        let lag = world.get_mut("dxlag-fgashlag").unwrap();
        lag.insert("minimumLinks".to_owned(), json!(0));
        for member in lag["connections"].as_array_mut().unwrap() {
            member["connectionState"] = json!("down");
        }
    })
    .await;
    let said = stage.ask(&event("request-from-sdk-integration")).await;
    assert_eq!(said.name(), "PreCheckRefused");
    assert!(said.message().contains("0 available links of 2 and needs 1"), "{said:?}");
}

#[tokio::test]
async fn an_empty_lag_is_empty_whatever_number_it_was_ordered_with() {
    let stage = Stage::changed(|world| {
        world.get_mut("dxlag-fgashlag").unwrap().insert("connections".to_owned(), json!([]));
    })
    .await;
    let said = stage.ask(&event("request-from-sdk-integration")).await;
    assert!(said.message().contains("has no connections at all"), "{said:?}");
}

#[tokio::test]
async fn the_deleted_and_rejected_do_not_clash_and_the_deleting_do() {
    for (state, name) in [("deleted", "associated"), ("rejected", "associated"), ("deleting", "PreCheckNotYet")] {
        let stage = Stage::changed(|world| {
            world.set("dxvif-fglagvif", "vlan", 104);
            world.set("dxvif-fglagvif", "virtualInterfaceState", state);
        })
        .await;
        assert_eq!(stage.ask(&event("request-from-sdk-integration")).await.name(), name, "{state}");
    }
}

#[tokio::test]
async fn a_hosted_connection_on_a_partners_lag_is_no_member_of_it() {
    let stage = Stage::changed(|world| {
        world.set("dxcon-fghosted", "lagId", "dxlag-fgashlag");
    })
    .await;
    let request = json!({"virtualInterfaceId": "dxvif-fglagvif", "connectionId": "dxcon-fghosted"});
    let said = stage.ask(&request).await;
    assert_eq!(said.name(), "PreCheckRefused", "not alreadyAssociated: {said:?}");
    let found = codes(&stage.emitted()[0]);
    assert!(found.contains(&"TargetIsHosted".to_owned()), "{found:?}");
    assert!(!found.contains(&"TargetIsLagMember".to_owned()), "{found:?}");
}

#[tokio::test]
async fn a_server_exception_is_no_definite_answer_whatever_its_status() {
    for fault in ["server-exception-400", "500"] {
        let stage = Stage::with_faults(&[&format!("AssociateVirtualInterface:{fault}")]).await;
        assert_eq!(stage.ask(&request()).await.name(), "AssociationUnsettled", "{fault}");
    }
}

#[tokio::test]
async fn both_jumbo_sizes_are_jumbo() {
    for mtu in [8500, 9001] {
        let stage = Stage::changed(|world| {
            world.set("dxvif-fgdowned", "mtu", mtu);
            world.set("dxlag-fgashlag", "jumboFrameCapable", false);
        })
        .await;
        let said = stage.ask(&event("request-from-sdk-integration")).await;
        assert!(said.message().contains(&format!("MTU of {mtu}")), "{said:?}");
    }
}

#[tokio::test]
async fn an_unknown_encryption_mode_with_encryption_down_is_no_alarm() {
    let stage = Stage::changed(|world| {
        world.set("dxlag-fgashlag", "encryptionMode", "unknown");
    })
    .await;
    let record = stage.ask(&event("request-from-sdk-integration")).await.record();
    assert!(codes(&record).iter().all(|code| !code.starts_with("Encryption")), "{record}");
}

#[tokio::test]
async fn addresses_with_host_bits_are_addresses_in_both_families() {
    for (amazon, customer, clash) in [
        ("169.254.102.2/30", "169.254.102.1/30", "169.254.102.2"),
        ("2001:db8:0:68::1/125", "2001:0db8::0068:0:0:0:2/125", "2001:db8:0:68::2"),
    ] {
        let stage = Stage::changed(|world| {
            for (id, addresses) in [("dxvif-fgdowned", (amazon, customer)), ("dxvif-fglagvif", (customer, amazon))] {
                let family = if amazon.contains(':') { "ipv6" } else { "ipv4" };
                let peer = json!({"bgpPeerId": "dxpeer-x", "addressFamily": family, "amazonAddress": addresses.0,
                    "customerAddress": addresses.1, "bgpPeerState": "available", "bgpStatus": "down", "asnLong": 65000});
                world.get_mut(id).unwrap().insert("bgpPeers".to_owned(), json!([peer]));
            }
        })
        .await;
        let said = stage.ask(&event("request-from-sdk-integration")).await;
        assert_eq!(said.name(), "PreCheckRefused");
        assert!(said.message().contains(&format!("address {clash} is in use")), "{said:?}");
    }
}

#[tokio::test]
async fn a_quota_exception_is_a_refusal_although_the_sdk_calls_it_throttling() {
    use associate_virtual_interface::record::AwsError;
    use associate_virtual_interface::turn::Answer;
    let quota = AwsError::new("LimitExceededException", "");
    assert_eq!(Answer::of(quota.clone()), Answer::Rejected(quota));
}

#[tokio::test]
async fn a_move_that_is_made_is_never_reported_as_failed_because_of_the_bus() {
    let stage = Stage::with_faults(&["PutEvents:partial-final"]).await;
    let said = stage.ask(&request()).await;
    assert_eq!(said.name(), "RecordNotEmitted");
    assert_eq!(stage.place_of("dxvif-fgprivt1"), "dxlag-fgashlag");
    let back = request_with(json!({"expectedConnectionId": null}));
    assert_eq!(stage.ask(&back).await.name(), "RecordNotEmitted", "and a retry moves nothing again");
    assert_eq!(stage.associate_calls(), 1);
}
