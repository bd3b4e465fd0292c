# Registers a task definition of ECS at moto, past botocore's own check, and prints what is then known: register-task.py FILE
import json, sys
import boto3

with open(sys.argv[1]) as file:
    definition = json.load(file)
answer = boto3.client("ecs", region_name="us-east-1").register_task_definition(**definition)
print(json.dumps(answer["taskDefinition"], default=str))
