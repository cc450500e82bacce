"""A machine without a network: namespaces of the kernel, in which a trap replaces the name server.

Run by itself inside them (`unshare -Urnm python namespaces.py FOLDER -- COMMAND`), it plays the name server on the
port that resolv.conf names, runs the command, and writes every name that was asked for.
"""

import fcntl
import json
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path
from threading import Thread

SERVER = "127.0.0.7"
_FLAGS, _UP = 0x8914, 0x1


def can_unshare() -> bool:
    """Whether this user may make the namespaces here."""
    words = ["unshare", "-Urnm", "true"]
    return (
        shutil.which("unshare") is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )


def resolved_names(folder: Path, *words: str, environment: dict[str, str]) -> tuple[list[str], str]:
    """The names that a command resolved, and its output."""
    command = ["unshare", "-Urnm", sys.executable, __file__, str(folder), "--", *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert (folder / "asked.json").exists(), ran.stdout + ran.stderr
    return json.loads((folder / "asked.json").read_text()), ran.stdout + ran.stderr


def _up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, _FLAGS, struct.pack("16sh14x", b"lo", _UP))


def _trap(one: socket.socket, requested: list[str]) -> None:
    while True:
        message, sender = one.recvfrom(512)
        labels, place = [], 12
        while length := message[place]:
            labels.append(message[place + 1 : place + 1 + length].decode())
            place += 1 + length
        requested.append(".".join(labels))
        one.sendto(message[:2] + b"\x81\x83" + message[4:6] + bytes(6) + message[12:], sender)


def _main(folder: Path, words: list[str]) -> None:
    _up()
    (folder / "resolv.conf").write_text(f"nameserver {SERVER}\noptions timeout:2 attempts:1\n")
    subprocess.run(["mount", "--bind", str(folder / "resolv.conf"), "/etc/resolv.conf"], check=True)
    requested: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((SERVER, 53))
        Thread(target=_trap, args=(one, requested), daemon=True).start()
        subprocess.run(words, check=False)
    (folder / "asked.json").write_text(json.dumps(requested))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[3:])
