/*
This file is managed by AWS Proton. Any changes made directly to this file will be overwritten the next time AWS Proton performs an update.

To manage this resource, see AWS Proton Resource: arn:aws:proton:us-east-1:123456789012:environment/terraform-vpc-env

If the resource is no longer accessible within AWS Proton, it may have been deleted and may require manual cleanup.
*/

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
