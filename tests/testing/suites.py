"""What the tests of users are made of: clients, a receiver, settings."""

LITE = "/v1/models/google/veo3.1/lite/runs"
# How a test file speaks, with each client that the plugin is tested with: `say(mock, method, path, body)`.
SPEAKERS = {
    "requests": """
import requests
def say(mock, method, path, body=None):
    headers = {"Authorization": "Bearer " + mock.runflow.key}
    reply = requests.request(method, mock.runflow.url + path, json=body, headers=headers, timeout=10)
    return reply.status_code, reply.json()
""",
    "httpx": """
import httpx
def say(mock, method, path, body=None):
    headers = {"Authorization": "Bearer " + mock.runflow.key}
    reply = httpx.request(method, mock.runflow.url + path, json=body, headers=headers, trust_env=False)
    return reply.status_code, reply.json()
""",
    "httpx2": """
import httpx2
def say(mock, method, path, body=None):
    headers = {"Authorization": "Bearer " + mock.runflow.key}
    reply = httpx2.request(method, mock.runflow.url + path, json=body, headers=headers, trust_env=False)
    return reply.status_code, reply.json()
""",
    "aiohttp": """
import aiohttp, asyncio
def say(mock, method, path, body=None):
    async def speak():
        headers = {"Authorization": "Bearer " + mock.runflow.key}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.request(method, mock.runflow.url + path, json=body) as reply:
                return reply.status, await reply.json()
    return asyncio.run(speak())
""",
    "urllib3": """
import urllib3
def say(mock, method, path, body=None):
    headers = {"Authorization": "Bearer " + mock.runflow.key}
    with urllib3.PoolManager(headers=headers) as pool:
        reply = pool.request(method, mock.runflow.url + path, json=body, retries=False)
        return reply.status, reply.json()
""",
}
SAY = (
    SPEAKERS["httpx2"]
    + f"""
import pytest
RUNS = "{LITE}"
"""
)
# A user's receiver of callbacks, on loopback: `receiver.got` is what came, `receiver.answer(headers, body)` the status.
RECEIVER = """
import hashlib, hmac, http.server, threading
@pytest.fixture
def receiver():
    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            server.got.append(body)
            self.send_response(server.answer(self.headers, body))
            self.end_headers()
        def log_message(self, *_): pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        server.got, server.answer = [], lambda headers, body: 200
        server.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
def signed_run(mock, receiver):
    secret = say(mock, "POST", "/v1/callback-secrets", {"label": "mine"})[1]["plain_secret"]
    say(mock, "POST", RUNS, {"input": {"prompt": "A paper boat."}, "callback_url": receiver.url})
    return secret
"""
# Our own settings are strict; those of users may be as well.
INI = "[pytest]\nfilterwarnings = error\n"
