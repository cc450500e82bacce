#!/usr/bin/env bash
# try_wheel.sh PYTHON WHEEL: a wheel works in an empty environment of this Python, with the packages that are pinned for it.
# Prints its size and its import time.
set -euo pipefail
pins="$(cd "$(dirname "${BASH_SOURCE[0]}")/../wheel" && pwd)/requirements.txt"
python="$1" wheel="$(cd "$(dirname "$2")" && pwd)/$(basename "$2")"
folder="$(mktemp -d)"
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder" # nothing of a checkout is importable here
"$python" -m venv environment
export PIP_DISABLE_PIP_VERSION_CHECK=1
environment/bin/python -m pip install --quiet --require-hashes --requirement "$pins"
environment/bin/python -m pip install --quiet --no-deps "$wheel"
environment/bin/python -m pip check # every package that the wheel names is there, in a version that it allows
echo "$(environment/bin/python --version), $(du -k "$wheel" | cut -f1) KB"
environment/bin/mockreel --version
environment/bin/python -c '
import time
began = time.perf_counter()
import mockreel
bare = time.perf_counter() - began
from mockreel import serving
print(f"import mockreel: {1000 * bare:.0f} ms; with a server: {1000 * (time.perf_counter() - began):.0f} ms")
'
environment/bin/mockreel serve --port 0 --ready-file ready.json --quiet &
server="$!"
environment/bin/mockreel wait --ready-file ready.json --timeout 60
environment/bin/python -c '
import json, urllib.request
ready = json.load(open("ready.json"))
for name in ("runflow", "aimlapi", "runninghub"):
    assert name in ready, ready
with urllib.request.urlopen(ready["runflow"]["url"] + "/v1/health") as response:
    assert response.status == 200
'
environment/bin/mockreel demo > demo.txt || { cat demo.txt; exit 1; }
echo "It works."
