output "Shelf" {
  value = "${var.environment.name}-drawer-${var.environment.inputs.text}"
}

output "Notes" {
  value = terraform_data.drawer.output.notes
}

output "Region" {
  value = var.aws_region
}

output "Key" {
  value     = "key-of-the-drawer"
  sensitive = true
}
