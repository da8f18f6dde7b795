"""The starter of parser processes, shared by all tests: its imports take longer than most tests."""

import atexit

from gateway.ingest.workers.forker import WorkerForker

FORKER = WorkerForker()
atexit.register(FORKER.close)
