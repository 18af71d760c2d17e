//! Whether the target has room for what the interface carries: its bandwidth, its rate limit ("cannot exceed the
//! bandwidth of the parent connection or LAG", API reference) and the prefixes that it holds. Whether there is room
//! for the interface itself is counted in [`quotas`]; whether the target works is not asked here.

use super::{Basis, Check, Fault, Severity};
use crate::facts::{Facts, Port, PortKind, megabits};
use crate::request::Request;

pub(super) use quotas::{QUOTA_ON_TARGET, TRANSIT_QUOTA_ON_TARGET};

mod quotas;

pub(super) const RATE_LIMITER: Check = Check {
    name: "rate-limiter",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "a rate-limited interface finds a rate limiter on the target, and the bandwidth that it is limited to",
    source: "User Guide, rate limiters, and API reference, rateLimit and rateLimiterStatus: so for a new interface; \
             of one that moves AWS says nothing",
    run: rate_limiter,
};

pub(super) const PREFIX_POOL: Check = Check {
    name: "prefix-pool",
    severity: Severity::Guard,
    basis: Basis::Assumed,
    rule: "the target's prefix pool has as many prefixes left as the interface holds",
    source: "API reference, prefixPoolAllocatedCount and prefixPoolUnallocatedCount; of a move AWS says nothing",
    run: prefix_pool,
};

pub(super) const BANDWIDTH_KEPT: Check = Check {
    name: "bandwidth-kept",
    severity: Severity::Guard,
    basis: Basis::Ours,
    rule: "the target has at least the bandwidth of the port that the interface leaves; of a target LAG, the links \
           that are available",
    source: "arithmetic on the documented bandwidths; what a LAG lost that the interface leaves is why it leaves",
    run: bandwidth_kept,
};

fn rate_limiter(_: &Request, facts: &Facts) -> Vec<Fault> {
    let Some(rate_limit) = facts.virtual_interface.rate_limit.clone() else { return vec![] };
    let target = facts.target.id.clone();
    if facts.target.is_hosted_connection() {
        return vec![Fault::RateLimitOnHosted { target, rate_limit }];
    }
    let limiter = match &facts.target.rate_limiter {
        Some(limiter) if limiter.remaining >= 1 => None,
        Some(limiter) => Some(Fault::NoRateLimiterLeft {
            target: target.clone(),
            max_allowed: limiter.max_allowed,
            remaining: limiter.remaining,
        }),
        None => Some(Fault::cannot_tell(
            format!("whether {target} has a rate limiter left"),
            format!("AWS did not give the rate limiter status of {target}"),
        )),
    };
    let limit = megabits(&rate_limit).ok_or_else(|| format!("its rate limit {rate_limit:?} is not a bandwidth"));
    // AWS says "the bandwidth of the parent": the nominal one, whatever is down of it.
    let links = facts.target.links().len();
    let too_much = match (limit, megabits_of(&facts.target, links)) {
        (Ok(limit), Ok(has)) => (limit > has).then(|| {
            let bandwidth = in_words(&facts.target, links);
            Fault::RateLimitAboveBandwidth { target, rate_limit, bandwidth }
        }),
        (Err(because), _) | (_, Err(because)) => {
            Some(Fault::cannot_tell(format!("whether {target} has the bandwidth that it is limited to"), because))
        }
    };
    too_much.into_iter().chain(limiter).collect()
}

fn prefix_pool(_: &Request, facts: &Facts) -> Vec<Fault> {
    let (interface, target) = (&facts.virtual_interface, &facts.target);
    let public = interface.virtual_interface_type.as_deref() == Some("public");
    if public || target.is_hosted_connection() || target.interconnect {
        return vec![];
    }
    let ipv4 = (interface.prefix_pool_allocated_count_ipv4, target.prefix_pool_unallocated_count_ipv4);
    let ipv6 = (interface.prefix_pool_allocated_count_ipv6, target.prefix_pool_unallocated_count_ipv6);
    let mut faults = vec![];
    for (family, pool) in [("ipv4", ipv4), ("ipv6", ipv6)] {
        // Where AWS gives only one of the two there is no pool to speak of.
        if let (Some(needed), Some(left)) = pool
            && needed > left
        {
            let target = target.id.clone();
            faults.push(Fault::PrefixPoolTooSmall { target, family: family.to_owned(), needed, left });
        }
    }
    faults
}

