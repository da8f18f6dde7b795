"""The served API conforms to its OpenAPI document.

Schemathesis generates valid and invalid requests from the document.
"""

import asyncio
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.generation import GenerationMode

from gateway.access.keys import Scope
from gateway.api.description.addresses import described_endpoints
from tests.support.process import FULL, choose_size, make_key, print_figures, replicas

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


OUTSIDE = {(one.method, one.path) for one in described_endpoints()}
"""Endpoints left out: intake, other products' APIs and pages.

Their responses are not described, and they have tests of their own.
"""

QUICK = settings(
    max_examples=choose_size(1, 250),
    deadline=None,
    database=None,
    derandomize=not FULL,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1200 if FULL else 180)
async def test_every_operation_conforms_to_openapi_document(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with replicas(1, database_url, redis_url, tmp_path) as (gateway,):
        key = await make_key(database_url, Scope.ADMIN, Scope.INGEST)
        tried = await asyncio.to_thread(try_every_operation, gateway.url, key)
        assert "Traceback" not in gateway.log.read_text()
    print_figures(operations=len(tried), requests=sum(tried.values()))
    assert min(tried.values()) > 0


def try_every_operation(url: str, key: str) -> dict[str, int]:
    """Return the number of requests sent by operation; raise the errors that Schemathesis found."""
    tried: dict[str, int] = {}
    with warnings.catch_warnings(), requests.Session() as session:
        warnings.simplefilter("ignore")
        session.headers["Authorization"] = f"Bearer {key}"
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        for found in schema.get_all_operations():
            operation = found.ok()  # type: ignore[union-attr] # a document it cannot read raises
            if (operation.method.upper(), operation.path) in OUTSIDE:
                continue
            tried[operation.label] = 0
            for mode in GenerationMode:

                @QUICK
                @given(operation.as_strategy(generation_mode=mode))
                def respond(case: Case[Any]) -> None:
                    tried[case.operation.label] += 1
                    case.call_and_validate(session=session, checks=CHECKS)

                with suppress(
                    *(() if mode is GenerationMode.POSITIVE else (Unsatisfiable,))
                ):  # no invalid request exists for the operation
                    respond()
    return tried
