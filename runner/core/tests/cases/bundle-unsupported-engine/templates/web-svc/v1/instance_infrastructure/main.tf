resource "aws_sqs_queue" "this" {
  name = "${var.service.name}-${var.service_instance.inputs.size}"
  tags = { image = var.service_instance.inputs.image, count = var.service_instance.inputs.desired_count }
}
