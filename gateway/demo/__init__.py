"""A day of an operations team in a few minutes: what `gw dev --demo` plays against the running gateway, over HTTP."""
