"""Checking OME-Zarr 0.4 and 0.5, and the RO-Crate in it, in a folder or on the web."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from micrarium.errors import MicrariumError, UnreadableFile
from micrarium.exchange.crate_checks import check_crate
from micrarium.exchange.findings import Findings, Problem
from micrarium.exchange.ngff_checks import check_hierarchy
from micrarium.exchange.ro_crate import FILE_NAME
from micrarium.exchange.zarr_trees import ZarrTree, open_tree


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What was checked, the version of OME-Zarr it says it has (None where there is none), and what is wrong with it."""

    target: str
    version: str | None
    has_crate: bool
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_valid(self) -> bool:
        """Whether nothing worse than warnings was found."""
        return not any(problem.severity == "error" for problem in self.problems)


def validate(target: str, *, deep: bool = False, progress: Callable[[str], None] | None = None) -> ValidationReport:
    """What is wrong with the OME-Zarr at a path or an http(s) address, and with the RO-Crate in it.

    Structure, metadata, the fit of levels, and the first and last chunk of each array; with ``deep`` every chunk. A
    missing crate is no error. A ``ro-crate-metadata.json`` can be named by itself; a folder that has only a crate is
    checked as a crate. Memory stays bounded. Raises ``UnreadableFile`` or ``Unavailable`` when nothing can be read.
    """
    findings = Findings()
    if "://" not in target and Path(target).is_file():
        _check_file(Path(target), findings)
        return ValidationReport(target, None, True, findings.problems)
    with open_tree(target) as tree:
        body = _read_crate(tree, findings)
        version = None
        if body is None or _is_zarr(tree):
            version = check_hierarchy(tree, findings, is_deep=deep, progress=progress)
        if body is not None:
            check_crate(body, findings, has=tree.has)
    return ValidationReport(target, version, body is not None, findings.problems)


def _read_crate(tree: ZarrTree, findings: Findings) -> bytes | None:
    try:
        return tree.read(FILE_NAME)
    except UnreadableFile as error:
        findings.error(FILE_NAME, error.detail)
        return None


def _is_zarr(tree: ZarrTree) -> bool:
    try:
        return tree.read_node("") is not None
    except MicrariumError:
        return True  # it is there; what is wrong with it is said when it is checked


def _check_file(path: Path, findings: Findings) -> None:
    if path.suffix not in (".json", ".jsonld"):
        raise UnreadableFile(f"{path} is neither a folder of OME-Zarr nor a {FILE_NAME}")
    # Beside other crates' documents (as in a collection of them) there are no files that belong to this one.
    has = (lambda key: (path.parent / key).exists()) if path.name == FILE_NAME else None
    check_crate(path.read_bytes(), findings, has=has)
