locals {
  archive = try(var.service_instance.components.default.outputs.BucketName, null)
}

resource "terraform_data" "worker" {
  input = [
    var.service.name,
    var.service.branch_name,
    var.service_instance.inputs.queue,
    var.environment.outputs.VpcId,
    local.archive,
    var.proton_tags,
  ]
}
