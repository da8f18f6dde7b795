"""The watch over the gateway itself: a process beside the serving one that needs no database."""
