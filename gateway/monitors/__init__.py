"""Dead-man monitors: jobs that must ping in time, or else an alert is raised."""
