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
