/*
This file is managed by AWS Proton. Any changes made directly to this file will be overwritten the next time AWS Proton performs an update.

To manage this resource, see AWS Proton Resource: arn:aws:proton:us-east-1:123456789012:service/terraform-lambda-svc/service-instance/prod

If the resource is no longer accessible within AWS Proton, it may have been deleted and may require manual cleanup.
*/

locals {
  # Lambda takes names of up to 64 characters.
  full    = "${var.environment.name}-${var.service.name}-${var.service_instance.name}"
  name    = length(local.full) > 64 ? "${substr(local.full, 0, 55)}-${substr(sha256(local.full), 0, 8)}" : local.full
  inputs  = var.service_instance.inputs
  outputs = var.environment.outputs

  # What a component that is attached to this instance tells, or nothing.
  component = try(var.service_instance.components.default.outputs, {})
  policies  = [for value in values(local.component) : value if can(regex("^arn:[a-zA-Z-]+:iam::\\d{12}:policy/", value))]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.environment.name}/${var.service.name}/${var.service_instance.name}"
  kms_key_id        = local.outputs.DataKeyArn
  retention_in_days = local.inputs.log_retention_days
}

resource "aws_lambda_function" "this" {
  function_name = local.name
  description   = "${var.service.name} in ${var.environment.name}"
  role          = aws_iam_role.this.arn
  kms_key_arn   = local.outputs.DataKeyArn

  s3_bucket     = local.inputs.code_bucket
  s3_key        = local.inputs.code_key
  handler       = local.inputs.handler
  runtime       = local.inputs.runtime
  architectures = [local.inputs.architecture]
  memory_size   = local.inputs.memory
  timeout       = local.inputs.timeout

  environment {
    variables = merge(
      { LOG_LEVEL = local.inputs.log_level },
      local.inputs.environment_variables,
      local.component,
    )
  }

  logging_config {
    log_group             = aws_cloudwatch_log_group.this.name
    log_format            = "JSON"
    application_log_level = local.inputs.log_level
    system_log_level      = "WARN"
  }

  tracing_config {
    mode = "Active"
  }

  dynamic "vpc_config" {
    for_each = local.inputs.in_network ? [local.outputs] : []

    content {
      security_group_ids = [vpc_config.value.SecurityGroupId]
      subnet_ids         = split(",", vpc_config.value.SubnetIds)
    }
  }

  # A function that cannot log or enter its network would fail at its first call.
  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy_attachment.network]
}

resource "aws_lambda_function_url" "this" {
  count = local.inputs.url == "iam" ? 1 : 0

  function_name      = aws_lambda_function.this.function_name
  authorization_type = "AWS_IAM"
}
