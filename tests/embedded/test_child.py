"""Children that end with us, where the kernel does not tie lives together by itself."""

import subprocess
import sys

from gateway.embedded.child import start_watcher

SERVER = (
    "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit(3)); "
    "print(flush=True); sys.stdin.read()"
)
"""Stops in order at SIGINT as servers do.

So it does even where ours was started with it ignored, as shells do with background work.
"""


def test_watcher_stops_child_when_parent_pipe_closes() -> None:
    with (
        subprocess.Popen(
            [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as ward,
        start_watcher(ward.pid) as watcher,
    ):
        assert ward.stdout is not None
        ward.stdout.readline()
        assert watcher.stdin is not None
        watcher.stdin.close()
        assert ward.wait(10) == 3
        assert watcher.wait(10) == 0
