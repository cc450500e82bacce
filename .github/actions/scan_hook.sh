#!/usr/bin/env bash
# The hook for pre-commit (.pre-commit-hooks.yaml). Its first run installs this checkout in an environment beside it, with
# the packages that requirements.txt pins: pre-commit's own installer would take whatever is newest. PYTHON is the Python
# to use.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export RUNNER_TEMP="$here/../../.venv-hook"
mkdir -p "$RUNNER_TEMP"
GITHUB_PATH=/dev/null bash "$here/install.sh" >&2
exec "$RUNNER_TEMP/mockreel-commands/mockreel" cassettes scan "$@"
