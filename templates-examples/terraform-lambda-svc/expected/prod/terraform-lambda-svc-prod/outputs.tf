/*
This file is managed by AWS Proton. Any changes made directly to this file will be overwritten the next time AWS Proton performs an update.

To manage this resource, see AWS Proton Resource: arn:aws:proton:us-east-1:123456789012:service/terraform-lambda-svc/service-instance/prod

If the resource is no longer accessible within AWS Proton, it may have been deleted and may require manual cleanup.
*/

output "FunctionName" {
  description = "The function"
  value       = aws_lambda_function.this.function_name
}

output "FunctionArn" {
  description = "The function"
  value       = aws_lambda_function.this.arn
}

output "FunctionRoleArn" {
  description = "The role of the function"
  value       = aws_iam_role.this.arn
}

output "Url" {
  description = "The function's address, or nothing"
  value       = join("", aws_lambda_function_url.this[*].function_url)
}

output "LogGroupName" {
  description = "Where the function logs"
  value       = aws_cloudwatch_log_group.this.name
}
