# It names no backend: nucleon.yaml says where its state is.
resource "terraform_data" "clip" {
  input = "${var.environment.outputs.Shelf} of ${var.service_instance.inputs.team}"
}

output "Clipped" {
  value = terraform_data.clip.output
}
