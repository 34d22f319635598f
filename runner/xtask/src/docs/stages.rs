//! The stages of the deploy workflow.
//!
//! A workflow cannot repeat jobs in order, and a called workflow for each stage
//! would make a failed one hard to step over: its outputs are not promised.
//! So the first stage is written by hand and the others are copies of it, each
//! of which waits for the one before.

use super::marked;

const FIRST: &str = "environments";
const OTHERS: [&str; 7] = [
    "components",
    "instances-1",
    "instances-2",
    "instances-3",
    "instances-4",
    "instances-5",
    "pipelines",
];
const START: &str = "# Generated: the other stages.";
const END: &str = "# Generated up to here.";

/// Fills the stages after the first in.
pub(super) fn fill(workflow: &str) -> Result<String, String> {
    let from = workflow
        .find(&format!("  plan-{FIRST}:\n"))
        .ok_or("the first stage is missing")?;
    let to = workflow
        .find(START)
        .ok_or_else(|| format!("the marker `{START}` is missing"))?;
    let first = workflow[from..to].trim_end();
    let mut previous = FIRST;
    let mut stages = String::new();
    for stage in OTHERS {
        let needs = format!("needs: [pending, plan-{previous}, apply-{previous}]");
        stages.push('\n');
        stages.push_str(
            &first
                .replace(FIRST, stage)
                .replace("needs: [pending]", &needs),
        );
        stages.push('\n');
        previous = stage;
    }
    stages.push('\n');
    marked::replace(workflow, START, END, &stages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_waits_for_the_one_before_it() {
        let first = "  plan-environments:\n    needs: [pending]\n";
        let workflow = fill(&format!("{first}\n  {START}\n  {END}\n")).unwrap();

        assert!(workflow.contains(
            "  plan-components:\n    needs: [pending, plan-environments, apply-environments]\n"
        ));
        assert!(workflow.contains(
            "  plan-pipelines:\n    needs: [pending, plan-instances-5, apply-instances-5]\n"
        ));
    }

    #[test]
    fn filling_twice_changes_nothing() {
        let once = fill(&format!(
            "  plan-environments:\n    needs: [pending]\n\n  {START}\n  {END}\n"
        ))
        .unwrap();
        assert_eq!(fill(&once).unwrap(), once);
    }
}
