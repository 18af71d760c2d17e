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
        let heaviest = self.heaviest(after);
        let same = |gateway: Option<&str>| usize::from(gateway.is_some() && gateway == last);
        let cost = |gateway: Option<&str>| same(gateway) + self.fewest(gateway, heaviest);
        let heads = self.by_gateway.values().chain([&self.without]).filter_map(|all| all.last());
        let best = heads.min_by_key(|head| (cost(head.gateway), head.id)).and_then(|head| head.gateway);
        self.left -= 1;
        let from = match best {
            Some(gateway) => self.by_gateway.entry(gateway).or_default(),
            None => &mut self.without,
        };
        let Some(next) = from.pop() else { unreachable!("it was at the head") };
        if let Some(gateway) = best.filter(|_| from.is_empty()) {
            self.by_gateway.remove(gateway);
        }
        next
    }

    /// The gateway with the most to keep apart, and how much that is: two for each of its own, as each needs another one
    /// beside it, and one for a neighbour outside. Only that of a majority can be more than there is room for, so that no
    /// other one matters.
    fn heaviest(&self, after: Option<&'a str>) -> (usize, Option<&'a str>) {
        let weight = |(gateway, all): (&&'a str, &Vec<_>)| {
            (2 * all.len() + usize::from(after == Some(*gateway)), Some(*gateway))
        };
        self.by_gateway.iter().map(weight).max_by_key(|(weight, _)| *weight).unwrap_or_default()
    }

    /// The fewest neighbours of one gateway that those who are left after one of `taken` can be put into: whatever the
    /// others cannot keep apart. The one who is taken is its own gateway's neighbour outside.
    fn fewest(&self, taken: Option<&str>, (most, gateway): (usize, Option<&str>)) -> usize {
        let most = if taken.is_some() && taken == gateway { most - 1 } else { most };
        most.saturating_sub(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

    type One = (&'static str, Option<&'static str>, bool);

    fn in_order(set: &[One]) -> Vec<One> {
        let traveller = |one: &One| Traveller { id: one.0, gateway: one.1, down: one.2, it: *one };
        order(set.iter().map(traveller).collect())
    }

    fn neighbours_of_one_gateway(order: &[One]) -> usize {
        order.windows(2).filter(|pair| pair[0].1.is_some() && pair[0].1 == pair[1].1).count()
    }

    /// All of them in every order that has those which are down first.
    fn every_order(set: &[One]) -> Vec<Vec<One>> {
        if set.is_empty() {
            return vec![Vec::new()];
        }
        let down_left = set.iter().any(|one| one.2);
        let firsts = (0..set.len()).filter(|index| set[*index].2 == down_left);
        firsts
            .flat_map(|index| {
                let mut rest = set.to_vec();
                let first = rest.remove(index);
                every_order(&rest).into_iter().map(move |rest| [vec![first], rest].concat())
            })
            .collect()
    }

    fn ids(order: &[One]) -> Vec<&'static str> {
        order.iter().map(|one| one.0).collect()
    }

    fn set(size: std::ops::Range<usize>) -> impl Strategy<Value = Vec<One>> {
        let one = (select(vec![Some("x"), Some("x"), Some("y"), Some("z"), None]), any::<bool>());
        vec(one, size).prop_map(|all| {
            all.into_iter().zip(NAMES.iter().cycle()).map(|((gateway, down), id)| (*id, gateway, down)).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Against every order there is: as few neighbours of one gateway as in the best of them, and of those the first
        /// by its ids.
        #[test]
        fn it_is_the_first_of_the_best(set in set(0..7)) {
            let best = every_order(&set)
                .into_iter()
                .min_by_key(|order| (neighbours_of_one_gateway(order), ids(order)))
                .unwrap();
            prop_assert_eq!(in_order(&set), best);
        }

        #[test]
        fn it_hangs_on_the_set_alone(set in set(0..7), seed in any::<u64>()) {
            let mut shuffled = set.clone();
            shuffled.sort_by_key(|one| (one.0.bytes().map(u64::from).sum::<u64>() * 2_654_435_761) ^ seed);
            prop_assert_eq!(in_order(&shuffled), in_order(&set));
        }
    }

    #[test]
    fn those_that_are_down_go_first_and_gateways_take_turns() {
        let set = [
            ("a", Some("x"), false),
            ("b", Some("x"), false),
            ("c", Some("y"), false),
            ("d", Some("x"), true),
            ("e", Some("y"), true),
            ("f", None, false),
        ];
        assert_eq!(ids(&in_order(&set)), ["d", "e", "a", "c", "b", "f"]);
    }

    #[test]
    fn the_first_group_ends_with_an_eye_on_the_second() {
        let set = [("a", Some("x"), true), ("b", Some("y"), true), ("c", Some("y"), false), ("d", Some("y"), false)];
        assert_eq!(ids(&in_order(&set)), ["b", "a", "c", "d"], "by the ids alone a would go first");
    }

    #[test]
    fn a_thousand_of_one_gateway_and_a_thousand_of_others_are_put_in_order_at_once() {
        let names: Vec<String> = (0..2000).map(|number| format!("dxvif-{number:08}")).collect();
        let traveller = |name: &'static str, index: usize| Traveller {
            id: name,
            gateway: if index < 1000 { Some("x") } else { Some(name) },
            down: true,
            it: (name, Some(if index < 1000 { "x" } else { name }), true),
        };
        let names: &'static [String] = Box::leak(names.into_boxed_slice());
        let all = names.iter().enumerate().map(|(index, name)| traveller(name, index)).collect();
        assert_eq!(neighbours_of_one_gateway(&order(all)), 0);
    }
}
