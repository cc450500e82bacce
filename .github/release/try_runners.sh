#!/usr/bin/env bash
# try_runners.sh WHEEL PYTHON…: `pipx run --spec` and `uvx --from` run a wheel on each of these Pythons, without an install.
# What is not here (pipx, uv) is reported, and fails nothing.
set -euo pipefail
pins="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
wheel="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
shift
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder" # nothing of a checkout is importable here
export PIPX_HOME="$folder/pipx" UV_TOOL_DIR="$folder/uv" PIP_DISABLE_PIP_VERSION_CHECK=1
# Neither runner takes hashes for what a wheel brings; the versions are the pinned ones.
sed -E 's/ *\\$//; /^ *--hash=/d' "$pins/wheel/requirements.txt" "$pins/runners/requirements.txt" > constraints.txt
export PIP_CONSTRAINT="$folder/constraints.txt" UV_CONSTRAINT="$folder/constraints.txt"
for python in "$@"; do
  version="$("$python" --version)"
  if command -v uvx >/dev/null; then
    echo "$version, uvx: $(uvx --quiet --no-config --isolated --python "$python" --from "$wheel" mockreel --version)"
  else
    echo "$version: uvx is not here, so it was not tried"
  fi
  if command -v pipx >/dev/null; then
    echo "$version, pipx: $(pipx run --quiet --no-cache --python "$python" --spec "$wheel" mockreel --version)"
  else
    echo "$version: pipx is not here, so it was not tried"
  fi
done