fn bandwidth_kept(_: &Request, facts: &Facts) -> Vec<Fault> {
    let target = facts.target.id.clone();
    let what = format!("whether {target} has the bandwidth of the port that it leaves");
    let Some(source) = &facts.source else {
        let because = format!("that port is not visible to account {}", facts.account);
        return vec![Fault::cannot_tell(what, because)];
    };
    let before = megabits_of(source, source.links().len());
    let all = facts.target.links().len();
    let kept = before.and_then(|before| {
        let suffice = |links| megabits_of(&facts.target, links).map(|together| together >= before);
        // A link that is down carries nothing of what arrives. What the source lost of its own is why one leaves it.
        match (facts.target.kind, suffice(all)?) {
            (PortKind::Lag, true) => {
                let needed = (0..all).find(|links| suffice(*links) == Ok(true)).unwrap_or(all);
                Ok(facts.target.has_links_up(needed))
            }
            (_, suffices) => Ok(Some(suffices)),
        }
    });
    match kept {
        Ok(Some(true)) => vec![],
        Ok(Some(false)) => vec![Fault::LessBandwidth {
            from: source.id.clone(),
            from_bandwidth: in_words(source, source.links().len()),
            to_bandwidth: in_words(&facts.target, facts.target.links_up()),
            target,
        }],
        Ok(None) => {
            vec![Fault::cannot_tell(what, format!("AWS did not say of every link of {target} whether it is up"))]
        }
        Err(because) => vec![Fault::cannot_tell(what, because)],
    }
}

/// What so many links of a port carry together, in megabits per second; or why that cannot be told.
fn megabits_of(port: &Port, links: usize) -> Result<f64, String> {
    let text = port.bandwidth.as_ref().ok_or_else(|| format!("AWS did not say which bandwidth {} has", port.id))?;
    let one = megabits(text).ok_or_else(|| format!("{text:?} of {} is not a bandwidth", port.id))?;
    Ok(one * f64::from(u16::try_from(links).unwrap_or(u16::MAX)))
}

