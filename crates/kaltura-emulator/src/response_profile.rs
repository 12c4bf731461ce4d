//! The common parameter `responseProfile`: which fields of the returned objects a caller wants.

use super::answer::{Answer, Object};
use super::request::{Arguments, Choice};
use kaltura_types::api_error::ApiException;

/// Trims objects that come from the database; what an action makes up itself, as a session, stays whole.
pub(super) struct ResponseProfile {
    excludes: bool,
    fields: Vec<String>,
}

/// The classes that come from the database.
const STORED: [&str; 3] = ["KalturaAppToken", "KalturaUser", "KalturaMediaEntry"];

impl ResponseProfile {
    const EXCLUDE_FIELDS: i64 = 2;

    pub(super) fn read(arguments: Arguments<'_>) -> Result<Option<Self>, ApiException> {
        let Some(profile) = arguments.object("responseProfile")? else { return Ok(None) };
        let kind = profile.choice("type", Choice::RESPONSE_PROFILE_TYPE)?.into_option();
        let fields = profile.text_or_empty("fields")?;
        let fields = fields.split(',').map(|field| field.trim().to_owned()).collect();
        Ok(Some(Self { excludes: kind == Some(Self::EXCLUDE_FIELDS), fields }))
    }

    pub(super) fn trim(&self, answer: Answer) -> Answer {
        match answer {
            Answer::Object(object) => Answer::Object(self.trim_object(object)),
            Answer::List(list) => list.into_iter().map(|item| self.trim(item)).collect::<Vec<_>>().into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(excludes: bool) -> Answer {
        let token = Object::new("KalturaAppToken").with("id", "0_a").with("token", "hush").with("status", 2);
        let list = Object::new("KalturaAppTokenListResponse").with("totalCount", 1);
        let profile = ResponseProfile { excludes, fields: vec!["id".to_owned(), "status".to_owned()] };
        profile.trim(list.with("objects", vec![token.into()]).into())
    }

    #[test]
    fn the_objects_of_a_list_are_trimmed_and_the_list_stays() {
        let list = |token: Object| -> Answer {
            let list = Object::new("KalturaAppTokenListResponse").with("totalCount", 1);
            list.with("objects", vec![token.into()]).into()
        };
        let token = Object::new("KalturaAppToken");
        assert_eq!(trimmed(false), list(token.clone().with("id", "0_a").with("status", 2)));
        assert_eq!(trimmed(true), list(token.with("token", "hush")));
    }

    #[test]
    fn a_session_stays_whole() {
        let session = Answer::from(Object::new("KalturaSessionInfo").with("ks", "x"));
        let profile = ResponseProfile { excludes: false, fields: Vec::new() };
        assert_eq!(profile.trim(session.clone()), session);
    }
}
