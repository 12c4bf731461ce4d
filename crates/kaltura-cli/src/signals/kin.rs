//! The processes that a process has started, and those that they have, where the system tells. A shell waits for most
//! of its commands, and would leave them behind.

use std::fs;

/// One of them.
pub(super) struct Kin {
    pub(super) id: i32,
    /// When it began: what has ended leaves its number to others.
    begun: String,
}

impl Kin {
    /// All that come from this process.
    pub(super) fn of(id: i32) -> Vec<Self> {
        let mut ids = vec![id];
        let mut place = 0;
        while let Some(&id) = ids.get(place) {
            ids.extend(children(id));
            place += 1;
        }
        ids.into_iter().skip(1).filter_map(|id| Some(Self { id, begun: begun(id)? })).collect()
    }

    /// Whether it is still there.
    pub(super) fn is_alive(&self) -> bool {
        begun(self.id).is_some_and(|begun| begun == self.begun)
    }
}

/// When the process of this number began; nothing if it has ended.
fn begun(id: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Its name, in brackets, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_owned)).flatten()
}

fn children(id: i32) -> Vec<i32> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}
