//! What `$ref` names: a type, by a JSON pointer that begins at `types`.

/// Where people begin a pointer to a type.
const BEGINNINGS: [&str; 4] = ["#/components/schemas/", "#/schema/types/", "#/types/", "#/"];

/// The name of the type that a reference points to, without its escapes; nothing where it points elsewhere.
pub(crate) fn type_name(reference: &str) -> Option<String> {
    let escaped = BEGINNINGS
        .iter()
        .find_map(|beginning| reference.strip_prefix(beginning))?;
    let name = percent_decoded(escaped)?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::type_name;

    #[test]
    fn a_reference_names_a_type() {
        for (reference, name) in [
            ("#/Tags", Some("Tags")),
            ("#/types/Tags", Some("Tags")),
            ("#/components/schemas/Tags", Some("Tags")),
            ("#/a~1b~0c~01", Some("a/b~c~1")),
            ("#/a%25b%22", Some("a%b\"")),
            ("#/a%2", None),
            ("#", None),
            ("Tags", None),
            ("other.yaml#/Tags", None),
        ] {
            assert_eq!(type_name(reference).as_deref(), name, "{reference}");
        }
    }
}
