terraform {
  required_version = ">= 1.5"
  backend "s3" {}
}

variable "aws_region" {
  type = string
}

# Says who made it, in which account, and how it went.
resource "terraform_data" "drawer" {
  input = {
    text   = var.environment.inputs.text
    notes  = var.environment.inputs.notes
    secret = sensitive(var.environment.inputs.secret)
  }
  triggers_replace = [var.environment.inputs.label]

  provisioner "local-exec" {
    command     = "sh ${path.module}/fill.sh"
    environment = {
      NAME    = var.environment.name
      SECONDS_TO_TAKE = var.environment.inputs.seconds
      CODE    = var.environment.inputs.code
      TEXT    = var.environment.inputs.text
    }
  }
}
