"""The paths of aiohttp, as the OpenAPI document has them. Pure."""

import re

PARAMETER = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^}]*\})*)?\}")
V1 = "/api/v1/"


def strip_patterns(path: str) -> str:
    """Return a path of aiohttp without the patterns of its parameters."""
    return PARAMETER.sub(r"{\1}", path)


def operation_id(method: str, path: str) -> str:
    """Return the identifier of an operation for programs, such as `get_incidents_number`."""
    words = re.findall(r"[A-Za-z0-9]+", strip_patterns(path).removeprefix(V1))
    return "_".join([method.lower(), *words])
