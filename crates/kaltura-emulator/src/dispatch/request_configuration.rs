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
    const EXCLUDE_FIELDS: i64 = 2;

    pub(crate) fn read(arguments: Arguments<'_>) -> Result<Option<Self>, ApiException> {
        let Some(profile) = arguments.object("responseProfile")? else { return Ok(None) };
        let kind = profile.choice("type", Choice::RESPONSE_PROFILE_TYPE)?.into_option();
        let fields = profile.text_or_empty("fields")?;
        let fields = fields.split(',').map(|field| field.trim().to_owned()).collect();
        Ok(Some(Self { excludes: kind == Some(Self::EXCLUDE_FIELDS), fields }))
    }

    pub(crate) fn trim(&self, value: ApiValue) -> ApiValue {
        match value {
            ApiValue::Object(object) => ApiValue::Object(self.trim_object(object)),
            ApiValue::List(list) => list.into_iter().map(|item| self.trim(item)).collect::<Vec<_>>().into(),
            other => other,
        }
    }

    fn trim_object(&self, object: Object) -> Object {
        let is_stored = STORED.contains(&object.class);
        let kept = |name: &str| !is_stored || self.fields.iter().any(|field| field == name) != self.excludes;
        let properties = object.properties.into_iter().filter(|(name, _)| kept(name));
        Object {
            class: object.class,
            properties: properties.map(|(name, value)| (name, self.trim(value))).collect(),
        }
    }
}

/// Checks that the server knows the language. An empty one is none.
pub(crate) fn check_language(parameter: Option<&Parameter>) -> Result<(), ApiException> {
    let code = parameter.map(text).unwrap_or_default();
    let is_known = code.is_empty() || CODES.split(' ').any(|known| known.eq_ignore_ascii_case(&code));
    if is_known { Ok(()) } else { Err(ApiException::invalid_language_code(&code)) }
}

/// ISO 639-1, and the server's code for entries in several languages.
const CODES: &str = "multi aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr \
    cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy \
    hz ia id ie ig ii ik in io is it iu iw ja ji jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln \
    lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt \
    qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts \
    tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

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
    fn only_known_codes_pass() {
        for code in
            [Parameter::from("en"), Parameter::from("MULTI"), Parameter::from("he"), Parameter::from("")]
        {
            assert_eq!(check_language(Some(&code)), Ok(()), "{code:?}");
        }
        assert_eq!(check_language(None), Ok(()));
        assert_eq!(
            check_language(Some(&Parameter::from("zz9"))),
            Err(ApiException::invalid_language_code("zz9"))
        );
        assert_eq!(
            check_language(Some(&Parameter::from("e"))),
            Err(ApiException::invalid_language_code("e"))
        );
    }
}