/// `10Gbps`, `4 x 10Gbps`, `2 of 4 x 10Gbps`, `no links`.
fn in_words(port: &Port, links: usize) -> String {
    let one = port.bandwidth.as_deref().unwrap_or_default();
    match (port.kind, port.links().len()) {
        (PortKind::Connection, _) => one.to_owned(),
        (PortKind::Lag, 0) => "no links".to_owned(),
        (PortKind::Lag, all) if all == links => format!("{all} x {one}"),
        (PortKind::Lag, all) => format!("{links} of {all} x {one}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::example::{DOWN, UP, clean, connection, lag_with_links, prove, row};
    use crate::facts::RateLimiterStatus;

    fn target() -> String {
        "dxlag-fexample".to_owned()
    }

    fn dedicated() -> Port {
        connection("dxcon-ftarget1", "EqDC2", "2lmn3opqrstuv")
    }

    fn hosted() -> Port {
        Port { vlan: Some(101), partner_name: Some("Example Networks".to_owned()), ..dedicated() }
    }

    /// Limits the interface to this, on a target with so many rate limiters left.
    fn limit(facts: &mut Facts, rate_limit: &str, remaining: i32) {
        facts.virtual_interface.rate_limit = Some(rate_limit.to_owned());
        facts.target.rate_limiter = Some(RateLimiterStatus { max_allowed: 10, remaining });
    }

    #[test]
    fn rate_limiter() {
        let above = |rate_limit: &str| Fault::RateLimitAboveBandwidth {
            target: target(),
            rate_limit: rate_limit.to_owned(),
            bandwidth: "2 x 10Gbps".to_owned(),
        };
        let none_left = || Fault::NoRateLimiterLeft { target: target(), max_allowed: 10, remaining: 0 };
        let no_status = Fault::cannot_tell(
            "whether dxlag-fexample has a rate limiter left",
            "AWS did not give the rate limiter status of dxlag-fexample",
        );
        let cannot_tell = |because: &str| {
            vec![Fault::cannot_tell("whether dxlag-fexample has the bandwidth that it is limited to", because)]
        };
        let on_hosted =
            Fault::RateLimitOnHosted { target: "dxcon-ftarget1".to_owned(), rate_limit: "50Mbps".to_owned() };
        prove(
            &RATE_LIMITER,
            vec![
                clean(),
                row("one is left", |_, facts| limit(facts, "50Mbps", 1), vec![]),
                row("none is left", |_, facts| limit(facts, "50Mbps", 0), vec![none_left()]),
                row("as much as its links together", |_, facts| limit(facts, "20Gbps", 1), vec![]),
                row(
                    "as much as its links together, one of which is down",
                    |_, facts| {
                        limit(facts, "20Gbps", 1);
                        facts.target.members[0].state = Some("down".to_owned());
                    },
                    vec![],
                ),
                row("more than its links together", |_, facts| limit(facts, "20.1Gbps", 1), vec![above("20.1Gbps")]),
                row("both", |_, facts| limit(facts, "1.6Tbps", 0), vec![above("1.6Tbps"), none_left()]),
                row(
                    "no status",
                    |_, facts| facts.virtual_interface.rate_limit = Some("50Mbps".to_owned()),
                    vec![no_status],
                ),
                row(
                    "no limit that can be read",
                    |_, facts| limit(facts, "fast", 1),
                    cannot_tell("its rate limit \"fast\" is not a bandwidth"),
                ),
                row(
                    "no bandwidth",
                    |_, facts| {
                        limit(facts, "50Mbps", 1);
                        facts.target.bandwidth = None;
                    },
                    cannot_tell("AWS did not say which bandwidth dxlag-fexample has"),
                ),
                row(
                    "a hosted connection has none",
                    |_, facts| {
                        facts.target = hosted();
                        limit(facts, "50Mbps", 1);
                    },
                    vec![on_hosted],
                ),
            ],
        );
    }

    /// The prefixes that the interface holds, and those that the target has left: IPv4 and IPv6.
    fn prefixes(facts: &mut Facts, held: [i32; 2], left: [i32; 2]) {
        let (interface, target) = (&mut facts.virtual_interface, &mut facts.target);
        [interface.prefix_pool_allocated_count_ipv4, interface.prefix_pool_allocated_count_ipv6] = held.map(Some);
        [target.prefix_pool_unallocated_count_ipv4, target.prefix_pool_unallocated_count_ipv6] = left.map(Some);
    }

    fn too_many_for(facts: &mut Facts, target: Port) {
        facts.target = target;
        prefixes(facts, [101, 1], [100, 0]);
    }

    #[test]
    fn prefix_pool() {
        let small = |target: &str, family: &str, needed, left| Fault::PrefixPoolTooSmall {
            target: target.to_owned(),
            family: family.to_owned(),
            needed,
            left,
        };
        let [ipv4, ipv6] = [("ipv4", 101, 100), ("ipv6", 1, 0)]
            .map(|(family, held, left)| small("dxcon-ftarget1", family, held, left));
        let ipv6_alone = small("dxlag-fexample", "ipv6", 2, 1);
        prove(
            &PREFIX_POOL,
            vec![
                clean(),
                row("just enough", |_, facts| prefixes(facts, [100, 0], [100, 0]), vec![]),
                row("too small", |_, facts| too_many_for(facts, dedicated()), vec![ipv4, ipv6]),
                row("one family", |_, facts| prefixes(facts, [1, 2], [9, 1]), vec![ipv6_alone]),
                row("not of a hosted connection", |_, facts| too_many_for(facts, hosted()), vec![]),
                row(
                    "not of an interconnect",
                    |_, facts| too_many_for(facts, Port { interconnect: true, ..dedicated() }),
                    vec![],
                ),
                row(
                    "not of a public interface",
                    |_, facts| {
                        prefixes(facts, [101, 1], [100, 0]);
                        facts.virtual_interface.virtual_interface_type = Some("public".to_owned());
                    },
                    vec![],
                ),
                row(
                    "not where AWS leaves one of the two out",
                    |_, facts| {
                        prefixes(facts, [101, 1], [100, 0]);
                        facts.virtual_interface.prefix_pool_allocated_count_ipv4 = None;
                        facts.target.prefix_pool_unallocated_count_ipv6 = None;
                    },
                    vec![],
                ),
            ],
        );
    }

    #[test]
    fn bandwidth_kept() {
        fn bandwidths(facts: &mut Facts, source: &str, target: &str) {
            facts.source.as_mut().unwrap().bandwidth = Some(source.to_owned());
            facts.target.bandwidth = Some(target.to_owned());
        }
        let less = |from: &str, to: &str| Fault::LessBandwidth {
            from: "dxcon-fexample".to_owned(),
            from_bandwidth: from.to_owned(),
            target: target(),
            to_bandwidth: to.to_owned(),
        };
        let cannot_tell = |because: &str| {
            vec![Fault::cannot_tell("whether dxlag-fexample has the bandwidth of the port that it leaves", because)]
        };
        prove(
            &BANDWIDTH_KEPT,
            vec![
                clean(),
                row("as much", |_, facts| bandwidths(facts, "2Gbps", "1Gbps"), vec![]),
                row(
                    "as much, if both links were up",
                    |_, facts| {
                        bandwidths(facts, "2Gbps", "1Gbps");
                        facts.target.members[0].state = Some("down".to_owned());
                    },
                    vec![less("2Gbps", "1 of 2 x 1Gbps")],
                ),
                row(
                    "as much, if the link is up of which AWS did not say",
                    |_, facts| {
                        bandwidths(facts, "2Gbps", "1Gbps");
                        facts.target.members[0].state = None;
                    },
                    cannot_tell("AWS did not say of every link of dxlag-fexample whether it is up"),
                ),
                row(
                    "enough on one link, whatever the other does",
                    |_, facts| {
                        bandwidths(facts, "1Gbps", "1Gbps");
                        facts.target.members[0].state = None;
                    },
                    vec![],
                ),
                row("no links at all", |_, facts| facts.target.members.clear(), vec![less("10Gbps", "no links")]),
                row(
                    "a source LAG is worth what it was with all its links",
                    |_, facts| {
                        facts.source = Some(Port { id: "dxcon-fexample".to_owned(), ..lag_with_links([DOWN, UP]) });
                    },
                    vec![],
                ),
                row(
                    "less than a source LAG with all its links",
                    |_, facts| {
                        facts.source = Some(Port { id: "dxcon-fexample".to_owned(), ..lag_with_links([DOWN, UP]) });
                        facts.target = Port { id: target(), ..dedicated() };
                    },
                    vec![less("2 x 10Gbps", "10Gbps")],
                ),
                row(
                    "a connection that is down is for target-state to tell of",
                    |_, facts| facts.target = Port { state: Some("down".to_owned()), ..dedicated() },
                    vec![],
                ),
                row("less", |_, facts| bandwidths(facts, "100Gbps", "10Gbps"), vec![less("100Gbps", "2 x 10Gbps")]),
                row(
                    "in other units",
                    |_, facts| bandwidths(facts, "1.2Gbps", "500Mbps"),
                    vec![less("1.2Gbps", "2 x 500Mbps")],
                ),
                row(
                    "not visible",
                    |_, facts| facts.source = None,
                    cannot_tell("that port is not visible to account 123456789012"),
                ),
                row(
                    "not given",
                    |_, facts| facts.target.bandwidth = None,
                    cannot_tell("AWS did not say which bandwidth dxlag-fexample has"),
                ),
                row(
                    "no bandwidth",
                    |_, facts| bandwidths(facts, "fast", "1Gbps"),
                    cannot_tell("\"fast\" of dxcon-fexample is not a bandwidth"),
                ),
            ],
        );
    }
}
