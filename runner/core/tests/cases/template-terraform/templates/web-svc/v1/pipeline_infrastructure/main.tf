resource "aws_codebuild_project" "deploy" {
  for_each = { for instance in var.service_instances : instance.name => instance }
  name     = "${var.pipeline.inputs.branch}-${each.value.inputs.size}"
}

locals {
  urls     = [for instance in var.service_instances : instance.outputs.Uri]
  networks = var.service_instances[*].environment.outputs.VpcID
}
