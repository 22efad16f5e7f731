"""Where a notebook's files are, and whether the place can be trusted with SQLite's WAL.

Only the standard library is imported: `labbook log` passes here.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from labbook.errors import UsageError

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700

# WAL shares memory between processes, which no network file system offers; names as in
# /proc/self/mountinfo and in `mount` of macOS.
_NETWORK = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs", "gfs2",
        "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "orangefs",
        "panfs", "pvfs2", "smb", "smb2", "smb3", "smbfs", "virtiofs", "vboxsf", "webdav",
        "wekafs",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one notebook."""

    directory: Path

    @property
    def database(self) -> Path:
        return self.directory / "labbook.db"

    @property
    def log(self) -> Path:
        """SQLite's write-ahead log: committed changes that are not in the file yet."""
        return self.directory / "labbook.db-wal"

    @property
    def gate(self) -> Path:
        return self.directory / "labbook.lock"

    @property
    def backup_gate(self) -> Path:
        """As `gate`, for making backups: they may take long, and keep nobody from writing."""
        return self.directory / "backup.lock"

    @property
    def artifacts(self) -> Path:
        return self.directory / "artifacts"

    @property
    def runs(self) -> Path:
        return self.directory / "runs"

    @property
    def backups(self) -> Path:
        return self.directory / "backups"

    def make_directories(self) -> None:
        """Make what is missing, for the owner's eyes only."""
        self.directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        for each in (self.artifacts, self.runs, self.backups):
            each.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)


def wal_is_safe(directory: Path) -> bool:
    """Whether several processes may use a WAL database in this directory.

    LABBOOK_JOURNAL=wal or =truncate overrules what the file system's type says.

    Raises:
        UsageError: LABBOOK_JOURNAL is something else.
    """
    asked = os.environ.get("LABBOOK_JOURNAL", "").lower()
    if asked not in ("", "wal", "truncate"):
        raise UsageError(f"LABBOOK_JOURNAL is wal or truncate, and not {asked!r}.")
    if asked:
        return asked == "wal"
    kind = file_system(directory)
    return kind not in _NETWORK and not (kind.startswith("fuse.") and kind != "fuse.fuse-overlayfs")


def file_system(directory: Path) -> str:
    """The type of the file system that holds `directory`; empty when it cannot be told."""
    try:
        if sys.platform == "darwin":
            mounts = _macos_mounts()
        else:
            mounts = linux_mounts(Path("/proc/self/mountinfo").read_text("utf-8", "replace"))
    except OSError:
        return ""
    return type_at(os.path.realpath(directory), mounts)


def type_at(path: str, mounts: list[tuple[str, str]]) -> str:
    """The type of the deepest mount above `path`; of two at one point, the later."""
    found, depth = "", -1
    for point, kind in mounts:
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= depth:
            found, depth = kind, len(point)
    return found


def linux_mounts(mountinfo: str) -> list[tuple[str, str]]:
    """Mount points and types of proc_pid_mountinfo(5): `… point options [tags] - type …`."""
    mounts = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) > 4 and after:
            # The kernel writes blanks and backslashes as octal escapes.
            point = fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
            mounts.append((point, after.split(" ", 1)[0]))
    return mounts


def _macos_mounts() -> list[tuple[str, str]]:
    """Mount points and types of mount(8): `device on point (type, options)`."""
    import subprocess

    answer = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False)
    mounts = []
    for line in answer.stdout.splitlines():
        _, _, rest = line.partition(" on ")
        point, _, options = rest.rpartition(" (")
        mounts.append((point, options.split(",")[0].rstrip(")")))
    return mounts
