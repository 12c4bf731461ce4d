//! Lists, page by page. Pure: yields the requests and takes the responses.

use std::collections::HashSet;

use kaltura_types::{
    AppToken, AppTokenFilter, AppTokenId, AppTokenList, AppTokenOrder, ListAppTokens, Pager, UnixTime,
};

/// The position in a listing of all app tokens.
///
/// Pages are selected by creation time, not by page number: page numbers shift when a token is deleted, and then
/// another token would be missed. Only if more tokens than fit into a page were created within one second, the page
/// number is used.
#[derive(Debug)]
pub(crate) struct AppTokenPages {
    filter: AppTokenFilter,
    created_since: Option<UnixTime>,
    page: u32,
    listed: HashSet<AppTokenId>,
    is_complete: bool,
}

impl AppTokenPages {
    pub(crate) fn new(filter: AppTokenFilter) -> Self {
        let filter = filter.order_by(AppTokenOrder::OldestFirst);
        Self { filter, created_since: None, page: 1, listed: HashSet::new(), is_complete: false }
    }

    /// The request of the next page; `None` after the last one.
    pub(crate) fn next_request(&self) -> Option<ListAppTokens> {
        let filter = match self.created_since {
            Some(since) => self.filter.clone().created_since(since),
            None => self.filter.clone(),
        };
        let pager = Pager::page(self.page).with_size(Pager::MAX_SIZE);
        (!self.is_complete).then(|| ListAppTokens::new().filter(filter).pager(pager))
    }

    /// Takes a page, and returns its tokens that were not listed before.
    pub(crate) fn take_new(&mut self, list: AppTokenList) -> Vec<AppToken> {
        let is_full = u32::try_from(list.objects.len()).is_ok_and(|length| length >= Pager::MAX_SIZE);
        let last_created = list.objects.last().and_then(|token| token.created_at);
        self.is_complete = !is_full;
        if last_created > self.created_since {
            self.created_since = last_created;
            self.page = 1;
        } else {
            self.page = self.page.saturating_add(1);
        }
        list.objects.into_iter().filter(|token| self.listed.insert(token.id.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::Action as _;
    use serde_json::{Value, json};

    use super::*;

    /// The creation times and ids of a server's tokens, oldest first.
    struct Server(Vec<(i64, u32)>);

    impl Server {
        fn page(&self, list: &ListAppTokens) -> AppTokenList {
            let parameters = Value::Object(list.parameters());
            assert_eq!(parameters["filter"]["orderBy"], "+createdAt");
            let number = |path: &str| parameters.pointer(path).and_then(Value::as_i64);
            let since = number("/filter/createdAtGreaterThanOrEqual").unwrap_or(0);
            let size = usize::try_from(number("/pager/pageSize").unwrap()).unwrap();
            let index = usize::try_from(number("/pager/pageIndex").unwrap()).unwrap();
            let found = self.0.iter().filter(|(created, _)| *created >= since);
            let objects: Vec<Value> = found
                .skip((index - 1) * size)
                .take(size)
                .map(|(created, id)| {
                    json!({"id": id.to_string(), "token": "t", "partnerId": 7, "status": 2, "createdAt": created})
                })
                .collect();
            serde_json::from_value(json!({"totalCount": self.0.len(), "objects": objects})).unwrap()
        }
    }

    fn list_all(server: &mut Server, mut after_each_page: impl FnMut(&mut Server)) -> Vec<u32> {
        let mut pages = AppTokenPages::new(AppTokenFilter::new().order_by(AppTokenOrder::NewestFirst));
        let mut listed = Vec::new();
        while let Some(request) = pages.next_request() {
            let tokens = pages.take_new(server.page(&request));
            listed.extend(tokens.into_iter().map(|token| token.id.as_str().parse::<u32>().unwrap()));
            after_each_page(server);
        }
        listed
    }

    fn server(count: u32, per_second: u32) -> Server {
        Server((0..count).map(|id| (i64::from(1000 + id / per_second), id)).collect())
    }

    #[test]
    fn all_tokens_are_listed_once_and_in_order() {
        for (count, per_second) in
            [(0, 1), (1, 1), (499, 1), (500, 1), (501, 3), (1700, 7), (1700, 800), (1200, 5000)]
        {
            let all: Vec<u32> = (0..count).collect();
            assert_eq!(list_all(&mut server(count, per_second), |_| {}), all, "{count} {per_second}");
        }
    }

    #[test]
    fn no_token_is_missed_when_others_are_created_or_deleted_during_the_listing() {
        let mut server = server(1700, 3);
        let listed = list_all(&mut server, |server| {
            server.0.drain(..100);
            let next = server.0.last().unwrap().1 + 1;
            if next < 1703 {
                server.0.push((9_999_999, next));
            }
        });
        assert_eq!(listed, (0..1703).collect::<Vec<_>>());
    }
}
