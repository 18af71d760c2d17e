//! The operations that are simulated, and the shape of their input.

use serde_json::Value;

use crate::item::Item;
use crate::wire::{JSON_1_0, JSON_1_1};

/// An operation of Direct Connect, EventBridge or DynamoDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    DescribeVirtualInterfaces,
    DescribeConnections,
    DescribeLags,
    DescribeInterconnects,
    DescribeDirectConnectGatewayAttachments,
    ListVirtualInterfaceRoutes,
    AssociateVirtualInterface,
    PutEvents,
    GetItem,
    PutItem,
    UpdateItem,
    TransactWriteItems,
    Query,
}

/// The type of a member of an input.
enum Shape {
    Text,
    Integer,
    Number,
    List(&'static Shape),
    Structure(Members),
    Boolean,
    /// Names and values that are the caller's own: items and keys.
    Map,
}

type Members = &'static [(&'static str, Shape)];

const VIRTUAL_INTERFACE_ID: (&str, Shape) = ("virtualInterfaceId", Shape::Text);
const CONNECTION_ID: (&str, Shape) = ("connectionId", Shape::Text);
const MAX_RESULTS: (&str, Shape) = ("maxResults", Shape::Integer);
const NEXT_TOKEN: (&str, Shape) = ("nextToken", Shape::Text);
const ROUTE_FILTERS: Members = &[
    ("routeDirection", Shape::Text),
    ("addressFamily", Shape::Text),
    ("cidrs", Shape::List(&Shape::Text)),
    ("asPath", Shape::List(&Shape::Integer)),
    ("communities", Shape::List(&Shape::Text)),
];
const TABLE_NAME: (&str, Shape) = ("TableName", Shape::Text);
const KEY: (&str, Shape) = ("Key", Shape::Map);
const ITEM: (&str, Shape) = ("Item", Shape::Map);
const NAMES: (&str, Shape) = ("ExpressionAttributeNames", Shape::Map);
const VALUES: (&str, Shape) = ("ExpressionAttributeValues", Shape::Map);
const CONDITION: (&str, Shape) = ("ConditionExpression", Shape::Text);
const UPDATE: (&str, Shape) = ("UpdateExpression", Shape::Text);
const TRANSACT_ITEM: Members = &[
    ("Put", Shape::Structure(&[TABLE_NAME, ITEM, CONDITION, NAMES, VALUES])),
    ("Update", Shape::Structure(&[TABLE_NAME, KEY, UPDATE, CONDITION, NAMES, VALUES])),
    ("ConditionCheck", Shape::Structure(&[TABLE_NAME, KEY, CONDITION, NAMES, VALUES])),
];
const EVENT_ENTRY: Members = &[
    ("Time", Shape::Number),
    ("Source", Shape::Text),
    ("Resources", Shape::List(&Shape::Text)),
    ("DetailType", Shape::Text),
    ("Detail", Shape::Text),
    ("EventBusName", Shape::Text),
    ("TraceHeader", Shape::Text),
];

impl Operation {
    /// Every operation.
    pub(crate) const ALL: [Operation; 13] = [
        Self::DescribeVirtualInterfaces,
        Self::DescribeConnections,
        Self::DescribeLags,
        Self::DescribeInterconnects,
        Self::DescribeDirectConnectGatewayAttachments,
        Self::ListVirtualInterfaceRoutes,
        Self::AssociateVirtualInterface,
        Self::PutEvents,
        Self::GetItem,
        Self::PutItem,
        Self::UpdateItem,
        Self::TransactWriteItems,
        Self::Query,
    ];

