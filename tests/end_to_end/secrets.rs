//! Canary keys in every place where AWS returns a secret, the log level at TRACE: nowhere in anything that the function
//! writes, answers, emits or sends.

use dx_sim::{Options, World};
use serde_json::{Value, json};

use crate::harness::{Said, Stage, VERIFY, request, request_with};

pub(crate) const CANARY: &str = "0xCanaryKey77";

pub(crate) fn plant(world: &mut World) {
    let ids = ["dxvif-fgprivt1", "dxvif-fgprivt2", "dxvif-fgtrans1", "dxvif-fglagvif", "dxvif-fghosted"];
    for id in ids {
        let interface = world.get_mut(id).unwrap();
        interface.insert("authKey".to_owned(), json!(CANARY));
        let config = format!("<?xml version=\"1.0\"?><bgp_auth_key>{CANARY}</bgp_auth_key>");
        interface.insert("customerRouterConfig".to_owned(), json!(config));
        for peer in interface["bgpPeers"].as_array_mut().unwrap() {
            peer["authKey"] = json!(CANARY);
        }
        // A member that AWS may add some day.
        interface.insert("bgpAuthKeyV2".to_owned(), json!(CANARY));
    }
}

#[tokio::test]
async fn no_secret_leaves_the_function_at_any_level_on_any_path() {
    let paths: [(&[&str], Value); 6] = [
        (&[], request()),
        (&[], request_with(json!({"dryRun": true}))),
        (&[], request_with(json!({"connectionId": "dxcon-fghosted"}))),
        (&["AssociateVirtualInterface:truncated"], request()),
        (&["AssociateVirtualInterface:late"], request()),
        (&["DescribeVirtualInterfaces:truncated"], request()),
    ];
    for (faults, request) in paths {
        let options = Options { faults: crate::harness::faults(faults), ..Options::default() };
        let stage = Stage::with(options, &[("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("RUST_LOG", "trace")]).await;
        stage.simulator.change(plant);
        let said = stage.ask(&request).await;
        let mut everything = format!("{said:?}");
        everything.push_str(&serde_json::to_string(&stage.simulator.events()).unwrap());
        let inputs: Vec<_> = stage.simulator.calls().into_iter().map(|call| call.input).collect();
        everything.push_str(&serde_json::to_string(&inputs).unwrap());
        everything.push_str(&stage.finish().await.join("\n"));
        assert!(!everything.contains(CANARY), "{faults:?}");
        if let Said::Record(record) = said {
            let peers = record["virtualInterface"]["bgpPeers"].as_array().unwrap();
            assert!(peers.iter().all(|peer| peer["authKey"] == "[PROTECTED]"), "{peers:?}");
            assert_eq!(record["virtualInterface"]["authKey"], "[PROTECTED]");
            assert_eq!(record["virtualInterface"]["customerRouterConfig"], "[PROTECTED]");
        }
    }
}

#[tokio::test]
async fn no_secret_leaves_verify_either() {
    let trace = [("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("RUST_LOG", "trace"), ("CONVERGENCE_SECONDS", "0")];
    for (never_up, fault, ends) in [
        (None, None, "settled"),
        (Some("dxlag-fgashlag"), None, "SettledUnhealthy"),
        (None, Some("DescribeVirtualInterfaces:truncated"), "Unavailable"),
    ] {
        let never_up = never_up.into_iter().map(str::to_owned).collect();
        let associate = Stage::with(Options { never_up, ..Options::default() }, &[]).await;
        associate.simulator.change(plant);
        let record = associate.ask(&request()).await.record();
        let verify = associate.beside(VERIFY, &trace).await;
        associate.simulator.set_faults(crate::harness::faults(&fault.into_iter().collect::<Vec<_>>()));
        let said = verify.ask(&record).await;
        assert_eq!(said.name(), ends, "{said:?}");
        let mut everything = format!("{said:?}{}", json!(verify.simulator.events()));
        everything.push_str(&verify.finish().await.join("\n"));
        assert!(!everything.contains(CANARY), "{ends}");
        assert!(ends == "Unavailable" || everything.contains("[PROTECTED]"), "{ends}");
    }
}

#[tokio::test]
async fn the_canary_can_be_found_where_aws_sends_it() {
    // The check above can fail: the same search finds the canary in what the simulator answers.
    let stage = Stage::new().await;
    stage.simulator.change(plant);
    let mut interface = Value::Null;
    stage.simulator.change(|world| interface = Value::Object(world.get("dxvif-fgprivt1").unwrap().clone()));
    assert_eq!(interface.to_string().matches(CANARY).count(), 5);
}
