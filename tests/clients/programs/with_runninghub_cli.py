"""`rh` of `runninghub-cli`, whose addresses are fixed: run by `mockreel run`, which intercepts them."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from steps import step

RH = str(Path(sys.executable).with_name("rh"))
ENDPOINT = "kling-v3.0-pro/text-to-video"


def rh(*words: str) -> Any:
    """What a command prints, as JSON."""
    ran = subprocess.run([RH, *words], capture_output=True, text=True, check=False, timeout=120)
    try:
        return json.loads(ran.stdout)
    except ValueError:
        return ran.stdout[-300:] + ran.stderr[-300:]


with tempfile.TemporaryDirectory() as folder:
    clip, image = Path(folder) / "clip.mp4", Path(folder) / "picture.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    step("the account", lambda: rh("account", "status")["apiType"], "NORMAL")
    asked = ("--prompt", "a tram at dusk", "--output", str(clip))
    step("a model", lambda: rh("model", "run", ENDPOINT, *asked)["status"], "SUCCESS")
    step("its clip", lambda: clip.read_bytes()[4:8], b"ftyp")
    auto = ("model", "auto", "--task", "image-to-video", "--image", str(image), "--prompt", "it moves")
    step("the model that it picks itself", lambda: rh(*auto)["status"], "SUCCESS")
    step("the apps", lambda: len(rh("app", "list")["records"]) > 0)
    app = rh("app", "list")["records"][0]["webappId"]
    step("an app's inputs", lambda: len(rh("app", "info", app)["nodes"]) > 0)
    step("an app", lambda: rh("app", "run", app, "--node", "6:prompt=a samurai cat")["status"], "SUCCESS")
