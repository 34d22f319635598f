# Outputs are texts: that is how services get them. Lists are comma-separated.

output "VpcId" {
  description = "The VPC"
  value       = aws_vpc.this.id
}

output "PublicSubnetIds" {
  description = "The public subnets, for load balancers"
  value       = join(",", [for zone in local.zones : aws_subnet.public[zone].id])
}

output "SubnetIds" {
  description = "The private subnets, for workloads and data"
  value       = join(",", [for zone in local.zones : aws_subnet.private[zone].id])
}

output "SecurityGroupId" {
  description = "The security group for workloads"
  value       = aws_security_group.workloads.id
}

output "DataKeyArn" {
  description = "The key that encrypts the environment's data and logs"
  value       = aws_kms_key.data.arn
}
