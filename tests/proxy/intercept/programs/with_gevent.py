"""requests under gevent, without the proxy of its environment."""

from gevent import monkey

monkey.patch_all()

import requests  # noqa: E402

session = requests.Session()
session.trust_env = False
reply = session.post(
    "https://api.runflow.io/v1/models/google/veo3.1/lite/runs",
    headers={"Authorization": "Bearer rf_live_program"},
    json={"input": {"prompt": "A kite over the dunes."}},
)
print("submitted", reply.status_code)
