//! XML as the server writes it.

use crate::response::value::{ApiValue, Object};
use kaltura_types::api_error::ApiException;

/// Writes a document. `ignore_null` omits null properties. `seconds` is the execution time.
pub(crate) fn write(value: &ApiValue, ignore_null: bool, seconds: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{}", write_bare(value, ignore_null, seconds))
}

/// The same without an XML declaration, for the fast path of `session.start` (wire contract, section 2.4).
pub(crate) fn write_bare(value: &ApiValue, ignore_null: bool, seconds: &str) -> String {
    let mut xml = Writer { xml: String::from("<xml><result>"), ignore_null };
    xml.value(value);
    format!("{}</result><executionTime>{seconds}</executionTime></xml>", xml.xml)
}

struct Writer {
    xml: String,
    ignore_null: bool,
}

impl Writer {
    fn value(&mut self, value: &ApiValue) {
        match value {
            ApiValue::Null => {}
            ApiValue::Bool(truth) => self.xml.push(if *truth { '1' } else { '0' }),
            ApiValue::Int(number) => self.xml.push_str(&number.to_string()),
            ApiValue::Float(number) => self.xml.push_str(&number.to_string()),
            ApiValue::Text(text) => self.text(text),
            ApiValue::List(list) => {
                for item in list {
                    self.element("item", |xml| xml.value(item));
                }
            }
            ApiValue::Object(object) => self.object(object),
            ApiValue::Error(exception) => self.element("error", |xml| xml.error(exception)),
        }
    }

    fn object(&mut self, object: &Object) {
        if !object.class.is_empty() {
            self.element("objectType", |xml| xml.text(&object.class));
        }
        if !self.ignore_null {
            self.element("relatedObjects", |_| {});
        }
        for (name, property) in &object.properties {
            if !(self.ignore_null && *property == ApiValue::Null) {
                self.element(name, |xml| xml.value(property));
            }
        }
    }

    fn error(&mut self, exception: &ApiException) {
        self.element("code", |xml| xml.text(exception.code.as_str()));
        self.element("message", |xml| xml.text(&exception.message));
        self.element("objectType", |xml| xml.text("KalturaAPIException"));
        self.element("args", |xml| {
            for (name, value) in &exception.args {
                xml.element("item", |xml| {
                    xml.element("objectType", |xml| xml.text("KalturaApiExceptionArg"));
                    xml.element("name", |xml| xml.text(name));
                    xml.element("value", |xml| xml.text(value));
                });
            }
        });
    }

    fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.xml.push_str(&format!("<{name}>"));
        content(self);
        self.xml.push_str(&format!("</{name}>"));
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.xml.push_str("&amp;"),
                '<' => self.xml.push_str("&lt;"),
                '>' => self.xml.push_str("&gt;"),
                '"' => self.xml.push_str("&quot;"),
                '\'' => self.xml.push_str("&apos;"),
                _ => self.xml.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_properties_are_written_unless_they_are_ignored() {
        let object = Object::new("Thing").with("a", ApiValue::Null).with("b", "<&>\"'");
        let value = ApiValue::List(vec![object.into(), ApiValue::Null]);
        assert_eq!(
            write(&value, false, "0.5"),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><xml><result><item><objectType>Thing</objectType>\
             <relatedObjects></relatedObjects><a></a><b>&lt;&amp;&gt;&quot;&apos;</b></item><item></item></result>\
             <executionTime>0.5</executionTime></xml>"
        );
        assert_eq!(
            write_bare(&value, true, "0.5"),
            "<xml><result><item><objectType>Thing</objectType><b>&lt;&amp;&gt;&quot;&apos;</b></item><item></item>\
             </result><executionTime>0.5</executionTime></xml>"
        );
    }

    #[test]
    fn an_error_without_arguments_has_an_empty_element() {
        assert_eq!(
            write_bare(&ApiValue::Error(ApiException::missing_ks()), false, "0.25"),
            "<xml><result><error><code>MISSING_KS</code><message>Missing KS, session not established</message>\
             <objectType>KalturaAPIException</objectType><args></args></error></result>\
             <executionTime>0.25</executionTime></xml>"
        );
    }
}
