//! The parameters `language` and `responseProfile`, which every action takes.

use crate::request::text;
use crate::request::{Arguments, Choice, Parameter};
use crate::response::value::{ApiValue, Object};
use kaltura_types::api_error::ApiException;

/// The parameter `responseProfile`: the fields of stored objects that the caller wants. Other objects, such as a
/// session, keep all fields.
pub(crate) struct ResponseProfile {
    excludes: bool,
    fields: Vec<String>,
}

/// The classes of stored objects.
const STORED: [&str; 3] = ["KalturaAppToken", "KalturaUser", "KalturaMediaEntry"];

impl ResponseProfile {
    const INCLUDE_FIELDS: i64 = 1;

    /// Reads the profile. Without `fields` it shows everything, also one that names a stored profile.
    pub(crate) fn read(arguments: Arguments<'_>) -> Result<Option<Self>, ApiException> {
        let Some(profile) = arguments.object("responseProfile")? else { return Ok(None) };
        let kind = profile.choice("type", Choice::RESPONSE_PROFILE_TYPE)?.into_option();
        let fields = profile.text_or_empty("fields")?;
        if fields.is_empty() {
            return Ok(None);
        }
        let fields = fields.split(',').map(|field| field.trim().to_owned()).collect();
        Ok(Some(Self { excludes: kind != Some(Self::INCLUDE_FIELDS), fields }))
    }

    pub(crate) fn trim(&self, value: ApiValue) -> ApiValue {
        match value {
            ApiValue::Object(object) => ApiValue::Object(self.trim_object(object)),
            ApiValue::List(list) => list.into_iter().map(|item| self.trim(item)).collect::<Vec<_>>().into(),
            other => other,
        }
    }

    fn trim_object(&self, object: Object) -> Object {
        let is_stored = STORED.contains(&object.class.as_ref());
        // The type of an entry is always there.
        let is_entry = object.class == "KalturaMediaEntry";
        let is_required = |name: &str| is_entry && name == "type" && !self.excludes;
        let is_named = |name: &str| self.fields.iter().any(|field| field == name);
        let kept = |name: &str| !is_stored || is_required(name) || is_named(name) != self.excludes;
        let properties = object.properties.into_iter().filter(|(name, _)| kept(name));
        Object {
            class: object.class,
            properties: properties.map(|(name, value)| (name, self.trim(value))).collect(),
        }
    }
}

/// Checks a language: two to four letters, alone or with `-` or `_` and two to four more, or `MULTI`. An empty one is
/// refused.
pub(crate) fn check_language(parameter: Option<&Parameter>) -> Result<(), ApiException> {
    let Some(code) = parameter.map(text) else { return Ok(()) };
    let is_part =
        |part: &str| (2..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_language = match code.split_once(['-', '_']) {
        Some((language, region)) => is_part(language) && is_part(region),
        None => is_part(&code) || code.eq_ignore_ascii_case("multi"),
    };
    if is_language { Ok(()) } else { Err(ApiException::invalid_language_code(&code)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(excludes: bool) -> ApiValue {
        let token = Object::new("KalturaAppToken").with("id", "0_a").with("token", "hush").with("status", 2);
        let list = Object::new("KalturaAppTokenListResponse").with("totalCount", 1);
        let profile = ResponseProfile { excludes, fields: vec!["id".to_owned(), "status".to_owned()] };
        profile.trim(list.with("objects", vec![token.into()]).into())
    }

    #[test]
    fn the_objects_of_a_list_are_trimmed_and_the_list_is_not() {
        let list = |token: Object| -> ApiValue {
            let list = Object::new("KalturaAppTokenListResponse").with("totalCount", 1);
            list.with("objects", vec![token.into()]).into()
        };
        let token = Object::new("KalturaAppToken");
        assert_eq!(trimmed(false), list(token.clone().with("id", "0_a").with("status", 2)));
        assert_eq!(trimmed(true), list(token.with("token", "hush")));
    }

    #[test]
    fn a_session_keeps_all_fields() {
        let session = ApiValue::from(Object::new("KalturaSessionInfo").with("ks", "x"));
        let profile = ResponseProfile { excludes: false, fields: Vec::new() };
        assert_eq!(profile.trim(session.clone()), session);
    }

    #[test]
    fn a_language_has_letters_and_a_region() {
        for (code, is_language) in [
            ("en", true),
            ("zz", true),
            ("MULTI", true),
            ("abcd", true),
            ("en-US", true),
            ("pt_BR", true),
            ("", false),
            ("a", false),
            ("abcde", false),
            ("en-1", false),
            ("zz9", false),
            ("en-US-x", false),
        ] {
            assert_eq!(check_language(Some(&Parameter::from(code))).is_ok(), is_language, "{code}");
        }
        assert_eq!(check_language(None), Ok(()));
    }
}
