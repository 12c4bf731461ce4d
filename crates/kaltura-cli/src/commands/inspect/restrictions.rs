//! What narrows the use of a session: the privileges that take something away (wire contract, section 5.4).

use kaltura_types::Privileges;
use serde::Serialize;

/// Restrictions, each absent if the session does not have it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Restrictions {
    /// How many calls it is good for, as it is written: what is no number from 1 up makes the server refuse
    /// each call.
    actions_limit: Option<String>,
    /// The only addresses that may use it.
    addresses: Option<Vec<String>>,
    /// The only request URIs that it is good for; `*` at the end stands for anything.
    uris: Option<Vec<String>>,
    /// The role that it has instead of the user's own.
    role: Option<String>,
}

impl Restrictions {
    pub(super) fn of(privileges: &Privileges) -> Self {
        let values = |name: &str| privileges.get(name).map(|privilege| privilege.values().to_vec());
        // The other separators than `/` are the privilege's own.
        let text = |name: &str| values(name).map(|values| values.join("/"));
        Self {
            actions_limit: text("actionslimit"),
            addresses: values("iprestrict"),
            uris: text("urirestrict").map(|uris| uris.split('|').map(str::to_owned).collect()),
            role: text("setrole"),
        }
    }

    /// One line for each.
    pub(super) fn as_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(limit) = &self.actions_limit {
            lines.push(match limit.parse() {
                Ok(1_u64) => "good for 1 call".to_owned(),
                Ok(calls @ 2..) => format!("good for {calls} calls"),
                _ => format!("actionslimit:{limit} is no number from 1 up: the server refuses each call"),
            });
        }
        if let Some(addresses) = &self.addresses {
            lines.push(format!("only from {}", addresses.join(", ")));
        }
        if let Some(uris) = &self.uris {
            lines.push(format!("only for requests to {}", uris.join(", ")));
        }
        if let Some(role) = &self.role {
            lines.push(format!("with the role {role}"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(privileges: &str) -> Vec<String> {
        Restrictions::of(&Privileges::parse(privileges)).as_lines()
    }

    #[test]
    fn each_restriction_is_told() {
        assert_eq!(lines("sview:*,list:*"), Vec::<String>::new());
        let all = "actionslimit:5,iprestrict:10.0.0.1/10.0.0.2,urirestrict:/api_v3/a/*|/b,setrole:12";
        let expected = [
            "good for 5 calls",
            "only from 10.0.0.1, 10.0.0.2",
            "only for requests to /api_v3/a/*, /b",
            "with the role 12",
        ];
        assert_eq!(lines(all), expected);
    }

    #[test]
    fn a_limit_that_the_server_refuses_is_told() {
        assert_eq!(lines("actionslimit:1"), ["good for 1 call"]);
        for limit in ["actionslimit:0", "actionslimit:many", "actionslimit"] {
            assert!(lines(limit)[0].contains("the server refuses each call"), "{limit}");
        }
    }

    #[test]
    fn what_is_not_restricted_is_null() {
        assert_eq!(
            serde_json::to_string(&Restrictions::of(&Privileges::parse("setrole:x"))).unwrap(),
            r#"{"actionsLimit":null,"addresses":null,"uris":null,"role":"x"}"#
        );
    }
}
