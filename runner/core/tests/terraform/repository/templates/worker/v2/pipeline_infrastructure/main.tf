resource "terraform_data" "pipeline" {
  for_each = { for instance in var.service_instances : instance.name => instance }
  input    = [each.value.environment.account_id, each.value.inputs.size, var.pipeline.inputs.branch_filter]
}
