resource "aws_sqs_queue" "this" {
  name = "${var.service.name}-${var.service_instance.name}"
}
