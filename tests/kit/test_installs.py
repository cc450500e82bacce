"""Whatever a step of the kit installs is in the checkout, or in one version: scripts, workflows, images, recipes."""

import json
import re
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
# What runs at a user's or at a release. Our own development takes the newest packages, so that a break is noticed.
STEPS = (".github", "docs/ci", "docs/container")
FILES = sorted(
    path
    for folder in (*STEPS, "docs")
    for path in (CHECKOUT / folder).rglob("*")
    if path.name.endswith((".sh", ".yml", ".yaml", ".md", "Containerfile")) and "node_modules" not in path.parts
)
PIP = re.compile(r'(?:\bpip |"\$\{install\[@\]\}" )(?:install|wheel|download|--)[^&|;\n]*')
NPM = re.compile(r"\b(?:npx|npm (?:--prefix \S+ )?(?:install|i|add|exec))\b ?(?P<words>[^&|;`\n]*)")
RUNNER = re.compile(r"\b(?:uvx|pipx run|uv tool run) --[^&|;\n]*")
IMAGE = re.compile(r"(?:^FROM |\bimage: |\bimage=|\bgenerator=)(?P<name>[\w./:@-]+)", re.MULTILINE)
EXACT = re.compile(r"(?:@[\w-]+/)?[\w.-]+@\d+\.\d+\.\d+|\./.*|vitest")  # vitest alone: what the project has


def unpinned(text: str) -> list[str]:
    """The commands and images of a text that can bring other code tomorrow."""
    lines = [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if not re.match(r"\s*(#|install=\()", line)]
    joined = "\n".join(lines)
    loose = [one[0] for one in PIP.finditer(joined) if not re.search(r"--require-hashes|--no-deps", one[0])]
    loose += [one[0] for one in NPM.finditer(joined) if not _is_exact(one)]
    if "export PIP_CONSTRAINT=" not in text:
        loose += [one[0] for one in RUNNER.finditer(joined)]
    return loose + [one[0] for one in IMAGE.finditer(joined) if not re.search(r"@sha256:[0-9a-f]{64}$", one["name"])]


def _is_exact(match: re.Match[str]) -> bool:
    packages = [word for word in match["words"].split() if not word.startswith("-")]
    if match[0].startswith("npx "):
        packages = packages[:1]
    return bool(packages) and all(EXACT.fullmatch(one) for one in packages)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_nothing_is_installed_in_whatever_version_is_newest(path: Path) -> None:
    """What a page shows is installed in the reader's own environment by pip: from the checkout, as the page says."""
    loose = unpinned(path.read_text("utf-8"))

    assert [one for one in loose if path.suffix != ".md" or "pip" not in one] == []


@pytest.mark.parametrize(
    "text",
    [
        "run: python -m pip install dist/*.whl",
        "pip wheel --wheel-dir x \\\n  --group test .",
        '"${install[@]}" --upgrade pip',
        "npm install --no-package-lock",
        "npx openapi-typescript x.json",
        "npm --prefix here install",
        "npm install --save-dev vitest@4 ./x.tgz",
        'uvx --from "$wheel" mockreel',
        "FROM docker.io/library/python:3.13-slim AS build",
        "image: docker.io/valkey/valkey:8-alpine",
        "driver-opts: image=moby/buildkit:v0.32.2",
    ],
)
def test_a_loose_install_is_noticed(text: str) -> None:
    """By its whole command, over lines too."""
    assert unpinned(text)


@pytest.mark.parametrize("action", ["setup-qemu-action", "setup-buildx-action"])
def test_an_action_that_would_pull_the_newest_image_is_given_one(action: str) -> None:
    """Its own default is a tag that moves."""
    lines = (CHECKOUT / ".github/workflows/release.yml").read_text("utf-8").splitlines()
    (used,) = (at for at, line in enumerate(lines) if f"docker/{action}@" in line)

    assert "@sha256:" in lines[used + 2]


def test_the_npm_package_is_built_with_what_its_lock_has() -> None:
    """Each package with its digest, and with no address: it comes from the registry that the reader has."""
    locked = json.loads((CHECKOUT / "docs/node/package-lock.json").read_text("utf-8"))["packages"]
    own = json.loads((CHECKOUT / "docs/node/package.json").read_text("utf-8"))

    assert {name: locked[""].get(name) for name in ("version", "dependencies", "devDependencies")} == {
        name: own[name] for name in ("version", "dependencies", "devDependencies")
    }
    assert [name for name, row in locked.items() if name and ("integrity" not in row or "resolved" in row)] == []


def test_a_hook_installs_by_the_checkouts_own_installer() -> None:
    """pre-commit would build the checkout with the newest backend, and take the newest of every package."""
    hooks = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text("utf-8"))

    assert [one["id"] for one in hooks if one["language"] != "script" or "additional_dependencies" in one] == []
