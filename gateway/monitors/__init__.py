"""Dead-man monitors: what must ping in time, or else is an alert."""
