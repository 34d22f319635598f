resource "aws_vpc" "main" {
  cidr_block = var.environment.inputs.vpc_cidr
}
