//! PHP's own `serialize`, which programs in PHP read (wire contract, section 2.5).

use std::fmt::Write as _;

use crate::response::value::{ApiValue, Object};
use kaltura_types::api_error::ApiException;

/// Writes a value with the classes of its objects. Null properties are omitted.
pub(crate) fn write(value: &ApiValue) -> String {
    let mut writer = Writer(String::new());
    writer.value(value);
    writer.0
}

struct Writer(String);

impl Writer {
    fn value(&mut self, value: &ApiValue) {
        match value {
            ApiValue::Null => self.put("N;"),
            ApiValue::Bool(truth) => self.format(format_args!("b:{};", i64::from(*truth))),
            ApiValue::Int(number) => self.format(format_args!("i:{number};")),
            ApiValue::Float(number) => self.format(format_args!("d:{number};")),
            ApiValue::Text(text) => self.text(text),
            ApiValue::List(list) => self.list(list),
            ApiValue::Object(object) => self.object(object),
            ApiValue::Error(exception) => self.error(exception),
        }
    }

    /// Lengths count bytes.
    fn text(&mut self, text: &str) {
        self.format(format_args!("s:{}:\"{text}\";", text.len()));
    }

    fn list(&mut self, list: &[ApiValue]) {
        self.format(format_args!("a:{}:{{", list.len()));
        for (index, item) in list.iter().enumerate() {
            self.format(format_args!("i:{index};"));
            self.value(item);
        }
        self.put("}");
    }

    fn object(&mut self, object: &Object) {
        let properties = || object.properties.iter().filter(|(_, property)| *property != ApiValue::Null);
        let (class, count) = (&object.class, properties().count());
        if class.is_empty() {
            self.format(format_args!("a:{count}:{{"));
        } else {
            self.format(format_args!("O:{}:\"{class}\":{count}:{{", class.len()));
        }
        for (name, property) in properties() {
            self.text(name);
            self.value(property);
        }
        self.put("}");
    }

    /// An error is an array, so that a reader does not need its class.
    fn error(&mut self, exception: &ApiException) {
        self.put("a:4:{");
        for (name, value) in [
            ("code", exception.code.as_str()),
            ("message", &exception.message),
            ("objectType", "KalturaAPIException"),
        ] {
            self.text(name);
            self.text(value);
        }
        self.text("args");
        self.format(format_args!("a:{}:{{", exception.args.len()));
        for (name, argument) in &exception.args {
            self.text(name);
            self.text(argument);
        }
        self.put("}}");
    }

    fn put(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn format(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(arguments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_their_types_and_lengths_in_bytes() {
        let object = Object::new("KalturaThing")
            .with("id", 7)
            .with("none", ApiValue::Null)
            .with("list", vec![ApiValue::Null, true.into(), false.into(), "é\"".into()]);
        assert_eq!(
            write(&object.into()),
            "O:12:\"KalturaThing\":2:{s:2:\"id\";i:7;s:4:\"list\";a:4:{i:0;N;i:1;b:1;i:2;b:0;i:3;s:3:\"é\"\";}}"
        );
        assert_eq!(write(&Object::new("Empty").into()), "O:5:\"Empty\":0:{}");
        assert_eq!(write(&Vec::new().into()), "a:0:{}");
    }

    #[test]
    fn an_error_is_an_array() {
        let errors = vec![
            ApiValue::Error(ApiException::missing_mandatory_parameter("id")),
            ApiValue::Error(ApiException::missing_ks()),
        ];
        assert_eq!(
            write(&errors.into()),
            "a:2:{i:0;a:4:{s:4:\"code\";s:27:\"MISSING_MANDATORY_PARAMETER\";s:7:\"message\";\
             s:22:\"Missing parameter \"id\"\";s:10:\"objectType\";s:19:\"KalturaAPIException\";\
             s:4:\"args\";a:1:{s:10:\"PARAM_NAME\";s:2:\"id\";}}\
             i:1;a:4:{s:4:\"code\";s:10:\"MISSING_KS\";s:7:\"message\";\
             s:35:\"Missing KS, session not established\";s:10:\"objectType\";s:19:\"KalturaAPIException\";\
             s:4:\"args\";a:0:{}}}"
        );
    }
}
