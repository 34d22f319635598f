terraform {
  backend "local" {}
}

resource "terraform_data" "drawer" {
  count = 3
  input = "${var.environment.inputs.text} ${count.index}"
}

output "drawers" {
  value = terraform_data.drawer[*].output
}
