//! The values of `nucleon.yaml` that have a form: account ids, regions, ARNs, repositories, placeholders.

use crate::fields::Reader;
use crate::located::Located;
use crate::yaml::{Node, Value};

/// An account's id: text of 12 digits.
pub(super) fn account_id(reader: &mut Reader, node: &Node, path: &str) -> Option<Located<String>> {
    if let Value::Integer(number) = node.value {
        let help = if is_account_id(node.text()) {
            format!(
                "write it in quotes, or its leading zeros are lost: `\"{}\"`",
                node.text()
            )
        } else {
            format!("if leading zeros were lost, the id is `\"{number:012}\"`; write it in quotes")
        };
        reader.wrong_type(node, path, "text of 12 digits", help);
        return None;
    }
    let parse = |text: &str| {
        if is_account_id(text) {
            Ok(text.to_owned())
        } else {
            Err(format!("`{text}` is not an account id"))
        }
    };
    reader.parsed(
        node,
        path,
        parse,
        "an account id has 12 digits: `\"444455556666\"`",
    )
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A region's name.
pub(crate) fn region(reader: &mut Reader, node: &Node, path: &str) -> Option<Located<String>> {
    let parse = |text: &str| {
        if is_region(text) {
            Ok(text.to_owned())
        } else {
            Err(format!("`{text}` is not a region"))
        }
    };
    reader.parsed(node, path, parse, "write a region's name, as `us-east-1`")
}

// Only the form: a list of regions would refuse those that open tomorrow.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [head, middle @ .., number] = parts.as_slice() else {
        return false;
    };
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    head.len() >= 2 && word(head) && !middle.is_empty() && middle.iter().all(word) && numbered
}

/// A role's ARN, in a given account where one is given.
pub(super) fn role(
    reader: &mut Reader,
    node: &Node,
    path: &str,
    account: Option<&Located<String>>,
) -> Option<String> {
    let parse = |text: &str| {
        let found =
            role_account(text).ok_or_else(|| format!("`{text}` is not the ARN of a role"))?;
        match account {
            Some(expected) if expected.as_str() != found => Err(format!(
                "`{path}` belongs to account {found}, not to {}",
                expected.value
            )),
            _ => Ok(text.to_owned()),
        }
    };
    let id = account.map_or("444455556666", |id| id.as_str());
    let help = format!("write a role of that account: `arn:aws:iam::{id}:role/NAME`");
    reader
        .parsed(node, path, parse, &help)
        .map(|role| role.value)
}

fn role_account(text: &str) -> Option<&str> {
    let [account, resource] = arn(text, "iam")?;
    let name = resource.strip_prefix("role/")?;
    (is_account_id(account) && !name.is_empty()).then_some(account)
}

/// The account and the resource of an ARN of one service.
fn arn<'t>(text: &'t str, service: &str) -> Option<[&'t str; 2]> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, found, _, account, resource] = parts[..] else {
        return None;
    };
    let good = partition.starts_with("aws") && found == service && !resource.is_empty();
    (good && !text.contains(char::is_whitespace)).then_some([account, resource])
}

/// The ARN of a connection to a code host: of `CodeStar`, or of `CodeConnections` as it is called now.
pub(super) fn connection(reader: &mut Reader, node: &Node, path: &str) -> Option<String> {
    let parse = |text: &str| {
        let services = ["codestar-connections", "codeconnections"];
        if services.iter().any(|service| arn(text, service).is_some()) {
            Ok(text.to_owned())
        } else {
            Err(format!("`{text}` is not the ARN of a connection"))
        }
    };
    let help = "write the connection's ARN: `arn:aws:codeconnections:REGION:ACCOUNT:connection/ID`";
    reader
        .parsed(node, path, parse, help)
        .map(|connection| connection.value)
}

/// `owner/name`.
pub(super) fn repository(reader: &mut Reader, node: &Node, path: &str) -> Option<Located<String>> {
    let parse = |text: &str| {
        let word = |part: &str| {
            let plain =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            !part.is_empty() && part.bytes().all(plain)
        };
        match text.split_once('/') {
            Some((owner, name)) if word(owner) && word(name) => Ok(text.to_owned()),
            _ => Err(format!("`{text}` is not a repository")),
        }
    };
    reader.parsed(node, path, parse, "write it as `owner/name`")
}

/// A text with placeholders, of which only some mean something here.
pub(super) fn pattern(
    reader: &mut Reader,
    node: &Node,
    path: &str,
    placeholders: &[&str],
) -> Option<String> {
    let parse = |text: &str| match unknown_placeholder(text, placeholders) {
        Some(unknown) => Err(format!("`{unknown}` means nothing in `{path}`")),
        None => Ok(text.to_owned()),
    };
    let help = format!("the placeholders here are `{}`", placeholders.join("`, `"));
    reader
        .parsed(node, path, parse, &help)
        .map(|pattern| pattern.value)
}

fn unknown_placeholder<'t>(text: &'t str, known: &[&str]) -> Option<&'t str> {
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let end = rest[start..]
            .find('}')
            .map_or(rest.len(), |end| start + end + 1);
        if !known.contains(&&rest[start..end]) {
            return Some(&rest[start..end]);
        }
        rest = &rest[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{is_region, role_account, unknown_placeholder};

    #[test]
    fn regions_are_known_by_their_form() {
        for good in [
            "us-east-1",
            "ap-southeast-4",
            "us-gov-west-1",
            "eusc-de-east-1",
        ] {
            assert!(is_region(good), "{good}");
        }
        for bad in [
            "us-east",
            "useast1",
            "US-EAST-1",
            "us-east-1a",
            "",
            "-",
            "us--1",
            "1-2-3",
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn a_role_says_which_account_it_belongs_to() {
        let account = Some("444455556666");
        assert_eq!(role_account("arn:aws:iam::444455556666:role/plan"), account);
        assert_eq!(
            role_account("arn:aws-us-gov:iam::444455556666:role/a/b"),
            account
        );
        assert_eq!(role_account("arn:aws:iam::444455556666:user/plan"), None);
        assert_eq!(role_account("arn:aws:iam::4444:role/plan"), None);
        assert_eq!(role_account("plan"), None);
    }

    #[test]
    fn a_placeholder_that_means_nothing_is_found() {
        let known = ["{account_id}", "{region}"];
        assert_eq!(unknown_placeholder("a-{account_id}-{region}", &known), None);
        assert_eq!(
            unknown_placeholder("a-{account}", &known),
            Some("{account}")
        );
        assert_eq!(unknown_placeholder("a-{region", &known), Some("{region"));
    }
}
