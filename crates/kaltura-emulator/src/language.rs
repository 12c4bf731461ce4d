//! The common parameter `language`.

use serde_json::Value;

use super::request::text;
use kaltura_types::api_error::ApiException;

/// A language must be one that the server knows. An empty one is none.
pub(super) fn check(parameter: Option<&Value>) -> Result<(), ApiException> {
    let code = parameter.map(text).unwrap_or_default();
    let is_known = code.is_empty() || CODES.split(' ').any(|known| known.eq_ignore_ascii_case(&code));
    if is_known { Ok(()) } else { Err(ApiException::invalid_language(&code)) }
}

/// ISO 639-1, and what the server has for entries in several languages.
const CODES: &str = "multi aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr \
    cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy \
    hz ia id ie ig ii ik in io is it iu iw ja ji jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln \
    lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt \
    qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts \
    tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn known_codes_pass() {
        for code in [json!("en"), json!("MULTI"), json!("he"), json!("")] {
            assert_eq!(check(Some(&code)), Ok(()), "{code}");
        }
        assert_eq!(check(None), Ok(()));
        assert_eq!(check(Some(&json!("zz9"))), Err(ApiException::invalid_language("zz9")));
        assert_eq!(check(Some(&json!("e"))), Err(ApiException::invalid_language("e")));
    }
}
