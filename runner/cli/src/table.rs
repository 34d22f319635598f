//! Tables for terminals.

use nucleon_core::visible::visible;

/// A table with a header; columns are as wide as their widest cell, the last is not padded.
///
/// A cell is one line whatever stands in it, and no terminal obeys it.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let shown = |row: &'_ Vec<String>| -> Vec<String> {
        row.iter().map(|cell| visible(cell).into_owned()).collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(shown).collect();
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain([header[column].len()])
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let head = line(&mut header.iter().copied());
    let body = rows
        .iter()
        .map(|row| line(&mut row.iter().map(String::as_str)));
    std::iter::once(head).chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec!["environment/dev".to_owned(), "ok".to_owned()],
            vec!["x".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["target", "status"], &rows),
            "target           status\nenvironment/dev  ok\nx\n"
        );
    }

    #[test]
    fn a_cell_is_one_line_that_no_terminal_obeys() {
        let rows = [vec!["no\nright \u{1b}[2J".to_owned()]];
        assert_eq!(
            table(&["message"], &rows),
            "message\nno\\nright \\u{1b}[2J\n"
        );
    }
}
