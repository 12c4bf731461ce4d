//! `appToken.list` (wire contract, section 4.7).

use kaltura_types::{AppTokenStatus, PartnerId};

use super::object;
use crate::backend::seed::UserStatus;
use crate::backend::state::{AppToken, are_equal};
use crate::request::{Arguments, Choice, Pager, check_advanced_search, has_null_suffix, int};
use crate::response::value::{ApiValue, Object};
use crate::services::Prepared;
use kaltura_types::api_error::ApiException;

/// The partner's tokens that are not deleted.
pub(crate) fn list(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let filter = match arguments.object("filter")? {
        Some(fields) => Filter::read(fields)?,
        None => Filter::default(),
    };
    let pager = Pager::read(arguments)?;
    let has_null = has_null_suffix(arguments)?;
    Ok(Box::new(move |call| {
        call.ignore_filters(&filter.ignored);
        if has_null {
            return Err(ApiException::internal_server_error().into());
        }
        let list = Object::new("KalturaAppTokenListResponse");
        if let Some(user) = &filter.session_user {
            let known = call.state.user(call.partner, user);
            // For an unknown user the server omits the list.
            if known.is_none_or(|user| user.status == UserStatus::Deleted) {
                return Ok(list.with("totalCount", 0).with("objects", ApiValue::Null).into());
            }
        }
        let tokens = call.state.app_tokens.iter();
        let mut found: Vec<&AppToken> = tokens.filter(|token| filter.matches(token, call.partner)).collect();
        found.sort_by_key(|token| token.id.to_ascii_lowercase());
        filter.order.sort(&mut found);
        let objects: Vec<ApiValue> = pager.page(&found).iter().map(|token| object(token)).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok(list.with("totalCount", total).with("objects", objects).into())
    }))
}

#[derive(Default)]
struct Filter {
    id: Option<String>,
    ids: Option<String>,
    created_from: Option<i64>,
    created_to: Option<i64>,
    updated_from: Option<i64>,
    updated_to: Option<i64>,
    status: Option<i64>,
    statuses: Option<String>,
    session_user: Option<String>,
    order: Order,
    /// The fields that are not obeyed.
    ignored: Vec<String>,
}

/// The fields of the server's filter that are obeyed. The server itself ignores the last two.
const KNOWN: [&str; 13] = [
    "idEqual",
    "idIn",
    "createdAtGreaterThanOrEqual",
    "createdAtLessThanOrEqual",
    "updatedAtGreaterThanOrEqual",
    "updatedAtLessThanOrEqual",
    "statusEqual",
    "statusIn",
    "sessionUserIdEqual",
    "orderBy",
    "objectType",
    "hashTypeEqual",
    "sessionTypeEqual",
];

impl Filter {
    fn read(fields: Arguments<'_>) -> Result<Self, ApiException> {
        check_advanced_search(fields)?;
        Ok(Self {
            id: fields.condition("idEqual")?,
            ids: fields.condition("idIn")?,
            created_from: fields.time("createdAtGreaterThanOrEqual")?.into_option(),
            created_to: fields.time("createdAtLessThanOrEqual")?.into_option(),
            updated_from: fields.time("updatedAtGreaterThanOrEqual")?.into_option(),
            updated_to: fields.time("updatedAtLessThanOrEqual")?.into_option(),
            status: fields.choice("statusEqual", Choice::APP_TOKEN_STATUS)?.into_option(),
            statuses: fields.condition("statusIn")?,
            session_user: fields.condition("sessionUserIdEqual")?,
            order: Order::read(&fields.text_or_empty("orderBy")?),
            ignored: fields.names_except(&KNOWN),
        })
    }

    fn matches(&self, token: &AppToken, partner: PartnerId) -> bool {
        let is = |id: &str| are_equal(&token.id, id);
        let is_of = |user: &str| token.session_user.as_deref().is_some_and(|fixed| are_equal(fixed, user));
        let has_status = |number: i64| token.status.number() == number;
        let (created, updated) = (token.created_at.as_seconds(), token.updated_at.as_seconds());
        token.partner == partner
            && token.status != AppTokenStatus::Deleted
            && self.id.as_deref().is_none_or(is)
            && self.ids.as_deref().is_none_or(|ids| ids.split(',').any(is))
            && self.created_from.is_none_or(|from| created >= from)
            && self.created_to.is_none_or(|to| created <= to)
            && self.updated_from.is_none_or(|from| updated >= from)
            && self.updated_to.is_none_or(|to| updated <= to)
            && self.status.is_none_or(has_status)
            && self
                .statuses
                .as_deref()
                .is_none_or(|list| list.split(',').any(|one| has_status(int(&one.into()))))
            && self.session_user.as_deref().is_none_or(is_of)
    }
}

/// The order of the list. Tokens that are equal in it are ordered by id.
#[derive(Clone, Copy, Default)]
enum Order {
    /// By status: the database reads an index. Also for an unknown order.
    #[default]
    Status,
    CreatedAt {
        descending: bool,
    },
    UpdatedAt {
        descending: bool,
    },
}

impl Order {
    fn read(text: &str) -> Self {
        match text {
            "+createdAt" => Self::CreatedAt { descending: false },
            "-createdAt" => Self::CreatedAt { descending: true },
            "+updatedAt" => Self::UpdatedAt { descending: false },
            "-updatedAt" => Self::UpdatedAt { descending: true },
            _ => Self::Status,
        }
    }

