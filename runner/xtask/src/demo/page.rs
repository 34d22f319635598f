//! A comment as people see it: the page that GitHub makes of its Markdown, as text.

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// Shows a comment; what is folded is open.
pub(super) fn shown(markdown: &str) -> String {
    let mut page = String::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if !line.starts_with('|') {
            page.push_str(&table(&std::mem::take(&mut rows)));
        }
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            page.push_str(&coloured(line));
        } else if line.starts_with('|') {
            rows.extend(cells(line));
        } else if let Some(text) = visible(line) {
            page.push_str(&text);
            page.push('\n');
        }
    }
    page.push_str(&table(&rows));
    page
}

/// A line of a difference in its colour.
fn coloured(line: &str) -> String {
    let colour = match line.chars().next() {
        Some('+') => "\x1b[32m",
        Some('-') => "\x1b[31m",
        Some('!') => "\x1b[33m",
        _ => "",
    };
    format!("    {colour}{line}{PLAIN}\n")
}

/// A line outside tables and code; nothing where it is not to be seen.
fn visible(line: &str) -> Option<String> {
    if line.starts_with("<!--") || line == "</details>" {
        return None;
    }
    let text = inline(line);
    Some(match line.strip_prefix("<details><summary>") {
        Some(_) => format!("▾ {text}"),
        None => match text.strip_prefix("### ") {
            Some(heading) => format!("{BOLD}{heading}{PLAIN}"),
            None => text,
        },
    })
}

/// Text without its markup.
fn inline(text: &str) -> String {
    let mut shown = String::new();
    let mut in_tag = false;
    for character in linked(text).chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            _ => shown.push(character),
        }
    }
    let entities = [
        ("&#64;", "@"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
    ];
    let all = entities
        .iter()
        .fold(shown, |text, (entity, sign)| text.replace(entity, sign));
    all.replace("&amp;", "&")
}

/// Links as their words.
fn linked(text: &str) -> String {
    let Some((before, rest)) = text.split_once('[') else {
        return text.to_owned();
    };
    match rest.split_once("](") {
        Some((words, address)) => {
            let after = address.split_once(')').map_or("", |(_, after)| after);
            format!("{before}{words}{}", linked(after))
        }
        None => text.to_owned(),
    }
}

/// The cells of a row; nothing for the line below the head.
fn cells(line: &str) -> Option<Vec<String>> {
    let row = line.trim_matches('|');
    let is_rule = row.chars().all(|character| "-:| ".contains(character));
    (!is_rule).then(|| row.split(" | ").map(|cell| inline(cell.trim())).collect())
}

/// Rows with their columns below each other, the head dimmed.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let padded = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    let mut lines = rows.iter().map(padded);
    let head = lines.next().map(|head| format!("{DIM}{head}{PLAIN}\n"));
    let body = lines.map(|line| line + "\n");
    head.into_iter().chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_shown_without_its_markup() {
        let markdown = "\
<!-- nucleon:plan: -->
### Nucleon: 1 of 1 target changes

Commit 5b6f · [run](https://github.test/runs/1)

| Target | What will happen |
|---|---|
| <code>environment/dev</code> | update to <code>network-env&#64;1.1</code> |

<details><summary><code>environment/dev</code> · update</summary>

```diff
! modify Queue
```

</details>
";
        let plain = anstream::adapter::strip_str(&shown(markdown)).to_string();
        insta::assert_snapshot!(plain, @r"
        Nucleon: 1 of 1 target changes

        Commit 5b6f · run

        Target           What will happen
        environment/dev  update to network-env@1.1

        ▾ environment/dev · update

            ! modify Queue
        ");
    }
}
