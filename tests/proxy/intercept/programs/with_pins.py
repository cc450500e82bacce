"""Clients that bring their own list of authorities."""

import ssl

import certifi
import httpx
import requests

URL = "https://api.runflow.io/v1/models/google/veo3.1/lite/runs"
KEY = {"Authorization": "Bearer rf_live_program"}
BODY = {"input": {"prompt": "A kite over the dunes."}}

context = ssl.create_default_context(cafile=certifi.where())
print(
    "submitted",
    requests.post(URL, verify=certifi.where(), json=BODY, headers=KEY).status_code,
    httpx.post(URL, verify=context, trust_env=False, json=BODY, headers=KEY).status_code,
)
