"""Children that end with us, where the kernel does not tie lives together by itself."""

import subprocess
import sys

from gateway.embedded.child import watch


def test_the_watcher_stops_its_ward_once_our_end_of_the_pipe_closes() -> None:
    ward = subprocess.Popen(
        [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert ward.stdin is not None
    assert ward.stdout is not None
    ward.stdout.readline()
    watcher = watch(ward.pid)
    assert watcher.stdin is not None
    watcher.stdin.close()
    assert ward.wait(10) != 0
    assert watcher.wait(10) == 0
    ward.stdin.close()
    ward.stdout.close()
