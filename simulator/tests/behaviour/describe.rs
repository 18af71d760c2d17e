//! The reads: filters, pages, what is visible, and what each does with an id that it cannot find.

use std::time::Duration;

use dx_sim::{Options, Simulator, Table};
use serde_json::{Value, json};

use crate::client::call;
use crate::example::*;

/// The ids that a read lists.
async fn ids(sim: &Simulator, operation: &str, input: Value) -> Vec<String> {
    let (list, id) = match operation {
        "DescribeVirtualInterfaces" => ("virtualInterfaces", "virtualInterfaceId"),
        "DescribeConnections" => ("connections", "connectionId"),
        "DescribeLags" => ("lags", "lagId"),
        "DescribeInterconnects" => ("interconnects", "interconnectId"),
        "ListVirtualInterfaceRoutes" => ("routes", "cidr"),
        _ => ("directConnectGatewayAttachments", "virtualInterfaceId"),
    };
    let answer = call(sim, operation, input).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let items = answer[list].as_array().expect("the answer holds the list").iter();
    items.map(|item| item[id].as_str().expect("every item has its id").to_owned()).collect()
}

async fn refusal(sim: &Simulator, operation: &str, input: Value) -> String {
    let answer = call(sim, operation, input).await;
    assert_eq!((answer.status, answer.error().0.as_str()), (400, "DirectConnectClientException"));
    answer.error().1
}

#[tokio::test]
async fn reads_filter_by_id() {
    let sim = changed(|world| world.add(Table::VirtualInterfaces, interface("dxvif-fother01", LAG, 7, 7))).await;
    let read = async |operation, input| ids(&sim, operation, input).await;
    assert_eq!(read("DescribeVirtualInterfaces", json!({})).await, [INTERFACE, "dxvif-fother01"]);
    assert_eq!(read("DescribeVirtualInterfaces", json!({"connectionId": LAG})).await, ["dxvif-fother01"]);
    assert_eq!(read("DescribeVirtualInterfaces", json!({"virtualInterfaceId": INTERFACE})).await, [INTERFACE]);
    let both = json!({"virtualInterfaceId": INTERFACE, "connectionId": LAG});
    assert_eq!(read("DescribeVirtualInterfaces", both).await, [""; 0]);
    assert_eq!(read("DescribeConnections", json!({})).await, [SOURCE, TARGET, MEMBER, HOSTED]);
    assert_eq!(read("DescribeConnections", json!({"connectionId": TARGET})).await, [TARGET]);
    assert_eq!(read("DescribeLags", json!({"lagId": LAG})).await, [LAG]);
    let attachments = "DescribeDirectConnectGatewayAttachments";
    assert_eq!(read(attachments, json!({"directConnectGatewayId": "dxgw-1"})).await, [INTERFACE, "dxvif-fother01"]);
    assert_eq!(read(attachments, json!({"virtualInterfaceId": INTERFACE})).await, [INTERFACE]);
    assert_eq!(read(attachments, json!({"directConnectGatewayId": "dxgw-2"})).await, [""; 0]);
}

/// "Could not find Lag with ID", "Could not find Connection with ID" and "... has an invalid format." are recorded;
/// DescribeVirtualInterfaces answers an unknown interface with an empty list.
#[tokio::test]
async fn reads_differ_in_what_they_do_with_an_unknown_id() {
    let sim = start(options()).await;
    let unknown = json!({"virtualInterfaceId": "dxvif-fnowhere"});
    assert_eq!(ids(&sim, "DescribeVirtualInterfaces", unknown).await, [""; 0]);
    for (operation, input, text) in [
        ("DescribeLags", json!({"lagId": "dxlag-fnowhere"}), "Could not find Lag with ID dxlag-fnowhere"),
        ("DescribeLags", json!({"lagId": "doesntexist"}), "Lag ID doesntexist has an invalid format."),
        ("DescribeConnections", json!({"connectionId": "dxcon-fno"}), "Could not find Connection with ID dxcon-fno"),
        ("DescribeConnections", json!({"connectionId": LAG}), "Connection ID dxlag-ftarget1 has an invalid format."),
        ("DescribeVirtualInterfaces", json!({"connectionId": "dxlag-fno"}), "Could not find Lag with ID dxlag-fno"),
        ("DescribeVirtualInterfaces", json!({"connectionId": "dxcon-"}), "Connection ID dxcon- has an invalid format."),
        (
            "DescribeVirtualInterfaces",
            json!({"virtualInterfaceId": "x"}),
            "Virtual Interface ID x has an invalid format.",
        ),
    ] {
        assert_eq!(refusal(&sim, operation, input).await, text);
    }
}

