"""Has moto move AWSCURRENT, keep staged values and list versions as AWS does.

Python runs this file before any program that finds it on PYTHONPATH. Without it moto
- goes on giving the version that was the current one before UpdateSecretVersionStage moved the label away from it,
- takes a label off before it finds out that it cannot be attached where it is to go,
- lets PutSecretValue replace the value of a version that is pending, under the same ClientRequestToken,
- lists versions that no label is attached to any more, all as of now, and answers HTTP 500 where there is no such secret.
"""

import json

from moto.secretsmanager import models
from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    ResourceExistsException,
    SecretNotFoundException,
)

Backend = models.SecretsManagerBackend
move = Backend.update_secret_version_stage
check = Backend._check_with_existing_secrets_and_versions
list_versions = Backend.list_secret_version_ids


def move_label(self, secret_id, version_stage, remove_from_version_id, move_to_version_id):
    versions = self.secrets[secret_id].versions if secret_id in self.secrets else {}
    if move_to_version_id and move_to_version_id not in versions:
        raise InvalidParameterException(f"Not a valid version: {move_to_version_id}")
    answer = move(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
    if version_stage == "AWSCURRENT" and move_to_version_id:
        self.secrets[secret_id].set_default_version_id(move_to_version_id)
    return answer


def check_version(self, secret_name, client_request_token, secret_string, secret_binary, on_create=False):
    secret = self.secrets.get(secret_name)
    version = secret and secret.versions.get(client_request_token)
    if version and "AWSPENDING" in version["version_stages"] and "secret_string" in version:
        if version["secret_string"] == secret_string:
            return secret
        raise ResourceExistsException("The version exists.")
    return check(self, secret_name, client_request_token, secret_string, secret_binary, on_create)


def list_labelled(self, secret_id):
    if secret_id not in self.secrets:
        raise SecretNotFoundException()
    answer = json.loads(list_versions(self, secret_id))
    stored = self.secrets[secret_id].versions
    versions = [version for version in answer["Versions"] if version["VersionStages"]]
    for version in versions:
        version["CreatedDate"] = stored[version["VersionId"]]["createdate"]
    return json.dumps({**answer, "Versions": versions})


Backend.update_secret_version_stage = move_label
Backend._check_with_existing_secrets_and_versions = check_version
Backend.list_secret_version_ids = list_labelled
