"""A small parent that serves by a child process: it restarts one that died, and ends one that says nothing any more."""
