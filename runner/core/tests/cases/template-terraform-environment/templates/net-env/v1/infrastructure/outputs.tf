output "VpcId" {
  value = aws_vpc.main.id
}
