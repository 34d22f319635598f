//! `proton.<kind>.variables.tf`: the declarations that Proton put beside a module.

use crate::folder::Kind;
use crate::folder::form::{Form, InputsType};

/// The declarations, without a header.
pub(super) fn text(kind: Kind, form: Form) -> String {
    let inputs = match form.inputs {
        InputsType::Any => "any",
        InputsType::Texts => "map(string)",
    };
    let declarations = match kind {
        Kind::Environment => ENVIRONMENT,
        Kind::Instance => INSTANCE,
        Kind::Pipeline => PIPELINE,
        Kind::Component => COMPONENT,
    };
    let mut text = declarations.replace("INPUTS", inputs);
    if form.has_tags_variable {
        text.push_str(TAGS);
    }
    if !form.has_last_newline {
        text.pop();
    }
    text
}

const ENVIRONMENT: &str = r#"variable "environment" {
  type = object({
    inputs = INPUTS
    name   = string
  })
  default = null
}
"#;

const INSTANCE: &str = r#"variable "environment" {
  type = object({
    account_id = string
    name       = string
    outputs    = map(string)
  })
  default = null
}

variable "service" {
  type = object({
    name                      = string
    branch_name               = string
    repository_connection_arn = string
    repository_id             = string
  })
}

variable "service_instance" {
  type = object({
    name       = string
    inputs     = INPUTS
    components = map(any)
  })
  default = null
}
"#;

const PIPELINE: &str = r#"variable "service_instances" {
  type = list(
    object({
      name    = string
      inputs  = INPUTS
      outputs = map(string)
      environment = object({
        account_id = string
        name       = string
        outputs    = map(string)
      })
    })
  )
}

variable "service" {
  type = object({
    name                      = string
    branch_name               = string
    repository_connection_arn = string
    repository_id             = string
  })
  default = null
}

variable "pipeline" {
  type = object({
    inputs = INPUTS
  })
  default = null
}
"#;

/// Proton indented it so.
const COMPONENT: &str = r#"variable "component" {
  type = object({
    name = string
  })
}

variable "environment" {
  type = object({
    account_id = string
    name       = string
    outputs    = map(string)
  })
}

variable "service" {
   type = object({
     name = string
   })
   default = null
}

variable "service_instance" {
  type = object({
    name   = string
    inputs = INPUTS
  })
  default = null
}
"#;

const TAGS: &str = r#"
variable "proton_tags" {
  type    = map(string)
  default = null
}
"#;
