# Registers a task definition of ECS and a policy at moto, past botocore's own check of the former and moto's of the latter, and
# prints what is then known of the task: register-task.py DEFINITION POLICY
import json, sys
import boto3

definition, policy = (open(file).read() for file in sys.argv[1:])
boto3.client("iam", region_name="us-east-1").create_policy(PolicyName="secrets", PolicyDocument=policy)
ecs = boto3.client("ecs", region_name="us-east-1")
print(json.dumps(ecs.register_task_definition(**json.loads(definition))["taskDefinition"], default=str))
