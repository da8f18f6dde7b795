"""The answers of a worker process to results, errors and exceeded limits."""

import pytest

from gateway.errors import Flaw, Forbidden, GatewayError, Malformed, TooLarge, Unauthenticated
from gateway.ingest.workers.protocol import (
    TOO_COSTLY,
    CallResult,
    FunctionCall,
    OutOfTimeError,
    TooCostly,
    run_call,
)


def raising(error: BaseException) -> None:
    raise error


def test_result_of_work_is_answered() -> None:
    assert run_call(FunctionCall(max, (1, 3, 2), 1.0)) == CallResult(3)


@pytest.mark.parametrize("kind", [Malformed, TooLarge, Forbidden, Unauthenticated])
def test_gateway_error_is_answered_with_flaws(kind: type[GatewayError]) -> None:
    flaws = (Flaw("/a", "wrong"),)
    assert run_call(FunctionCall(raising, (kind("no", flaws=flaws),), 1.0)) == CallResult(
        None, kind, "no", flaws
    )


@pytest.mark.parametrize("error", [MemoryError(), OutOfTimeError()])
def test_timeout_or_memory_error_is_answered_as_too_costly(error: BaseException) -> None:
    assert run_call(FunctionCall(raising, (error,), 1.0)) == CallResult(None, TooCostly, TOO_COSTLY)


def test_program_error_is_not_answered() -> None:
    with pytest.raises(ZeroDivisionError):
        run_call(FunctionCall(divmod, (1, 0), 1.0))
