/*
This file is managed by AWS Proton. Any changes made directly to this file will be overwritten the next time AWS Proton performs an update.

To manage this resource, see AWS Proton Resource: arn:aws:proton:us-east-1:111122223333:service/orders/pipeline

If the resource is no longer accessible within AWS Proton, it may have been deleted and may require manual cleanup.
*/

resource "terraform_data" "pipeline" {
  for_each = { for instance in var.service_instances : instance.name => instance }
  input    = [each.value.environment.account_id, each.value.inputs.size, var.pipeline.inputs.branch_filter]
}
