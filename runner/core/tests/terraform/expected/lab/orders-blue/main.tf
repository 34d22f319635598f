/*
This file is managed by AWS Proton. Any changes made directly to this file will be overwritten the next time AWS Proton performs an update.

To manage this resource, see AWS Proton Resource: arn:aws:proton:us-east-1:111122223333:service/orders/service-instance/blue

If the resource is no longer accessible within AWS Proton, it may have been deleted and may require manual cleanup.
*/

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
