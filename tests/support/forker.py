"""What starts processes that read, for all tests of a session: its imports take longer than most tests."""

import atexit

from gateway.ingest.workers.forker import WorkerForker

FORKER = WorkerForker()
atexit.register(FORKER.close)
