output "VpcId" {
  value = terraform_data.network.id
}
