terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }

  # Bucket, key and region come from whoever runs it.
  backend "s3" {}
}

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = var.proton_tags
  }
}

variable "aws_region" {
  description = "The region; without it, the one of the environment variable AWS_REGION"
  type        = string
  default     = null
}
