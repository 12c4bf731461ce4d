//! `uploadToken.list` (wire contract, section 10.4).

use kaltura_types::api_error::ApiException;

use super::{is_visible, object, rounded};
use crate::backend::state::are_equal;
use crate::backend::upload::UploadToken;
use crate::request::{Arguments, Choice, Pager, int};
use crate::response::value::{ApiValue, Object};
use crate::services::Prepared;

/// The tokens of the caller.
pub(crate) fn list(arguments: Arguments<'_>) -> Result<Prepared, ApiException> {
    let filter = match arguments.object("filter")? {
        Some(fields) => Filter::read(fields)?,
        None => Filter::default(),
    };
    let pager = Pager::read(arguments)?;
    Ok(Box::new(move |call| {
        let tokens = call.state.uploads.iter();
        let mut found: Vec<&UploadToken> =
            tokens.filter(|token| is_visible(call, token) && filter.matches(token)).collect();
        match filter.order.as_str() {
            "+createdAt" => found.sort_by_key(|token| token.created_at),
            "-createdAt" => found.sort_by_key(|token| std::cmp::Reverse(token.created_at)),
            _ => {}
        }
        let objects: Vec<ApiValue> = pager.page(&found).iter().map(|token| object(token)).collect();
        let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let list = Object::new("KalturaUploadTokenListResponse").with("totalCount", total);
        Ok(list.with("objects", objects).into())
    }))
}

/// An empty text of `idEqual`, `idIn` and `statusIn` filters nothing.
#[derive(Default)]
struct Filter {
    id: Option<String>,
    ids: Option<String>,
    user: Option<String>,
    status: Option<i64>,
    statuses: Option<String>,
    file_name: Option<String>,
    file_size: Option<i64>,
    order: String,
}

impl Filter {
    fn read(fields: Arguments<'_>) -> Result<Self, ApiException> {
        let condition = |name| fields.condition(name);
        Ok(Self {
            id: condition("idEqual")?,
            ids: condition("idIn")?,
            user: fields.text("userIdEqual")?.into_option(),
            status: fields.choice("statusEqual", Choice::UPLOAD_TOKEN_STATUS)?.into_option(),
            statuses: condition("statusIn")?,
            file_name: condition("fileNameEqual")?,
            file_size: fields.float("fileSizeEqual").map(rounded).into_option(),
            order: fields.text_or_empty("orderBy")?,
        })
    }

    fn matches(&self, token: &UploadToken) -> bool {
        let is = |id: &str| are_equal(&token.id, id);
        let has_status = |number: i64| token.status.number() == number;
        let is_file = |name: &str| {
            let has_name = token.file_name.as_deref().is_some_and(|own| are_equal(own, name));
            // A search by name finds no used tokens, unless it asks for them.
            let is_unused = self.status.is_some() || self.statuses.is_some() || token.status.number() <= 2;
            has_name && is_unused
        };
        self.id.as_deref().is_none_or(is)
            && self.ids.as_deref().is_none_or(|ids| ids.split(',').any(is))
            && self
                .user
                .as_deref()
                .is_none_or(|user| token.owner.user().is_some_and(|own| are_equal(own, user)))
            && self.status.is_none_or(has_status)
            && self
                .statuses
                .as_deref()
                .is_none_or(|list| list.split(',').any(|one| has_status(int(&one.into()))))
            && self.file_name.as_deref().is_none_or(is_file)
            && self.file_size.is_none_or(|size| token.file_size == Some(size))
    }
}
