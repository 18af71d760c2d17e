//! The order in which a set of interfaces is moved: those that are down first, for nothing is lost by their move; within
//! that as few as can be of one gateway next to each other, across the border between the two groups as well; and of
//! all such orders the first by the ids, so that the same set has the same order every time.

use std::collections::BTreeMap;

/// One of the set.
#[derive(Clone, Debug)]
pub struct Traveller<'a, T> {
    /// What ties are broken by.
    pub id: &'a str,
    /// `None`: it has no gateway, or AWS did not say which; it is of one gateway with nobody.
    pub gateway: Option<&'a str>,
    /// No BGP session is up.
    pub down: bool,
    /// Who it is.
    pub it: T,
}

/// Puts them in order.
#[must_use]
pub fn order<T>(set: Vec<Traveller<'_, T>>) -> Vec<T> {
    let (down, up): (Vec<_>, Vec<_>) = set.into_iter().partition(|one| one.down);
    let (mut down, mut up) = (Group::of(down), Group::of(up));
    // Whoever comes last of the first group should not be of the gateway that is in the majority in the second: in every
    // other case the second can begin with another one for nothing.
    let majority = up.majority();
    let (first, last) = down.arrange(None, majority);
    let (second, _) = up.arrange(last, None);
    first.into_iter().chain(second).collect()
}

/// Those that are still to be put in order, by gateway; of each gateway the first id last.
struct Group<'a, T> {
    left: usize,
    by_gateway: BTreeMap<&'a str, Vec<Traveller<'a, T>>>,
    without: Vec<Traveller<'a, T>>,
}

impl<'a, T> Group<'a, T> {
    fn of(mut set: Vec<Traveller<'a, T>>) -> Self {
        set.sort_by(|one, another| another.id.cmp(one.id));
        let mut group = Self { left: set.len(), by_gateway: BTreeMap::new(), without: Vec::new() };
        for one in set {
            match one.gateway {
                Some(gateway) => group.by_gateway.entry(gateway).or_default().push(one),
                None => group.without.push(one),
            }
        }
        group
    }

    fn count(&self, gateway: &str) -> usize {
        self.by_gateway.get(gateway).map_or(0, Vec::len)
    }

    /// The gateway of more than half of them.
    fn majority(&self) -> Option<&'a str> {
        let (gateway, all) = self.by_gateway.iter().max_by_key(|(_, all)| all.len())?;
        (2 * all.len() > self.left).then_some(gateway)
    }

    /// Puts them between a neighbour before and one after, and tells the gateway of the last.
    fn arrange(&mut self, before: Option<&'a str>, after: Option<&'a str>) -> (Vec<T>, Option<&'a str>) {
        let mut arranged = Vec::with_capacity(self.left);
        let mut last = before;
        while self.left > 0 {
            let next = self.next(last, after);
            last = next.gateway;
            arranged.push(next.it);
        }
        (arranged, last)
    }

    /// Takes the first id with which the fewest neighbours of one gateway can still be reached.
    fn next(&mut self, last: Option<&'a str>, after: Option<&'a str>) -> Traveller<'a, T> {
        let heads = self.by_gateway.values().chain([&self.without]).filter_map(|all| all.last());
        let heads: Vec<(&str, Option<&'a str>)> = heads.map(|head| (head.id, head.gateway)).collect();
        let best = heads.into_iter().min_by_key(|(id, gateway)| (self.cost(last, *gateway, after), *id));
        let gateway = best.and_then(|(_, gateway)| gateway);
        self.left -= 1;
        let from = match gateway {
            Some(gateway) => self.by_gateway.entry(gateway).or_default(),
            None => &mut self.without,
        };
        let Some(next) = from.pop() else { unreachable!("it was at the head") };
        if let Some(gateway) = gateway.filter(|_| from.is_empty()) {
            self.by_gateway.remove(gateway);
        }
        next
    }

    /// How many neighbours of one gateway there will be at least, with one of this gateway next.
    fn cost(&self, last: Option<&str>, next: Option<&str>, after: Option<&str>) -> usize {
        let same = usize::from(next.is_some() && next == last);
        same + self.fewest(next, after)
    }

    /// The fewest neighbours of one gateway that those which are left after one of `taken` can be put into, between that
    /// one and `after`: a gateway's own are kept apart by the others, and each neighbour outside that is of the same
    /// gateway needs one more of them.
    fn fewest(&self, taken: Option<&str>, after: Option<&str>) -> usize {
        let left = self.left - 1;
        let of = |gateway: &str| {
            let own = self.count(gateway) - usize::from(taken == Some(gateway));
            let outside = usize::from(taken == Some(gateway)) + usize::from(after == Some(gateway));
            (2 * own + outside).saturating_sub(left + 1)
        };
        self.by_gateway.keys().copied().chain(after).map(of).max().unwrap_or(0)
    }
}
