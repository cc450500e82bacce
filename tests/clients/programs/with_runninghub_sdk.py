"""`runninghub_sdk`: upload, price, a standard model, a workflow, a cancellation, an error response, a wrong key."""

from runninghub_sdk import RunningHubClient
from runninghub_sdk.exceptions import RunningHubError
from steps import step, where

ENDPOINT = "rhart-video-v3.1-lite-official/image-to-video"
WORKFLOW = "1904136902449209346"

url, key = where()
client = RunningHubClient(key, base_url=url)
wrong = RunningHubClient("invalid", base_url=url)
picture = client.upload_image(b"\x89PNG\r\n\x1a\n" + bytes(64))["downloadUrl"]
payload = {"prompt": "a tram at dusk", "imageUrl": picture, "duration": "4", "resolution": "720p"}
step("a price per second", lambda: client.preview_model_price(ENDPOINT, payload).estimated_price, 1.26)
task = client.run_model_api(ENDPOINT, payload)
step("a task", lambda: client.wait_for_query_v2_completion(task.task_id).status.value, "SUCCESS")
step("a workflow", lambda: len(client.wait_for_completion(client.run(WORKFLOW).task_id)), 1)
step("a cancellation", lambda: bool(client.cancel(client.run(WORKFLOW).task_id)) or True)
step("a refusal in a 200", lambda: client.run_model_api(ENDPOINT, {"prompt": "no image"}).error_code, "1007")
step("a wrong key", wrong.get_account_status, RunningHubError)
