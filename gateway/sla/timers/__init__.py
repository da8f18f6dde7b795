"""The timer engine: wheel, Redis index, leases, runner, firing."""
