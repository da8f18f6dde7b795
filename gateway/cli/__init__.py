"""The commands of `python3 -m gateway` other than those that serve."""