    /// The name in AWS's API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DescribeVirtualInterfaces => "DescribeVirtualInterfaces",
            Self::DescribeConnections => "DescribeConnections",
            Self::DescribeLags => "DescribeLags",
            Self::DescribeInterconnects => "DescribeInterconnects",
            Self::DescribeDirectConnectGatewayAttachments => "DescribeDirectConnectGatewayAttachments",
            Self::ListVirtualInterfaceRoutes => "ListVirtualInterfaceRoutes",
            Self::AssociateVirtualInterface => "AssociateVirtualInterface",
            Self::PutEvents => "PutEvents",
            Self::GetItem => "GetItem",
            Self::PutItem => "PutItem",
            Self::UpdateItem => "UpdateItem",
            Self::TransactWriteItems => "TransactWriteItems",
            Self::Query => "Query",
        }
    }

    /// The operation of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// The prefix of IAM actions and the name in the journal.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::PutEvents => "events",
            Self::GetItem | Self::PutItem | Self::UpdateItem | Self::TransactWriteItems | Self::Query => "dynamodb",
            _ => "directconnect",
        }
    }

    /// The content type of its requests and answers.
    pub(crate) fn content_type(self) -> &'static str {
        if self.service() == "dynamodb" { JSON_1_0 } else { JSON_1_1 }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_read(self) -> bool {
        !matches!(
            self,
            Self::AssociateVirtualInterface
                | Self::PutEvents
                | Self::PutItem
                | Self::UpdateItem
                | Self::TransactWriteItems
        )
    }

    fn members(self) -> Members {
        match self {
            Self::DescribeVirtualInterfaces => &[CONNECTION_ID, VIRTUAL_INTERFACE_ID, MAX_RESULTS, NEXT_TOKEN],
            Self::DescribeConnections => &[CONNECTION_ID, MAX_RESULTS, NEXT_TOKEN],
            Self::DescribeLags => &[("lagId", Shape::Text), MAX_RESULTS, NEXT_TOKEN],
            Self::DescribeInterconnects => &[("interconnectId", Shape::Text), MAX_RESULTS, NEXT_TOKEN],
            Self::DescribeDirectConnectGatewayAttachments => {
                &[("directConnectGatewayId", Shape::Text), VIRTUAL_INTERFACE_ID, MAX_RESULTS, NEXT_TOKEN]
            }
            Self::ListVirtualInterfaceRoutes => {
                &[VIRTUAL_INTERFACE_ID, ("filters", Shape::Structure(ROUTE_FILTERS)), MAX_RESULTS, NEXT_TOKEN]
            }
            Self::AssociateVirtualInterface => &[VIRTUAL_INTERFACE_ID, CONNECTION_ID],
            Self::GetItem => &[TABLE_NAME, KEY, ("ConsistentRead", Shape::Boolean)],
            Self::PutItem => &[TABLE_NAME, ITEM, CONDITION, NAMES, VALUES],
            Self::UpdateItem => &[TABLE_NAME, KEY, UPDATE, CONDITION, NAMES, VALUES],
            Self::TransactWriteItems => {
                &[("TransactItems", Shape::List(&Shape::Structure(TRANSACT_ITEM))), ("ClientRequestToken", Shape::Text)]
            }
            Self::Query => &[
                TABLE_NAME,
                ("IndexName", Shape::Text),
                ("KeyConditionExpression", Shape::Text),
                ("Limit", Shape::Integer),
                ("ConsistentRead", Shape::Boolean),
                NAMES,
                VALUES,
            ],
            Self::PutEvents => &[("Entries", Shape::List(&Shape::Structure(EVENT_ENTRY))), ("EndpointId", Shape::Text)],
        }
    }

    /// The members that AWS's model requires.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::AssociateVirtualInterface => &["virtualInterfaceId", "connectionId"],
            Self::PutEvents => &["Entries"],
            Self::GetItem | Self::UpdateItem => &["TableName", "Key"],
            Self::PutItem => &["TableName", "Item"],
            Self::TransactWriteItems => &["TransactItems"],
            Self::Query => &["TableName"],
            _ => &[],
        }
    }

    /// Says what is wrong with an input, by the path of the member. AWS passes over members that it does not know;
    /// a caller under test is better told.
    pub(crate) fn check_input(self, input: &Item) -> Result<(), String> {
        check_structure(self.members(), input, "")?;
        match self.required().iter().find(|name| input.get(**name).is_none_or(Value::is_null)) {
            Some(name) => Err(format!("{name} is required")),
            None => Ok(()),
        }
    }
}

fn check_structure(members: Members, input: &Item, path: &str) -> Result<(), String> {
    for (name, value) in input {
        let path = format!("{path}{name}");
        let Some((_, shape)) = members.iter().find(|(known, _)| known == name) else {
            return Err(format!("{path} is not a member of the input"));
        };
        if !value.is_null() {
            check_shape(shape, value, &path)?;
        }
    }
    Ok(())
}

fn check_shape(shape: &Shape, value: &Value, path: &str) -> Result<(), String> {
    match (shape, value) {
        (Shape::Text, Value::String(_))
        | (Shape::Number, Value::Number(_))
        | (Shape::Boolean, Value::Bool(_))
        | (Shape::Map, Value::Object(_)) => Ok(()),
        (Shape::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
        (Shape::Structure(members), Value::Object(input)) => check_structure(members, input, &format!("{path}.")),
        (Shape::List(element), Value::Array(values)) => {
            let mut numbered = values.iter().enumerate();
            numbered.try_for_each(|(index, value)| check_shape(element, value, &format!("{path}[{index}]")))
        }
        (Shape::Text, _) => Err(format!("{path} is not a string")),
        (Shape::Integer, _) => Err(format!("{path} is not an integer")),
        (Shape::Number, _) => Err(format!("{path} is not a number")),
        (Shape::List(_), _) => Err(format!("{path} is not a list")),
        (Shape::Boolean, _) => Err(format!("{path} is not a boolean")),
        (Shape::Structure(_) | Shape::Map, _) => Err(format!("{path} is not an object")),
    }
}