/// "You must specify a Direct Connect gateway, a virtual interface, or both."
#[tokio::test]
async fn attachments_want_a_filter() {
    let sim = start(options()).await;
    let text = refusal(&sim, "DescribeDirectConnectGatewayAttachments", json!({})).await;
    assert_eq!(text, "You must specify a Direct Connect gateway, a virtual interface, or both.");
}

/// "Account [NUMBER] is not an authorized Direct Connect partner in eu-west-2."
#[tokio::test]
async fn only_a_partner_has_interconnects() {
    let sim = start(options()).await;
    let text = format!("Account [{ACCOUNT}] is not an authorized Direct Connect partner in eu-west-1.");
    assert_eq!(refusal(&sim, "DescribeInterconnects", json!({})).await, text);
    sim.change(|world| world.add(Table::Interconnects, json!({"interconnectId": "dxcon-finterc1"})));
    assert_eq!(ids(&sim, "DescribeInterconnects", json!({})).await, ["dxcon-finterc1"]);
    let text = refusal(&sim, "DescribeInterconnects", json!({"interconnectId": TARGET})).await;
    assert_eq!(text, format!("Could not find Interconnect with ID {TARGET}"));
}

/// The API is regional: a thing is shown in its own Region only.
#[tokio::test]
async fn things_of_another_region_are_not_shown() {
    let sim = changed(|world| {
        world.set(SOURCE, "region", "us-east-1");
        world.set(TARGET, "region", Value::Null);
        world.set(LAG, "region", "us-east-1");
    })
    .await;
    assert_eq!(ids(&sim, "DescribeConnections", json!({})).await, [TARGET, MEMBER, HOSTED]);
    assert_eq!(ids(&sim, "DescribeLags", json!({})).await, [""; 0]);
    assert!(refusal(&sim, "DescribeConnections", json!({"connectionId": SOURCE})).await.starts_with("Could not find"));
}

#[tokio::test]
async fn members_that_nobody_knows_are_kept() {
    let sim = start(options()).await;
    assert_eq!(described(&sim).await["aMemberOfTomorrow"], json!({"kept": true}));
    associate(&sim, TARGET).await;
    assert_eq!(described(&sim).await["aMemberOfTomorrow"], json!({"kept": true}));
}

/// "Virtual interfaces deleted fewer than 15 minutes before you make the request are also returned."
#[tokio::test(start_paused = true)]
async fn a_deleted_interface_is_shown_for_a_quarter_of_an_hour() {
    let sim = changed(|world| world.set(INTERFACE, "virtualInterfaceState", "deleted")).await;
    assert_eq!(ids(&sim, "DescribeVirtualInterfaces", json!({})).await, [INTERFACE]);
    tokio::time::advance(Duration::from_millis(15 * 60_000 - 1)).await;
    assert_eq!(ids(&sim, "DescribeVirtualInterfaces", json!({})).await, [INTERFACE]);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(ids(&sim, "DescribeVirtualInterfaces", json!({})).await, [""; 0]);
    associate(&sim, TARGET).await;
    let refused_by = sim.calls().last().and_then(|call| call.refused_by).map(|rule| rule.name);
    assert_eq!(refused_by, Some("virtual-interface-exists"));
}

