//! A port: what a virtual interface can sit on. Answers what the rules and the end of a move ask of it.

use crate::item::{Item, flag, integer, objects, text};

/// A connection, a LAG or an interconnect.
#[derive(Clone, Copy)]
pub(crate) enum Port<'a> {
    Connection(&'a Item),
    Lag(&'a Item),
    Interconnect(&'a Item),
}

impl<'a> Port<'a> {
    /// What AWS says of the port.
    pub(crate) fn item(self) -> &'a Item {
        match self {
            Self::Connection(item) | Self::Lag(item) | Self::Interconnect(item) => item,
        }
    }

    /// The state, `unknown` where none is given.
    pub(crate) fn state(self) -> &'a str {
        let member = match self {
            Self::Connection(_) => "connectionState",
            Self::Lag(_) => "lagState",
            Self::Interconnect(_) => "interconnectState",
        };
        text(self.item(), member).unwrap_or("unknown")
    }

    /// The owner; AWS names none for an interconnect, and old answers name none at all.
    pub(crate) fn owner(self) -> Option<&'a str> {
        text(self.item(), "ownerAccount")
    }

    /// Whether it is a hosted connection: it carries the VLAN of its partner, and the partner's name.
    pub(crate) fn is_hosted(self) -> bool {
        let Self::Connection(item) = self else { return false };
        integer(item, "vlan").is_some_and(|vlan| vlan != 0) && text(item, "partnerName").is_some()
    }

    /// Whether traffic passes: an available connection, or an available LAG with enough available members. A LAG
    /// without a minimum of links stays `available` with none.
    pub(crate) fn is_up(self) -> bool {
        self.state() == "available" && self.has_enough_links()
    }

    fn has_enough_links(self) -> bool {
        let Self::Lag(lag) = self else { return true };
        let needed = integer(lag, "minimumLinks").and_then(|links| usize::try_from(links).ok()).unwrap_or(0).max(1);
        let available = |member: &&Item| text(member, "connectionState") == Some("available");
        objects(lag, "connections").filter(available).count() >= needed
    }

    /// Mbit/s: of a connection its own, of a LAG that of all its members.
    pub(crate) fn bandwidth(self) -> Option<f64> {
        match self {
            Self::Lag(lag) => {
                let link = mbps(text(lag, "connectionsBandwidth")?)?;
                Some(objects(lag, "connections").map(|_| link).sum())
            }
            _ => mbps(text(self.item(), "bandwidth")?),
        }
    }

    /// Whether it carries jumbo frames, where AWS says.
    pub(crate) fn jumbo_frame_capable(self) -> Option<bool> {
        flag(self.item(), "jumboFrameCapable")
    }
}

/// Mbit/s of a bandwidth as AWS writes it: `50Mbps`, `1.2Gbps`, `1.6Tbps`.
pub(crate) fn mbps(bandwidth: &str) -> Option<f64> {
    let (figure, unit) = bandwidth.split_at_checked(bandwidth.len().checked_sub(4)?)?;
    let factor = match unit {
        "Mbps" => 1.0,
        "Gbps" => 1_000.0,
        "Tbps" => 1_000_000.0,
        _ => return None,
    };
    Some(figure.trim().parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bandwidths_are_read_as_aws_writes_them() {
        assert_eq!(mbps("50Mbps"), Some(50.0));
        assert_eq!(mbps("1.2Gbps"), Some(1_200.0));
        assert_eq!(mbps("1.6Tbps"), Some(1_600_000.0));
        assert_eq!(mbps("fast"), None);
        assert_eq!(mbps("1"), None);
    }

    /// "With minimumLinks 0 the LAG stays up even with 0 active members": the state alone proves nothing.
    #[test]
    fn an_available_lag_without_available_members_is_not_up() {
        let lag = |links: i64, states: &[&str]| {
            let members: Vec<_> = states.iter().map(|state| json!({"connectionState": state})).collect();
            json!({"lagState": "available", "minimumLinks": links, "connections": members})
        };
        let up = |lag: serde_json::Value| Port::Lag(lag.as_object().unwrap()).is_up();
        assert!(!up(lag(0, &[])));
        assert!(!up(lag(0, &["down"])));
        assert!(up(lag(0, &["down", "available"])));
        assert!(!up(lag(2, &["down", "available"])));
    }
}
