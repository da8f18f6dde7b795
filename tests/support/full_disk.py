"""A disk that can be filled, or a limit of file size where mounting is not allowed."""

import resource
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SIZE = 300 * 2**20
PIECE = b"\0" * 2**16
LIMIT = 2**20


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder for any account, and whether it is a small file system of its own."""

    folder: Path
    mounted: bool

    def full(self, users: Sequence[int]) -> AbstractContextManager[None]:
        """Leave no space for these processes until the end of the block."""
        return fill_disk(self.folder) if self.mounted else limit_file_size(users, LIMIT)


@contextmanager
def small_disk() -> Iterator[Disk]:
    """Provide a disk of `SIZE` bytes for the block."""
    with tempfile.TemporaryDirectory(
        prefix="gateway-disk-", dir="/tmp", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        folder.chmod(0o755)
        options = f"size={SIZE},mode=755"
        mount = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", name], check=False, capture_output=True
        )
        try:
            yield Disk(folder, mount.returncode == 0)
        finally:
            if mount.returncode == 0:
                subprocess.run(["umount", "--lazy", name], check=True)


@contextmanager
def fill_disk(folder: Path) -> Iterator[None]:
    """Fill the file system of the folder with one file, for the block."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(PIECE):
            pass
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def limit_file_size(pids: Sequence[int], limit: int = 0) -> Iterator[None]:
    """Allow these processes and their children no file larger than `limit`, for the block."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
