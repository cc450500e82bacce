"""As RunningHub's progress example: start a workflow, and follow it at the address that the response has."""

import json

import requests
from websockets.sync.client import connect

response = requests.post(
    "https://www.runninghub.cn/task/openapi/create",
    json={"apiKey": "c0ffee" * 5 + "00", "workflowId": "1904136902449209346"},
)
task = response.json()["data"]
print("at", task["netWssUrl"].partition("?")[0])
with connect(task["netWssUrl"]) as socket:
    messages = [json.loads(message)["type"] for message in socket]
print("followed", messages.count("progress"), "execution_success" in messages)