    fn sort(self, tokens: &mut [&AppToken]) {
        match self {
            Self::Status => tokens.sort_by_key(|token| token.status.number()),
            Self::CreatedAt { descending: false } => tokens.sort_by_key(|token| token.created_at),
            Self::CreatedAt { descending: true } => {
                tokens.sort_by_key(|token| std::cmp::Reverse(token.created_at));
            }
            Self::UpdatedAt { descending: false } => tokens.sort_by_key(|token| token.updated_at),
            Self::UpdatedAt { descending: true } => {
                tokens.sort_by_key(|token| std::cmp::Reverse(token.updated_at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::test_client::{NOW, builder};
    use crate::{AppTokenSeed, Emulator};
    use kaltura_types::AppTokenStatus;
    use serde_json::{Value, json};
    use std::time::Duration;

    /// Tokens `0_c`, `0_a`, `0_b` in the order of creation, ten seconds apart; one is disabled.
    fn emulator() -> Emulator {
        let emulator = builder().app_token(AppTokenSeed::new().id("0_c")).build().unwrap();
        for (id, status) in [("0_a", AppTokenStatus::Disabled), ("0_b", AppTokenStatus::Active)] {
            emulator.clock().advance(Duration::from_secs(10));
            emulator.add_app_token(AppTokenSeed::new().id(id).status(status)).unwrap();
        }
        emulator
    }

    fn listed(parameters: Value) -> String {
        let emulator = emulator();
        let mut parameters = parameters;
        parameters["ks"] = emulator.admin_ks().into();
        let response = emulator.call("appToken.list", parameters);
        let Some(objects) = response["objects"].as_array() else { return response["code"].to_string() };
        let ids: Vec<&str> = objects.iter().map(|token| token["id"].as_str().unwrap()).collect();
        format!("{} of {}", ids.join(" "), response["totalCount"])
    }

    #[test]
    fn a_list_is_filtered_ordered_and_paged() {
        for (parameters, expected) in [
            (json!({}), "0_a 0_b 0_c of 3"),
            (json!({ "filter": { "orderBy": "-createdAt" } }), "0_b 0_a 0_c of 3"),
            (json!({ "filter": { "orderBy": "+updatedAt" } }), "0_c 0_a 0_b of 3"),
            (json!({ "filter": { "orderBy": "nosuch" } }), "0_a 0_b 0_c of 3"),
            (json!({ "filter": { "idIn": "0_B,0_c,0_x" } }), "0_b 0_c of 2"),
            (json!({ "filter": { "statusEqual": 1 } }), "0_a of 1"),
            (json!({ "filter": { "statusIn": "1,3" } }), "0_a of 1"),
            (json!({ "filter": { "statusEqual": 3 } }), " of 0"),
            (json!({ "filter": { "statusEqual": 4 } }), "\"INVALID_ENUM_VALUE\""),
            (json!({ "filter": { "createdAtGreaterThanOrEqual": NOW + 10 } }), "0_a 0_b of 2"),
            (json!({ "filter": { "updatedAtLessThanOrEqual": NOW + 10 } }), "0_a 0_c of 2"),
            // A small number is relative to now.
            (json!({ "filter": { "createdAtLessThanOrEqual": -15 } }), "0_c of 1"),
            (json!({ "pager": { "pageSize": 2, "pageIndex": 2 } }), "0_c of 3"),
            (json!({ "pager": { "pageSize": 0, "pageIndex": 5 } }), "0_a 0_b 0_c of 3"),
            (json!({ "filter": "x" }), "\"PROPERTY_VALIDATION_WRONG_FORMAT\""),
        ] {
            assert_eq!(listed(parameters.clone()), expected, "{parameters}");
        }
    }

    #[test]
    fn the_default_order_is_by_status_then_id() {
        let emulator = builder()
            .app_token(AppTokenSeed::new().id("0_b"))
            .app_token(AppTokenSeed::new().id("0_c").status(kaltura_types::AppTokenStatus::Disabled))
            .app_token(AppTokenSeed::new().id("0_a"))
            .build()
            .unwrap();
        let ids = |order: &str| -> Vec<String> {
            let parameters = json!({ "ks": emulator.admin_ks(), "filter": { "orderBy": order } });
            let list = emulator.call("appToken.list", parameters);
            list["objects"]
                .as_array()
                .unwrap()
                .iter()
                .map(|token| token["id"].as_str().unwrap().into())
                .collect()
        };
        assert_eq!(ids(""), ["0_c", "0_a", "0_b"]);
        // Tokens of one second are ordered by id.
        for order in ["+createdAt", "-createdAt", "+updatedAt", "-updatedAt"] {
            assert_eq!(ids(order), ["0_a", "0_b", "0_c"], "{order}");
        }
    }

    #[test]
    fn an_empty_condition_matches_every_token() {
        let emulator = builder().app_token(AppTokenSeed::new().id("0_a")).build().unwrap();
        let list = |filter: Value| {
            emulator.call("appToken.list", json!({ "ks": emulator.admin_ks(), "filter": filter }))
        };
        for name in ["idIn", "idEqual", "statusIn", "sessionUserIdEqual"] {
            for empty in [json!(""), json!(null), json!(false)] {
                assert_eq!(list(json!({ name: empty }))["totalCount"], 1, "{name} {empty}");
            }
        }
        assert_eq!(list(json!({ "idIn": "," }))["totalCount"], 0);
        assert_eq!(list(json!({ "statusEqual": "" }))["code"], "INVALID_ENUM_VALUE");
        assert_eq!(list(json!({ "advancedSearch": {} }))["args"]["OBJ_TYPE"], "KalturaSearchItem");
        assert_eq!(list(json!({ "idIn__null": "" }))["code"], "INTERNAL_SERVERL_ERROR");
        let pager = json!({ "ks": emulator.admin_ks(), "pager": { "pageSize__null": "" } });
        assert_eq!(emulator.error("appToken.list", pager), "INTERNAL_SERVERL_ERROR");
    }
}
