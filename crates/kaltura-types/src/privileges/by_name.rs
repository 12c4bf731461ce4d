//! Finding privileges by name in constant time: a server may send more than a hundred thousand of them.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use super::Privilege;

/// The positions of privileges, by name. Of equal names the first counts.
pub(super) struct ByName<'a>(HashMap<Name<'a>, usize>);

impl<'a> ByName<'a> {
    pub(super) fn new(names: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let mut positions = HashMap::with_capacity(names.len());
        for (position, name) in names.enumerate() {
            positions.entry(Name(name)).or_insert(position);
        }
        Self(positions)
    }

    pub(super) fn get(&self, name: &str) -> Option<usize> {
        self.0.get(&Name(name)).copied()
    }
}

/// So few names are compared faster than they are hashed.
const FEW: usize = 8;

/// Joins the values of privileges with equal names, in the place of the first.
pub(super) fn join(privileges: Vec<Privilege>) -> Vec<Privilege> {
    let mut names = privileges.iter().map(Privilege::name).enumerate();
    if privileges.len() <= FEW
        && names.all(|(place, name)| privileges[..place].iter().all(|earlier| earlier.name() != name))
    {
        return privileges;
    }
    let firsts: Vec<usize> = {
        let by_name = ByName::new(privileges.iter().map(Privilege::name));
        let first = |(place, privilege): (usize, &Privilege)| by_name.get(privilege.name()).unwrap_or(place);
        privileges.iter().enumerate().map(first).collect()
    };
    let mut joined: Vec<Privilege> = Vec::with_capacity(privileges.len());
    let mut places = vec![0; privileges.len()];
    for (place, privilege) in privileges.into_iter().enumerate() {
        let first = firsts[place];
        if first == place {
            places[place] = joined.len();
            joined.push(privilege);
        } else {
            joined[places[first]].values.extend(privilege.values);
        }
    }
    joined
}

/// A name as a key. Tests count how often names are hashed and compared.
#[derive(Eq)]
struct Name<'a>(&'a str);

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(test)]
        operations::count();
        self.0 == other.0
    }
}

impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        #[cfg(test)]
        operations::count();
        self.0.hash(hasher);
    }
}

#[cfg(test)]
mod operations {
    use std::cell::Cell;

    thread_local! {
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn count() {
        COUNT.set(COUNT.get() + 1);
    }

    pub(super) fn during<T>(work: impl FnOnce() -> T) -> u64 {
        let before = COUNT.get();
        drop(work());
        COUNT.get() - before
    }
}

#[cfg(test)]
mod tests {
    use super::operations::during;
    use crate::{AppTokenId, Privileges};

    /// So many names; every second one occurs twice.
    fn text(names: usize) -> String {
        let all: Vec<String> = (0..names).map(|number| format!("p{}:{number}", number / 2 * 2)).collect();
        all.join(",")
    }

    type Operation = fn(&str) -> u64;

    /// Each operation takes a text with `names` names and returns the number of hashes and comparisons of names.
    fn operations() -> [(&'static str, Operation); 6] {
        fn parse(text: &str) -> u64 {
            during(|| Privileges::parse(text))
        }
        fn parse_strictly(text: &str) -> u64 {
            during(|| text.parse::<Privileges>().unwrap())
        }
        fn merge(text: &str) -> u64 {
            let (mut one, other) = (Privileges::parse(text), Privileges::parse(&text.replace('p', "q")));
            during(|| one.merge(&other))
        }
        fn collect(text: &str) -> u64 {
            let all = Privileges::parse(text);
            during(|| all.iter().cloned().collect::<Privileges>())
        }
        fn grant(text: &str) -> u64 {
            let (token, all) = (AppTokenId::new("0_a"), Privileges::parse(text));
            during(|| Privileges::for_app_token_session(&token, &all, &all))
        }
        fn compare(text: &str) -> u64 {
            let all = Privileges::parse(text);
            during(|| all.missing_from(&all).is_empty())
        }
        [
            ("missing_from", compare),
            ("parse", parse),
            ("from_str", parse_strictly),
            ("merge", merge),
            ("collect", collect),
            ("for_app_token_session", grant),
        ]
    }

    #[test]
    fn ten_times_the_input_takes_at_most_eleven_times_the_operations() {
        let (small, large) = (text(2_000), text(20_000));
        for (name, count) in operations() {
            let (once, tenfold) = (count(&small), count(&large));
            assert!(once >= 2_000, "{name}: {once}");
            assert!(tenfold <= 11 * once, "{name}: {once}, then {tenfold}");
        }
    }
}
