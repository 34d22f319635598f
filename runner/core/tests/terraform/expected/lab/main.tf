/*
This file is managed by AWS Proton. Any changes made directly to this file will be overwritten the next time AWS Proton performs an update.

To manage this resource, see AWS Proton Resource: arn:aws:proton:us-east-1:111122223333:environment/lab

If the resource is no longer accessible within AWS Proton, it may have been deleted and may require manual cleanup.
*/

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
