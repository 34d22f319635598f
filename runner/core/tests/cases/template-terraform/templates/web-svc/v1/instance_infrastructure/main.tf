# var.service_instance.inputs.in_a_comment
locals {
  name = "${var.service.name}-${var.service_instance.inputs.sise}"
  text = "var.service_instance.inputs.in_a_text $${var.service_instance.inputs.escaped}"
  zone = var.service_instance.inputs.zone
  tone = try(var.service_instance.inputs.colour, "red")
  page = <<-END
    ${var.service_instance.inputs["imagge"]}
  END
}

resource "aws_sqs_queue" "queue" {
  count = can(var.service_instance.components.default) ? 1 : 0
  name  = var.service_instance.inputs.suffix
  tags  = { vpc = var.environment.outputs.Vpc }
}

resource "aws_ecs_service" "service" {
  name          = var.service_instance.size
  desired_count = var.service_instance.inputs.desired_count
  cluster       = var.environment.inputs.vpc_cidr
  branch        = var.pipeline.inputs.branch
}

output "Url" {
  value = "https://${local.name}"
}
