//! Values that must not be seen.

use aws_sdk_cloudformation::types::Output;
use nucleon_core::outcome::Outputs;
use nucleon_core::plan::{Change, PropertyChange};

const MASK: &str = "***";
/// What CloudFormation itself shows of a `NoEcho` parameter.
const NO_ECHO: &str = "****";

/// Hides the values of sensitive properties, and counts them.
pub(crate) fn mask(changes: &mut [Change], sensitive: &[String]) -> u32 {
    let mut masked = 0;
    for property in changes.iter_mut().flat_map(|change| &mut change.properties) {
        let hidden = is_sensitive(property, sensitive);
        for value in [&mut property.before, &mut property.after]
            .into_iter()
            .flatten()
        {
            if hidden || value.contains(NO_ECHO) {
                MASK.clone_into(value);
                masked += 1;
            }
        }
    }
    masked
}

fn is_sensitive(property: &PropertyChange, sensitive: &[String]) -> bool {
    property
        .path
        .split('.')
        .any(|segment| sensitive.iter().any(|name| name == segment))
}

/// The outputs of a stack that may be kept.
pub(crate) fn outputs(of: &[Output], sensitive: &[String]) -> Outputs {
    of.iter()
        .filter_map(|output| Some((output.output_key()?, output.output_value()?)))
        .filter(|(key, value)| !sensitive.iter().any(|name| name == key) && *value != NO_ECHO)
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use nucleon_core::plan::{Action, Recreation};

    use super::*;

    fn change(path: &str, before: &str, after: &str) -> Change {
        Change {
            action: Action::Modify,
            resource: "Database".to_owned(),
            resource_type: "AWS::RDS::DBInstance".to_owned(),
            physical_id: None,
            properties: vec![PropertyChange {
                path: path.to_owned(),
                before: Some(before.to_owned()),
                after: Some(after.to_owned()),
                recreation: Recreation::Never,
            }],
        }
    }

    #[test]
    fn a_sensitive_property_is_hidden_wherever_it_stands() {
        let mut changes = [
            change("Properties.Login.Password", "one", "two"),
            change("Properties.Name", "one", "two"),
        ];
        assert_eq!(mask(&mut changes, &["Password".to_owned()]), 2);
        assert_eq!(changes[0].properties[0].after.as_deref(), Some("***"));
        assert_eq!(changes[1].properties[0].after.as_deref(), Some("two"));
    }

    #[test]
    fn what_cloudformation_hides_is_counted_too() {
        let mut changes = [change("Properties.Value", "****", "****")];
        assert_eq!(mask(&mut changes, &[]), 2);
    }

    #[test]
    fn a_sensitive_output_is_not_kept() {
        let output = |key: &str| Output::builder().output_key(key).output_value("v").build();
        let kept = outputs(&[output("Url"), output("Secret")], &["Secret".to_owned()]);
        assert_eq!(kept.into_keys().collect::<Vec<_>>(), ["Url"]);
    }
}
