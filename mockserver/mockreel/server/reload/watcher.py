"""Watches the data files of a mock server, and reloads them."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mockreel.contract import Contract, load_contract
from mockreel.engine.accounts.key_file import read_keys
from mockreel.errors import MockreelError
from mockreel.server.reload.file_changes import Files
from mockreel.server.reload.schema_precheck import check_schemas
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

# Real seconds between two looks. A change is loaded when the next look finds no other: editors write in several steps.
EVERY = 0.5
# What people write, and what `build` makes of it for the server.
WRITTEN, BUILT = "openapi.yaml", "openapi.json"


@dataclass(frozen=True, slots=True)
class Reload:
    """The result of changed files: `problem` says why they were not loaded."""

    files: tuple[str, ...]
    problem: str | None = None


class Watch:
    """Watches the data of every provider, and the keys file.

    Args:
        keys: the keys file, if there is one.
        on_reload: called with the result of each change, which is an event, too.
    """

    def __init__(
        self, simulator: Simulator, *, keys: Path | None = None, on_reload: Callable[[Reload], None] | None = None
    ) -> None:
        self._simulator = simulator
        self._keys = keys
        self._on_reload = on_reload
        homes = {(name, provider.contract.schemas.home) for name, provider in simulator.providers.items()}
        folders = [home / kind / name for name, home in sorted(homes) for kind in ("contracts", "schemas")]
        self._files = Files(folders, single=[keys] if keys else [])
        self._fresh: set[Path] = set()  # changed, and perhaps not written to the end
        self._open: set[Path] = set()  # not loaded so far
        _hold(provider.contract for provider in simulator.providers.values())

    async def run(self, *, every: float = EVERY) -> None:
        """Look until this is cancelled."""
        while True:
            await asyncio.sleep(every)
            try:
                await self.look()
            except Exception as broken:
                logging.getLogger("mockreel").error("watching the data failed; it goes on", exc_info=broken)

    async def look(self) -> Reload | None:
        """Look once; a change is loaded if nothing has changed again by the next look."""
        changed = await asyncio.to_thread(self._files.changed)
        self._fresh |= changed
        if changed or not self._fresh:
            return None
        self._open |= self._fresh
        self._fresh = set()
        reload = await self._reload(self._open)
        if reload.problem is None:
            self._open = set()
        self._simulator.events.note(
            "data", taken=reload.problem is None, files=list(reload.files), problem=reload.problem
        )
        if self._on_reload is not None:
            self._on_reload(reload)
        return reload

    async def _reload(self, files: set[Path]) -> Reload:
        names = tuple(sorted(self._display_path(path) for path in files))
        unbuilt = [path for path in files if path.name == WRITTEN and _is_newer(path, path.with_name(BUILT))]
        if unbuilt:
            problem = (
                f"{self._display_path(unbuilt[0])} is a source of `mockreel build`: run it, and its output is loaded."
            )
            return Reload(names, problem)
        providers = [
            provider for provider in self._simulator.providers.values() if any(_is_of(path, provider) for path in files)
        ]
        try:
            contracts = await asyncio.to_thread(_read, providers, frozenset(files))
            keys = await asyncio.to_thread(read_keys, self._keys) if self._keys in files and self._keys else None
            self._simulator.switch_contracts(contracts, keys=keys)
        except MockreelError as problem:
            return Reload(names, str(problem))
        except Exception as broken:  # of the data, most likely: the old contract stays in use
            logging.getLogger("mockreel").debug("data that breaks the loader", exc_info=broken)
            return Reload(names, f"{type(broken).__name__}: {broken}")
        return Reload(names)

    def _display_path(self, path: Path) -> str:
        """A path below the data folder that it is in."""
        homes = {provider.contract.schemas.home for provider in self._simulator.providers.values()}
        home = next((home for home in homes if path.is_relative_to(home)), None)
        return path.relative_to(home).as_posix() if home and path != self._keys else str(path)


def _read(providers: Iterable[Provider], files: frozenset[Path]) -> dict[str, Contract]:
    """The contracts of some parts as their files are now, under the readings that are chosen now."""
    contracts = {provider.name: _load(provider) for provider in providers}
    _hold(contracts.values())
    for contract in contracts.values():
        check_schemas(contract, files)
    return contracts


def _load(provider: Provider) -> Contract:
    chosen: Mapping[str, str] = provider.contract.chosen
    readings = provider.contract.readings
    others = {name: option for name, option in chosen.items() if option != readings[name].default}
    return load_contract(
        provider.name, readings=others, root=provider.contract.schemas.home, additions=provider.contract.additions
    )


def _hold(contracts: Iterable[Contract]) -> None:
    """Check that later changes of the files do not reach a contract in use."""
    for contract in contracts:
        contract.schemas.hold()


def _is_of(path: Path, provider: Provider) -> bool:
    home = provider.contract.schemas.home
    return any(path.is_relative_to(home / kind / provider.name) for kind in ("contracts", "schemas"))


def _is_newer(path: Path, other: Path) -> bool:
    try:
        return path.stat().st_mtime_ns > other.stat().st_mtime_ns
    except OSError:
        return False
