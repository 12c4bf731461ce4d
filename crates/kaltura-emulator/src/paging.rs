//! Pages of a list: `pager[pageSize]` and `pager[pageIndex]`.

use super::request::Arguments;
use kaltura_types::api_error::ApiException;

/// Which part of a list is answered (wire contract, section 4.7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pager {
    /// 0 is all.
    size: usize,
    /// Counted from 1.
    index: usize,
}

impl Pager {
    const DEFAULT_SIZE: i64 = 30;
    const MAX_SIZE: i64 = 500;

    pub(super) fn read(arguments: Arguments<'_>) -> Result<Self, ApiException> {
        let pager = arguments.object("pager")?;
        let int = |name, default| pager.map_or(default, |pager| pager.int_or(name, default));
        Ok(Self::new(int("pageSize", Self::DEFAULT_SIZE), int("pageIndex", 1)))
    }

    fn new(size: i64, index: i64) -> Self {
        let size = size.clamp(0, Self::MAX_SIZE);
        Self { size: usize::try_from(size).unwrap_or(0), index: usize::try_from(index.max(1)).unwrap_or(1) }
    }

    /// How many objects come before the page.
    pub(super) const fn offset(&self) -> usize {
        (self.index - 1).saturating_mul(self.size)
    }

    pub(super) fn page<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        if self.size == 0 {
            return all;
        }
        let start = self.offset().min(all.len());
        let end = start.saturating_add(self.size).min(all.len());
        &all[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut_to_the_list() {
        let all: Vec<i32> = (0..1000).collect();
        for (size, index, first, count) in [
            (2, 1, Some(0), 2),
            (2, 3, Some(4), 2),
            (30, 34, Some(990), 10),
            (500, 9, None, 0),
            (0, 7, Some(0), 1000),
            (9999, 1, Some(0), 500),
            (-1, 0, Some(0), 1000),
            (2, i64::MAX, None, 0),
        ] {
            let page = Pager::new(size, index);
            let page = page.page(&all);
            assert_eq!((page.first().copied(), page.len()), (first, count), "{size} {index}");
        }
    }
}
