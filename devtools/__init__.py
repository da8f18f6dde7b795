"""The commands of `python3 gw`. They run before .venv exists: standard library only."""
