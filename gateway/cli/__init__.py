"""Commands of `python3 -m gateway` besides serving."""
