"""What README.md says of itself is counted, not claimed: by the counting of `mockreel evidence`."""

from mockreel.contract.evidence.evidence import IN_PART, KINDS, EvidenceRow, count, evidence_rows, titles

Row = EvidenceRow

__all__ = ["IN_PART", "KINDS", "Row", "count", "rows", "titles"]


def rows(provider: str) -> dict[str, list[EvidenceRow]]:
    """Every row that carries evidence, by what sort of fact it is."""
    found: dict[str, list[EvidenceRow]] = {}
    for row in evidence_rows(provider):
        found.setdefault(row.sort, []).append(row)
    return found
