//! All pages of a list of app tokens, one after the other. Pure: it says what to ask, and is given the answers.

use std::collections::HashSet;

use kaltura_types::{
    AppToken, AppTokenFilter, AppTokenId, AppTokenList, AppTokenOrder, ListAppTokens, Pager, UnixTime,
};

/// Where a walk through all pages stands.
///
/// It goes by the time when tokens were made, not by page numbers: those shift when a token is deleted, and then
/// another one is missed. Only where more tokens than a page has were made within one second, it counts pages.
#[derive(Debug)]
pub(super) struct Walk {
    filter: AppTokenFilter,
    since: Option<UnixTime>,
    page: u32,
    seen: HashSet<AppTokenId>,
    is_over: bool,
}

impl Walk {
    pub(super) fn new(filter: AppTokenFilter) -> Self {
        let filter = filter.order_by(AppTokenOrder::OldestFirst);
        Self { filter, since: None, page: 1, seen: HashSet::new(), is_over: false }
    }

    /// What to ask next; nothing if that was all.
    pub(super) fn next_page(&self) -> Option<ListAppTokens> {
        let filter = match self.since {
            Some(since) => self.filter.clone().created_since(since),
            None => self.filter.clone(),
        };
        let pager = Pager::page(self.page).with_size(Pager::MAX_SIZE);
        (!self.is_over).then(|| ListAppTokens::new().filter(filter).pager(pager))
    }

    /// Takes the answer, and gives the tokens that were not there yet.
    pub(super) fn take(&mut self, list: AppTokenList) -> Vec<AppToken> {
        let is_full = u32::try_from(list.objects.len()).is_ok_and(|length| length >= Pager::MAX_SIZE);
        let last = list.objects.last().and_then(|token| token.created_at);
        self.is_over = !is_full;
        if last > self.since {
            self.since = last;
            self.page = 1;
        } else {
            self.page = self.page.saturating_add(1);
        }
        list.objects.into_iter().filter(|token| self.seen.insert(token.id.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::Action as _;
    use serde_json::{Value, json};

    use super::*;

    /// A server's tokens by the second in which each was made, the oldest first.
    struct Server(Vec<(i64, u32)>);

    impl Server {
        fn answer(&self, list: &ListAppTokens) -> AppTokenList {
            let asked = Value::Object(list.parameters());
            assert_eq!(asked["filter"]["orderBy"], "+createdAt");
            let number = |path: &str| asked.pointer(path).and_then(Value::as_i64);
            let since = number("/filter/createdAtGreaterThanOrEqual").unwrap_or(0);
            let size = usize::try_from(number("/pager/pageSize").unwrap()).unwrap();
            let index = usize::try_from(number("/pager/pageIndex").unwrap()).unwrap();
            let found = self.0.iter().filter(|(made, _)| *made >= since);
            let objects: Vec<Value> = found
                .skip((index - 1) * size)
                .take(size)
                .map(|(made, id)| {
                    json!({"id": id.to_string(), "token": "t", "partnerId": 7, "status": 2, "createdAt": made})
                })
                .collect();
            serde_json::from_value(json!({"totalCount": self.0.len(), "objects": objects})).unwrap()
        }
    }

    fn walk(server: &mut Server, mut meanwhile: impl FnMut(&mut Server)) -> Vec<u32> {
        let mut walk = Walk::new(AppTokenFilter::new().order_by(AppTokenOrder::NewestFirst));
        let mut seen = Vec::new();
        while let Some(next) = walk.next_page() {
            let tokens = walk.take(server.answer(&next));
            seen.extend(tokens.into_iter().map(|token| token.id.as_str().parse::<u32>().unwrap()));
            meanwhile(server);
        }
        seen
    }

    fn spread(count: u32, in_one_second: u32) -> Server {
        Server((0..count).map(|id| (i64::from(1000 + id / in_one_second), id)).collect())
    }

    #[test]
    fn all_are_listed_once_and_in_order() {
        for (count, in_one_second) in
            [(0, 1), (1, 1), (499, 1), (500, 1), (501, 3), (1700, 7), (1700, 800), (1200, 5000)]
        {
            let all: Vec<u32> = (0..count).collect();
            assert_eq!(walk(&mut spread(count, in_one_second), |_| {}), all, "{count} {in_one_second}");
        }
    }

    #[test]
    fn none_is_missed_when_others_are_deleted_or_made_meanwhile() {
        let mut server = spread(1700, 3);
        let seen = walk(&mut server, |server| {
            server.0.drain(..100);
            let next = server.0.last().unwrap().1 + 1;
            if next < 1703 {
                server.0.push((9_999_999, next));
            }
        });
        assert_eq!(seen, (0..1703).collect::<Vec<_>>());
    }
}
