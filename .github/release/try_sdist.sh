#!/usr/bin/env bash
# try_sdist.sh PYTHON SDIST [WORD…]: the sdist builds, installs and passes its tests without a network. The WORDs go to
# pytest, in place of `-n auto`. Only the first step reaches an index: it fills a folder with wheels.
set -euo pipefail
python="$1" sdist="$(cd "$(dirname "$2")" && pwd)/$(basename "$2")"
shift 2
[ "$#" -gt 0 ] || set -- -n auto
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir source wheels && tar -xzf "$sdist" -C source --strip-components 1
pins="$folder/source/.github/sdist/requirements.txt"
"$python" -m venv filling
filling/bin/python -m pip download --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
  --requirement "$pins" --dest wheels
echo "$(find wheels -name '*.whl' | wc -l) wheels, $(du -sk wheels | cut -f1) KB; from here on there is no network."

# A network namespace has loopback alone; where the kernel gives none, every proxy leads to a closed port.
alone='
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
    fcntl.ioctl(made, 0x8914, struct.pack("16sh22x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
os.execvp(sys.argv[1], sys.argv[1:])'
if unshare --net -- true 2>/dev/null; then
  offline=(unshare --net -- "$python" -c "$alone")
elif unshare --map-root-user --net -- true 2>/dev/null; then
  offline=(unshare --map-root-user --net -- "$python" -c "$alone")
else
  closed="http://127.0.0.1:9"
  offline=(env "HTTP_PROXY=$closed" "HTTPS_PROXY=$closed" "http_proxy=$closed" "https_proxy=$closed" NO_PROXY=127.0.0.1,localhost)
fi
echo "offline by: ${offline[0]} ${offline[1]}"
export PIP_NO_INDEX=1 PIP_FIND_LINKS="$folder/wheels" PIP_DISABLE_PIP_VERSION_CHECK=1
"${offline[@]}" "$python" -m venv environment
install=("${offline[@]}" environment/bin/python -m pip install --quiet)
"${install[@]}" --require-hashes --requirement "$pins"
"${install[@]}" --no-deps --no-build-isolation ./source
cd source
SECONDS=0
"${offline[@]}" ../environment/bin/python -m pytest -q "$@"
echo "The tests took $SECONDS s."
