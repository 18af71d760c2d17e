//! Reading an inventory: defaults, merging, and what is said of a file that is none.

use std::path::Path;

use dx_sim::{AccountFrom, Inventory, InventoryError, Table};
use serde_json::{Value, json};

use crate::example::*;

fn read(inventory: &Value) -> Result<Inventory, InventoryError> {
    Inventory::from_json(&inventory.to_string())
}

fn problem(text: &str) -> String {
    Inventory::from_json(text).expect_err("this is not an inventory").to_string()
}

#[test]
fn account_and_region_are_those_of_most_things() {
    let mut inventory = inventory();
    let members = inventory.as_object_mut().expect("an inventory is an object");
    members.shift_remove("accountId");
    members.shift_remove("region");
    inventory["connections"][0]["ownerAccount"] = json!(OTHER_ACCOUNT);
    inventory["connections"][0]["region"] = json!("us-west-2");
    let read = read(&inventory).expect("it is an inventory");
    assert_eq!((read.account_id(), read.region()), (ACCOUNT, "eu-west-1"));
    assert_eq!((Inventory::default().account_id(), Inventory::default().region()), ("123456789012", "us-east-1"));
}

#[test]
fn the_account_is_the_owner_of_most_ports_before_that_of_most_interfaces() {
    let theirs = |id: &str| with(interface(id, SOURCE, 1, 1), json!({"ownerAccount": OTHER_ACCOUNT}));
    let mut all = json!({"virtualInterfaces": [theirs("a"), theirs("b"), theirs("c")]});
    for (table, item, account, from) in [
        ("connections", json!({"connectionId": "p"}), OTHER_ACCOUNT, AccountFrom::Interfaces),
        ("connections", connection(SOURCE, "EqDC2"), ACCOUNT, AccountFrom::Ports),
        ("lags", json!({"lagId": LAG, "ownerAccount": ACCOUNT}), ACCOUNT, AccountFrom::Ports),
        ("interconnects", json!({"interconnectId": "i", "ownerAccount": ACCOUNT}), ACCOUNT, AccountFrom::Ports),
    ] {
        all[table] = json!([item]);
        let read = read(&all).expect("it is an inventory");
        assert_eq!((read.account_id(), read.account_from()), (account, from), "{table}");
        all.as_object_mut().expect("an inventory is an object").shift_remove(table);
    }
    all["accountId"] = json!("1");
    let given = read(&all).expect("it is an inventory");
    assert_eq!((given.account_id(), given.account_from()), ("1", AccountFrom::Given));
    assert_eq!(Inventory::default().account_from(), AccountFrom::Nothing);
}

#[test]
fn a_table_that_is_empty_is_not_one_that_is_lacking() {
    let mut all = read(&json!({"lags": []})).expect("it is an inventory");
    assert_eq!(Table::ALL.map(|table| all.lacks(table)), [true, true, false, true, true]);
    all.merge(read(&json!({"connections": []})).expect("it is an inventory")).expect("they agree");
    assert_eq!(Table::ALL.map(|table| all.lacks(table)), [true, false, false, true, true]);
}

#[test]
fn one_page_of_several_is_no_inventory() {
    for token in ["nextToken", "NextToken"] {
        let said = problem(&json!({"lags": [], token: CANARY}).to_string());
        let wanted = format!(
            "is one page of several ({token}): save every page and give each as a file of its own; to remove the \
             member is to say that the rest is in another file"
        );
        assert_eq!(said, wanted);
        for end in [json!(null), json!("")] {
            read(&json!({"lags": [], token: end})).expect("it is the last page");
        }
    }
}

