#!/usr/bin/env bash
# Install the checkout that this script stands in, in an environment of its own, with the packages that requirements.txt
# pins. Of that environment only the command `mockreel` is put on the PATH: the job's own Python stays the job's own.
#
# PYTHON is the Python to use, RUNNER_TEMP a folder to write to, GITHUB_PATH a file whose lines are put on the PATH.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
environment="$RUNNER_TEMP/mockreel-environment"
commands="$RUNNER_TEMP/mockreel-commands"
if [ ! -x "$commands/mockreel" ]; then
  "${PYTHON:-python3}" -m venv "$environment"
  install=("$environment/bin/python" -m pip install --quiet --disable-pip-version-check)
  "${install[@]}" --require-hashes --requirement "$here/requirements.txt"
  "${install[@]}" --no-deps --no-build-isolation "$here/../.."
  mkdir -p "$commands"
  ln -s "$environment/bin/mockreel" "$commands/mockreel"
fi
echo "$commands" >> "$GITHUB_PATH"
