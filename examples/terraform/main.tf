terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

# Neither a variable that is ephemeral nor an argument that ends in _wo gets into the plan or the state.
variable "binance_api_key" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "binance_api_secret" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "postgres_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

# Raise it to write the values of the variables again.
variable "secrets_version" {
  type    = number
  default = 1
}

resource "aws_secretsmanager_secret" "binance_credentials" {
  name        = "dsta/exchange/binance"
  description = "Binance API credentials for DSTA"
}

resource "aws_secretsmanager_secret_version" "binance_credentials" {
  secret_id = aws_secretsmanager_secret.binance_credentials.id
  secret_string_wo = jsonencode({
    api_key    = var.binance_api_key
    api_secret = var.binance_api_secret
  })
  secret_string_wo_version = var.secrets_version
}

resource "aws_secretsmanager_secret" "postgres_password" {
  name        = "dsta/database/postgres/password"
  description = "PostgreSQL password for DSTA"
}

resource "aws_secretsmanager_secret_version" "postgres_password" {
  secret_id                = aws_secretsmanager_secret.postgres_password.id
  secret_string_wo         = var.postgres_password
  secret_string_wo_version = var.secrets_version
}

# For the role that the programs run as.
data "aws_iam_policy_document" "read_secrets" {
  statement {
    actions = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = [
      aws_secretsmanager_secret.binance_credentials.arn,
      aws_secretsmanager_secret.postgres_password.arn,
    ]
  }
  statement {
    actions   = ["secretsmanager:BatchGetSecretValue"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "read_secrets" {
  name   = "dsta-read-secrets"
  policy = data.aws_iam_policy_document.read_secrets.json
}