#[tokio::test]
async fn routes_are_filtered_and_gone_while_bgp_is_down() {
    let route = |cidr: &str, direction: &str, family: &str, path: u32| {
        json!({"cidr": cidr, "routeDirection": direction, "addressFamily": family, "communities": ["65000:1"],
               "asPath": [{"pathType": "seq", "path": [path]}]})
    };
    let sim = changed(|world| {
        let routes = vec![
            route("10.0.0.0/8", "accepted", "ipv4", 65000),
            route("172.16.0.0/12", "advertised", "ipv4", 64512),
            route("2001:db8::/48", "accepted", "ipv6", 65000),
        ];
        world.set_routes(INTERFACE, routes);
    })
    .await;
    let read = async |filters: Value| {
        let input = json!({"virtualInterfaceId": INTERFACE, "filters": filters});
        ids(&sim, "ListVirtualInterfaceRoutes", input).await
    };
    // The IPv6 route has no peer that could have brought it.
    assert_eq!(read(json!({})).await, ["10.0.0.0/8", "172.16.0.0/12"]);
    assert_eq!(read(json!({"routeDirection": "accepted"})).await, ["10.0.0.0/8"]);
    assert_eq!(read(json!({"addressFamily": "ipv6"})).await, [""; 0]);
    assert_eq!(read(json!({"cidrs": ["172.16.0.0/12", "0.0.0.0/0"]})).await, ["172.16.0.0/12"]);
    assert_eq!(read(json!({"asPath": [64512]})).await, ["172.16.0.0/12"]);
    assert_eq!(read(json!({"communities": ["65000:1"]})).await.len(), 2);
    assert_eq!(read(json!({"communities": ["65000:2"]})).await.len(), 0);
    sim.change(|world| world.never_up(INTERFACE));
    associate(&sim, TARGET).await;
    assert_eq!(read(json!({})).await, [""; 0]);
    let text = refusal(&sim, "ListVirtualInterfaceRoutes", json!({"virtualInterfaceId": "dxvif-fnowhere"})).await;
    assert_eq!(text, "Could not find Virtual Interface with ID dxvif-fnowhere");
}

/// Follows the pages to the end, and returns the size of each.
async fn pages(sim: &Simulator, mut input: Value) -> Vec<usize> {
    let mut sizes = Vec::new();
    loop {
        let answer = call(sim, "DescribeVirtualInterfaces", input.clone()).await.json();
        sizes.push(answer["virtualInterfaces"].as_array().expect("a page is a list").len());
        match answer.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => return sizes,
        }
    }
}

fn crowd(sim: &Simulator, count: u16) {
    sim.change(|world| {
        for number in 1..count {
            world.add(Table::VirtualInterfaces, interface(&format!("dxvif-f{number}"), SOURCE, number, 0));
        }
    });
}

/// "If `MaxResults` is given a value larger than 100, only 100 results are returned."
#[tokio::test]
async fn pages_are_cut_by_max_results_up_to_a_hundred() {
    let sim = start(Options { page_size: 500, ..options() }).await;
    crowd(&sim, 203);
    assert_eq!(pages(&sim, json!({"maxResults": 150})).await, [100, 100, 3]);
    assert_eq!(pages(&sim, json!({})).await, [100, 100, 3]);
    assert_eq!(pages(&sim, json!({"maxResults": 203, "connectionId": TARGET})).await, [0]);
    assert_eq!(pages(&sim, json!({"maxResults": 90})).await, [90, 90, 23]);
    let small = start(Options { page_size: 2, ..options() }).await;
    crowd(&small, 4);
    assert_eq!(pages(&small, json!({"maxResults": 100})).await, [2, 2]);
}

#[tokio::test]
async fn a_token_of_another_call_is_refused() {
    let sim = start(options()).await;
    let first = call(&sim, "DescribeConnections", json!({"maxResults": 1})).await.json();
    let token = first["nextToken"].as_str().expect("there is a second page");
    assert_eq!(ids(&sim, "DescribeConnections", json!({"nextToken": token, "maxResults": 1})).await, [TARGET]);
    for (operation, input) in [
        ("DescribeVirtualInterfaces", json!({"nextToken": token})),
        ("DescribeConnections", json!({"nextToken": token, "connectionId": TARGET})),
        ("DescribeConnections", json!({"nextToken": "made up"})),
        ("DescribeConnections", json!({"nextToken": format!("{token}0")})),
        ("DescribeConnections", json!({"nextToken": ""})),
    ] {
        assert_eq!(refusal(&sim, operation, input).await, "The nextToken is not valid.");
    }
    let text = refusal(&sim, "DescribeConnections", json!({"maxResults": 0})).await;
    assert_eq!(text, "maxResults must be at least 1.");
}
