module "zone" {
  source = "./modules/zone"
  count  = var.environment.inputs.zones
  name   = "${var.environment.name}-${count.index}"
}

resource "terraform_data" "network" {
  input = {
    cidr   = var.environment.inputs.cidr
    names  = var.environment.inputs.names
    weight = var.environment.inputs.tuning.weights[0]
    tags   = var.proton_tags
    greet  = templatefile("${path.module}/greeting.tftpl", { name = var.environment.name })
    size   = length(filebase64("${path.module}/handler.bin"))
  }
}
