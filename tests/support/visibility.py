"""The visibility of a test that looks at every record."""

from gateway.incidents.visibility import Visibility

EVERYTHING = Visibility(ordinary=True, security=True)
