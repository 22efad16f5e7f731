"""What a check of the notebook found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is: of an error, something is lost or wrong; of a warning, nothing is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, in a sentence, and what to do about it."""

    severity: Severity
    what: str
    remedy: str = ""
