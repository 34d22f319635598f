//! CloudFormation asked directly: for tests that look often, because the AWS CLI needs a second to start.

use std::fmt::Write as _;

use serde_json::Value;

use crate::http::{self, Message};

/// One question to an emulator's CloudFormation.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// `host:port`.
    pub(crate) address: &'a str,
    /// The emulator takes the account from it and checks no signature.
    pub(crate) access_key: &'a str,
    pub(crate) region: &'a str,
}

impl Question<'_> {
    /// Returns the answer's result, or CloudFormation's complaint.
    pub(crate) fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let mut body = format!("Action={action}&Version=2010-05-15");
        for (name, value) in parameters {
            let _ = write!(body, "&{name}={}", encoded(value));
        }
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential={}/20261008/{}/cloudformation/aws4_request, SignedHeaders=host, Signature=none",
            self.access_key, self.region
        );
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = Message {
            start: "POST / HTTP/1.1".to_owned(),
            headers: vec![
                header("host", self.address),
                header("accept", "application/json"),
                header("content-type", "application/x-www-form-urlencoded"),
                header("authorization", &credential),
            ],
            body: body.into_bytes(),
        };
        let answer = http::send(self.address, &request).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if !answer.start.contains(" 200 ") {
            return Err(text);
        }
        let mut answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(answer[format!("{action}Response")][format!("{action}Result")].take())
    }
}

/// Returns the members of a list, which the emulator writes as in XML: one alone is no list.
pub(crate) fn members(list: &Value) -> Vec<Value> {
    match &list["member"] {
        Value::Array(members) => members.clone(),
        Value::Null => Vec::new(),
        member => vec![member.clone()],
    }
}

fn encoded(value: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(encode).collect()
}
