//! Where an interface ends at AWS, and whether two of them end on the same thing. The logical device is "the Direct
//! Connect endpoint that terminates the logical connection"; it "might be different" from the physical one (API
//! reference). AWS does not say which of the two a fault takes. We go beyond what it says on purpose: one chassis is one
//! failure domain, so two places that share either device are on the same one. Each answer may be "cannot tell", for AWS
//! may leave out any member.

use crate::facts::{Port, VirtualInterface};

/// Where an interface ends at AWS, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::check) struct Place<'a> {
    pub(in crate::check) port: Option<&'a str>,
    pub(in crate::check) location: Option<&'a str>,
    logical_device: Option<&'a str>,
    physical_device: Option<&'a str>,
}

impl<'a> Place<'a> {
    pub(in crate::check) fn of_port(port: &'a Port) -> Self {
        Self {
            port: Some(&port.id),
            location: port.location.as_deref(),
            logical_device: port.aws_logical_device_id.as_deref(),
            physical_device: port.aws_device_v2.as_deref(),
        }
    }

    /// The place of its port; what that does not say, or where it is not visible, as the interface says of itself.
    pub(in crate::check) fn of_path(interface: &'a VirtualInterface, port: Option<&'a Port>) -> Self {
        let ports = port.map(Self::of_port).unwrap_or_default();
        Self {
            port: ports.port.or(interface.connection_id.as_deref()),
            location: ports.location.or(interface.location.as_deref()),
            logical_device: ports.logical_device.or(interface.aws_logical_device_id.as_deref()),
            physical_device: ports.physical_device.or(interface.aws_device_v2.as_deref()),
        }
    }

    /// The two devices to name: the logical ones, else the physical ones. Never one with the other, for they differ even
    /// where they are parts of the same thing.
    pub(in crate::check) fn devices<'b>(&self, other: &Place<'b>) -> Option<(&'a str, &'b str)> {
        let logical = self.logical_device.zip(other.logical_device);
        logical.or_else(|| self.physical_device.zip(other.physical_device))
    }

    /// The device that both are on.
    pub(in crate::check) fn shared_device(&self, other: &Place) -> Option<&'a str> {
        let pairs = [(self.logical_device, other.logical_device), (self.physical_device, other.physical_device)];
        pairs.into_iter().find_map(|(own, theirs)| own.filter(|own| theirs == Some(own)))
    }

    pub(super) fn same_port(&self, other: &Place) -> Option<bool> {
        Some(self.port? == other.port?)
    }

    pub(super) fn same_device(&self, other: &Place) -> Option<bool> {
        if self.same_port(other) == Some(true) || self.shared_device(other).is_some() {
            return Some(true);
        }
        let elsewhere = self.location.zip(other.location).is_some_and(|(own, theirs)| own != theirs);
        (elsewhere || self.devices(other).is_some()).then_some(false)
    }

    pub(super) fn same_location(&self, other: &Place) -> Option<bool> {
        if self.same_port(other) == Some(true) {
            return Some(true);
        }
        Some(self.location? == other.location?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place<'a>(port: &'a str, location: &'a str, logical: &'a str, physical: &'a str) -> Place<'a> {
        let known = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        let (port, location) = (known(port), known(location));
        Place { port, location, logical_device: known(logical), physical_device: known(physical) }
    }

    #[test]
    fn the_same_device() {
        let target = place("dxlag-t", "EqDC2", "l1", "p1");
        let rows = [
            ("all is the same", place("dxlag-t", "EqDC2", "l1", "p1"), Some(true)),
            ("the same port, and nothing else is known", place("dxlag-t", "", "", ""), Some(true)),
            ("another port", place("dxcon-x", "EqDC2", "l1", "p1"), Some(true)),
            ("the logical devices are enough", place("dxcon-x", "EqDC2", "l1", "p2"), Some(true)),
            ("the physical devices are enough", place("dxcon-x", "EqDC2", "l2", "p1"), Some(true)),
            ("neither is the same", place("dxcon-x", "EqDC2", "l2", "p2"), Some(false)),
            ("only the physical ones are known: the same", place("dxcon-x", "EqDC2", "", "p1"), Some(true)),
            ("only the physical ones are known: different ones", place("dxcon-x", "EqDC2", "", "p2"), Some(false)),
            ("only the logical ones are known: different ones", place("dxcon-x", "EqDC2", "l2", ""), Some(false)),
            ("no device in the same location", place("dxcon-x", "EqDC2", "", ""), None),
            ("no device in another location", place("dxcon-x", "CSVA1", "", ""), Some(false)),
            ("no device and no location", place("dxcon-x", "", "", ""), None),
            ("nothing at all", Place::default(), None),
        ];
        for (sentence, other, same) in rows {
            assert_eq!(target.same_device(&other), same, "{sentence}");
            assert_eq!(other.same_device(&target), same, "{sentence}, the other way round");
        }
        let logical = place("dxcon-x", "EqDC2", "d", "");
        let physical = place("dxcon-y", "EqDC2", "", "d");
        assert_eq!(logical.same_device(&physical), None, "a logical device is not compared with a physical one");
    }

    #[test]
    fn the_same_location_and_port() {
        let target = place("dxlag-t", "EqDC2", "l1", "p1");
        let rows = [
            (place("dxlag-t", "EqDC2", "", ""), Some(true), Some(true)),
            (place("dxlag-t", "", "", ""), Some(true), Some(true)),
            (place("dxcon-x", "EqDC2", "", ""), Some(true), Some(false)),
            (place("dxcon-x", "CSVA1", "", ""), Some(false), Some(false)),
            (place("dxcon-x", "", "", ""), None, Some(false)),
            (place("", "EqDC2", "", ""), Some(true), None),
            (Place::default(), None, None),
        ];
        for (other, same_location, same_port) in rows {
            assert_eq!(
                (target.same_location(&other), target.same_port(&other)),
                (same_location, same_port),
                "{other:?}"
            );
        }
    }

    #[test]
    fn the_port_has_the_last_word_where_it_says_one() {
        let interface = VirtualInterface {
            connection_id: Some("dxcon-x".to_owned()),
            location: Some("CSVA1".to_owned()),
            aws_device_v2: Some("p".to_owned()),
            aws_logical_device_id: Some("l".to_owned()),
            ..VirtualInterface::default()
        };
        let port = Port { id: "dxcon-x".to_owned(), location: Some("EqDC2".to_owned()), ..Port::default() };
        assert_eq!(Place::of_path(&interface, None), place("dxcon-x", "CSVA1", "l", "p"));
        assert_eq!(Place::of_path(&interface, Some(&port)), place("dxcon-x", "EqDC2", "l", "p"));
        let port = Port { aws_device_v2: Some("p2".to_owned()), location: None, ..port };
        assert_eq!(Place::of_path(&interface, Some(&port)), place("dxcon-x", "CSVA1", "l", "p2"));
    }
}
