//! The comment at the head of every `.tf` file in a folder.

const MANAGED: &str = "/*\nThis file is managed by AWS Proton.";
const NOT_MANAGED: &str = "/*\nThis file is no longer managed by AWS Proton.";
const END: &str = "*/\n\n";

/// The header in the folder of a target that was deleted.
pub(super) const DELETED: &str = "\
/*
This file is no longer managed by AWS Proton. The associated resource has been deleted in Proton.
*/

";

/// The header in the folder of a target.
pub(super) fn managed(arn: &str) -> String {
    format!(
        "\
/*
This file is managed by AWS Proton. Any changes made directly to this file will be overwritten the next time AWS Proton performs an update.

To manage this resource, see AWS Proton Resource: {arn}

If the resource is no longer accessible within AWS Proton, it may have been deleted and may require manual cleanup.
*/

"
    )
}

/// What stands below the header; nothing where there is no header.
pub(super) fn body(text: &str) -> Option<&str> {
    if !text.starts_with(MANAGED) && !text.starts_with(NOT_MANAGED) {
        return None;
    }
    text.split_once(END).map(|(_, body)| body)
}
