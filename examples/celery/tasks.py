import json
import os
from pathlib import Path
from urllib.request import Request, urlopen

from celery import Celery, shared_task

# A folder is the broker, which needs no server. The URL of a Redis would be a variable, too, from a template of the map:
# BROKER_URL: redis://:${database/redis/password|url}@redis:6379/0
folder = Path("broker")
folder.mkdir(exist_ok=True)
app = Celery("tasks", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": folder,
    "data_folder_out": folder,
    "control_folder": folder / "control",
    "polling_interval": 0.2,
}


@shared_task
def send_notification(text):
    # Read here and not above, so that whoever only calls the task needs no secret.
    webhook_url = os.environ["SLACK_WEBHOOK_URL"]
    body = json.dumps({"text": text}).encode()
    request = Request(webhook_url, body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as response:
        return response.status
