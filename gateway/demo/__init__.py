"""The demo of `gw dev --demo`: a day of an operations team in a few minutes, over HTTP."""
