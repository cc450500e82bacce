"""The documented samples and programs, against a served mock server: one outcome for each document."""

import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from clients.aimlapi_pages import written_samples
from clients.documented_sample import DocumentedSample, Send
from clients.outcome import Outcome
from clients.samples import documented_samples
from clients.seed_programs import PLACES, seed_program

GROUPS = {
    "aimlapi": "AI/ML API's OpenAPI files",
    "seeds": "seed pages: curl",
    "runflow": "Runflow's fact sheets",
    "pages of aimlapi": "AI/ML API's pages",
}


def sample_outcomes(ready: Mapping[str, Any], docs: Path | None) -> Iterable[Outcome]:
    """Send every sample: those of `docs`, where it is there, and those that are written here."""
    groups: dict[str, list[DocumentedSample]] = defaultdict(list)
    for sample in [*(documented_samples(docs) if docs else ()), *written_samples()]:
        groups[GROUPS.get(sample.document.split("/")[0], sample.document)].append(sample)
    with httpx.Client(timeout=60) as client:
        for group, samples in groups.items():
            yield from _of_group(group, samples, client, ready)
    if docs is None:
        yield Outcome(what="documented samples", ended="not run", why="MOCKREEL_DOCS does not name the documents")


def _of_group(
    group: str, samples: list[DocumentedSample], client: httpx.Client, ready: Mapping[str, Any]
) -> Iterable[Outcome]:
    send = {name: _send(client, ready[name]) for name in {sample.provider for sample in samples}}
    refused = [(one, why) for one in samples if (why := one.refusal(send[one.provider]))]
    yield Outcome(what=f"{group}: {len(samples) - len(refused)} of {len(samples)} samples", ended="works")
    alike = Counter(_refused(sample, why) for sample, why in refused)
    for (what, wrong, why), many in alike.items():
        yield Outcome(what=f"{group}: {what}, {many} samples", ended="fails", wrong=wrong, why=why)


def _refused(sample: DocumentedSample, why: str) -> tuple[str, str, str]:
    """Where a refused sample was sent, who is wrong, and why; alike for all samples of an endpoint that share it."""
    if sample.misfit:
        return sample.path, "vendor", sample.misfit
    return sample.path, "mockreel", why[:300]


def _send(client: httpx.Client, server: Mapping[str, str]) -> Send:
    headers = {"Authorization": f"Bearer {server['key']}"}

    def send(method: str, path: str, body: Any) -> tuple[int, Any]:
        response = client.request(method, server["url"] + path, json=body, headers=headers)
        return response.status_code, response.json()

    return send


def program_outcomes(docs: Path, folder: Path) -> Iterable[Outcome]:
    """Run every program of the seed pages with `mockreel run`."""
    for page, language in PLACES:
        what = f"seeds/{page}: {language} program"
        if language != "python" and shutil.which(language) is None:
            yield Outcome(what=what, ended="not run", why=f"{language} is not here")
            continue
        words = seed_program(docs, page, language).written(folder)
        command = [sys.executable, "-m", "mockreel", "run", "--speed", "20", "--", *words]
        environment = {**os.environ, "RUNFLOW_API_KEY": "rf_live_page"}
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
        works = ran.returncode == 0 and " 20" in ran.stderr
        yield Outcome(
            what=what,
            ended="works" if works else "fails",
            wrong="" if works else "mockreel",
            why="" if works else (ran.stdout + ran.stderr)[-300:],
        )
