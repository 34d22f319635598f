//! Quoted text: what it says in Python, and how the engine writes the same.

/// The text that a literal stands for, or what Python refuses of it.
pub(super) fn text(literal: &str) -> Result<String, String> {
    let body = &literal[1..literal.len() - 1];
    if !body.contains('\\') {
        return Ok(body.to_owned());
    }
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        rest = escape(after, &mut text)?;
    }
    text.push_str(rest);
    Ok(text)
}

/// Reads one escape after its `\`, and gives what comes after.
fn escape<'t>(rest: &'t str, into: &mut String) -> Result<&'t str, String> {
    let mut characters = rest.chars();
    let Some(first) = characters.next() else {
        return Err("a text ends with `\\`".to_owned());
    };
    let after = characters.as_str();
    let simple = match first {
        '\n' => return Ok(after),
        '\\' | '\'' | '"' => first,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '0'..='7' => return octal(rest, into),
        'x' => return hexadecimal(after, 2, into),
        'u' => return hexadecimal(after, 4, into),
        'U' => return hexadecimal(after, 8, into),
        'N' => return Err("`\\N{…}` names a character, which Nucleon cannot look up".to_owned()),
        _ => {
            // Python leaves what it does not know as it is.
            into.push('\\');
            first
        }
    };
    into.push(simple);
    Ok(after)
}

fn octal<'t>(rest: &'t str, into: &mut String) -> Result<&'t str, String> {
    let is_octal = |byte: u8| (b'0'..=b'7').contains(&byte);
    let length = rest
        .bytes()
        .take(3)
        .take_while(|byte| is_octal(*byte))
        .count();
    push(&rest[..length], 8, into)?;
    Ok(&rest[length..])
}

fn hexadecimal<'t>(rest: &'t str, length: usize, into: &mut String) -> Result<&'t str, String> {
    let digits = rest
        .get(..length)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let Some(digits) = digits else {
        return Err(format!("an escape needs {length} hexadecimal digits"));
    };
    push(digits, 16, into)?;
    Ok(&rest[length..])
}

fn push(digits: &str, radix: u32, into: &mut String) -> Result<(), String> {
    let character = u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32);
    into.push(character.ok_or_else(|| format!("an escape stands for no character: {digits}"))?);
    Ok(())
}

/// The text as a literal that the engine reads back as the same.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for character in text.chars() {
        match character {
            '\\' | '"' => literal.extend(['\\', character]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            _ => literal.push(character),
        }
    }
    literal.push('"');
    literal
}
