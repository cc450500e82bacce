"""In the form of the documented Python example: one request, hosts and paths in the program."""

import requests

response = requests.post(
    "https://api.runflow.io/v1/models/google/veo3.1/lite/runs",
    headers={"Authorization": "Bearer rf_live_program"},
    json={
        "input": {"prompt": "A kite over the dunes.", "duration": "6s", "resolution": "720p"},
        "callback_url": "https://your-server.com/webhook",
    },
)

data = response.json()
print("submitted", response.status_code, data["status_code"])