/// Once minutes, because every item was looked for among all others.
#[test]
fn tens_of_thousands_of_interfaces_are_read_and_merged_in_seconds() {
    let began = std::time::Instant::now();
    let interfaces = |ids: std::ops::Range<u32>| {
        let interfaces: Vec<_> = ids.map(|id| json!({"virtualInterfaceId": format!("dxvif-{id:08}")})).collect();
        read(&json!({ "virtualInterfaces": interfaces })).expect("it is an inventory")
    };
    let mut all = interfaces(0..40_000);
    all.merge(interfaces(20_000..60_000)).expect("they agree");
    assert!(format!("{all:?}").contains("virtualInterfaces: 60000"), "{all:?}");
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_world_begins_as_the_inventory_and_can_be_read_as_one() {
    let sim = start(options()).await;
    let world = sim.world();
    for member in ["accountId", "region", "connections", "lags", "directConnectGatewayAttachments"] {
        assert_eq!(world[member], inventory()[member], "{member}");
    }
    assert_eq!(read(&world).expect("a world is an inventory").account_id(), ACCOUNT);
}

#[tokio::test]
async fn files_are_merged_and_the_same_item_twice_is_one() {
    let mut all = Inventory::default();
    let routes = json!({"routes": {INTERFACE: [{"cidr": "10.0.0.0/8"}]}});
    for part in [inventory(), json!({"connections": [connection(TARGET, "CSVA1")]}), routes.clone(), routes] {
        all.merge(read(&part).expect("a part is an inventory")).expect("the parts agree");
    }
    let sim = start(dx_sim::Options { inventory: all, ..options() }).await;
    assert_eq!(sim.world()["connections"], inventory()["connections"]);
    assert_eq!(sim.world()["routes"][INTERFACE][0]["cidr"], "10.0.0.0/8");
}

/// The example that ships with the crate is an inventory like any other.
#[test]
fn the_example_that_ships_can_be_merged_with_itself() {
    let mut example = Inventory::example();
    example.merge(Inventory::example()).expect("the same things twice are the same things");
    assert_eq!(format!("{example:?}"), format!("{:?}", Inventory::example()));
}

#[test]
fn files_that_disagree_are_refused() {
    for (one, other, text) in [
        (
            json!({"connections": [connection(TARGET, "CSVA1")]}),
            json!({"connections": [connection(TARGET, "EqDC2")]}),
            "connections: dxcon-ftarget1 is given twice with different content",
        ),
        (json!({"accountId": "1"}), json!({"accountId": "2"}), "accountId is given twice: 1 and 2"),
        (json!({"region": "a"}), json!({"region": "b"}), "region is given twice: a and b"),
        (
            json!({"routes": {"x": []}}),
            json!({"routes": {"x": [{}]}}),
            "routes: x is given twice with different content",
        ),
    ] {
        let mut inventory = read(&one).expect("the first is an inventory");
        let error = inventory.merge(read(&other).expect("the second too")).expect_err("they disagree");
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn what_is_not_an_inventory_is_said() {
    assert_eq!(problem("{\n  \"lags\": [,]}"), "not JSON: line 2, column 12");
    assert_eq!(problem("[]"), "not a JSON object");
    assert!(problem("{\"Lags\": []}").starts_with("has none of the members virtualInterfaces, connections, lags"));
    for (inventory, text) in [
        (json!({"lags": {}}), "lags is not an array"),
        (json!({"lags": [1]}), "lags[0] is not an object"),
        (json!({"lags": [{"lagId": "a"}, {"lagName": "b"}]}), "lags[1] has no lagId"),
        (json!({"lags": [{"lagId": 1}]}), "lags[0] has a lagId that is not a string"),
        (json!({"virtualInterfaces": [{"virtualInterfaceId": "a", "vlan": "7"}]}), "has a vlan that is not an integer"),
        (json!({"connections": [{"connectionId": "a", "jumboFrameCapable": 1}]}), "that is not a boolean"),
        (json!({"lags": [{"lagId": "a", "connections": [7]}]}), "connections that is not an array of objects"),
        (json!({"lags": [{"lagId": "a", "connections": [{"connectionState": 7}]}]}), "a connectionState that is not"),
        (
            json!({"connections": [connection("a", "b"), connection("a", "c")]}),
            "a is given twice with different content",
        ),
        (json!({"directConnectGatewayAttachments": [{"virtualInterfaceId": "a"}]}), "has no directConnectGatewayId"),
        (json!({"accountId": 1}), "accountId is not a string"),
        (json!({"region": ""}), "region is not a string with something in it"),
        (json!({"routes": []}), "routes is not an object"),
        (json!({"routes": {"x": [1]}}), "routes: x does not hold an array of objects"),
    ] {
        let problem = problem(&inventory.to_string());
        assert!(problem.contains(text), "{problem}");
    }
}

#[test]
fn an_error_in_a_file_begins_with_its_path() {
    let error = Inventory::read(Path::new("/no/such/file.json")).expect_err("there is no such file");
    assert!(error.to_string().starts_with("/no/such/file.json: "), "{error}");
    let error = Inventory::read(Path::new(env!("CARGO_MANIFEST_PATH"))).expect_err("a manifest is no inventory");
    assert!(error.to_string().contains("Cargo.toml: not JSON: line 1"), "{error}");
}

#[test]
fn errors_do_not_repeat_what_the_file_holds() {
    let mut broken = interface(INTERFACE, SOURCE, 1, 1);
    broken["vlan"] = json!(CANARY);
    broken["virtualInterfaceState"] = json!({"authKey": CANARY});
    assert!(!problem(&json!({"virtualInterfaces": [broken]}).to_string()).contains(CANARY));
    assert!(!problem(&format!("{{\"authKey\": \"{CANARY}\" \"{CANARY}\"")).contains(CANARY));
    assert!(!problem(&json!({ CANARY: CANARY }).to_string()).contains(CANARY));
}

#[test]
fn a_byte_order_mark_before_an_inventory_is_no_part_of_it() {
    let marked = format!("\u{feff}{}", inventory());
    assert_eq!(Inventory::from_json(&marked).expect("it is an inventory").account_id(), ACCOUNT);
}
