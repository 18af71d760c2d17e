//! The operations that are simulated, and the shape of their input.

use serde_json::Value;

use crate::item::Item;

/// An operation of Direct Connect or EventBridge.
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
}

/// The type of a member of an input.
enum Shape {
    Text,
    Integer,
    Number,
    List(&'static Shape),
    Structure(Members),
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
    pub(crate) const ALL: [Operation; 8] = [
        Self::DescribeVirtualInterfaces,
        Self::DescribeConnections,
        Self::DescribeLags,
        Self::DescribeInterconnects,
        Self::DescribeDirectConnectGatewayAttachments,
        Self::ListVirtualInterfaceRoutes,
        Self::AssociateVirtualInterface,
        Self::PutEvents,
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
        }
    }

    /// The operation of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// The prefix of IAM actions and the name in the journal.
    pub(crate) fn service(self) -> &'static str {
        if self == Self::PutEvents { "events" } else { "directconnect" }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_read(self) -> bool {
        !matches!(self, Self::AssociateVirtualInterface | Self::PutEvents)
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
            Self::PutEvents => &[("Entries", Shape::List(&Shape::Structure(EVENT_ENTRY))), ("EndpointId", Shape::Text)],
        }
    }

    /// The members that AWS's model requires.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::AssociateVirtualInterface => &["virtualInterfaceId", "connectionId"],
            Self::PutEvents => &["Entries"],
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
        (Shape::Text, Value::String(_)) | (Shape::Number, Value::Number(_)) => Ok(()),
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
        (Shape::Structure(_), _) => Err(format!("{path} is not an object")),
    }
}
