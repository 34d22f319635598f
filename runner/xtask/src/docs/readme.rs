//! The generated parts of the actions' READMEs.

use std::fmt::Write as _;

use super::action::{Action, Input};
use super::marked;

/// Fills the tables of inputs and outputs in.
pub(super) fn fill(readme: &str, action: &Action) -> Result<String, String> {
    let readme = marked::replace(
        readme,
        "<!-- inputs -->",
        "<!-- /inputs -->",
        &inputs(action),
    )?;
    marked::replace(
        &readme,
        "<!-- outputs -->",
        "<!-- /outputs -->",
        &outputs(action),
    )
}

/// Shows a workflow file that users have.
pub(super) fn show(readme: &str, name: &str, file: &str) -> Result<String, String> {
    let block = format!("\n```yaml\n{}\n```\n\n", file.trim_end());
    marked::replace(
        readme,
        &format!("<!-- {name} -->"),
        &format!("<!-- /{name} -->"),
        &block,
    )
}

fn inputs(action: &Action) -> String {
    let mut table = String::from("\n| input | default | what it is |\n|---|---|---|\n");
    for input in &action.inputs {
        row(
            &mut table,
            &[
                &format!("`{}`", input.name),
                &default_of(input),
                &input.description,
            ],
        );
    }
    table.push('\n');
    table
}

fn outputs(action: &Action) -> String {
    let mut table = String::from("\n| output | what it is |\n|---|---|\n");
    for output in &action.outputs {
        row(
            &mut table,
            &[&format!("`{}`", output.name), &output.description],
        );
    }
    table.push('\n');
    table
}

fn default_of(input: &Input) -> String {
    if input.required {
        return "**required**".to_owned();
    }
    if input.default.is_empty() {
        String::new()
    } else {
        format!("`{}`", input.default)
    }
}

fn row(table: &mut String, cells: &[&str]) {
    for cell in cells {
        write!(table, "| {} ", cell.replace('|', "\\|")).expect("a String takes any text");
    }
    table.push_str("|\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_row_says_what_is_required_and_what_the_default_is() {
        let action = Action::parse(
            "inputs:\n  a: {description: one | two, required: true}\n  b: {description: B, default: \".\"}\noutputs: {}\n",
        )
        .unwrap();

        assert_eq!(
            inputs(&action),
            "\n| input | default | what it is |\n|---|---|---|\n| `a` | **required** | one \\| two |\n| `b` | `.` | B |\n\n"
        );
    }
}
