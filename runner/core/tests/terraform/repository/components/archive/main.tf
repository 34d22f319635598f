resource "terraform_data" "archive" {
  input = "${var.component.name} of ${var.service.name}-${var.service_instance.name} in ${var.environment.outputs.VpcId}"
}

output "BucketName" {
  value = "${var.component.name}-${var.service_instance.inputs.size}"
}
