"""What a process that reads answers, whatever comes of its work."""

import pytest

from gateway.errors import Flaw, Forbidden, GatewayError, Malformed, TooLarge, Unauthenticated
from gateway.ingest.workers.protocol import COSTLY, Answered, Asked, OutOfTimeError, TooCostly, answer


def raising(error: BaseException) -> None:
    raise error


def test_result_of_work_is_answered() -> None:
    assert answer(Asked(max, (1, 3, 2), 1.0)) == Answered(3)


@pytest.mark.parametrize("kind", [Malformed, TooLarge, Forbidden, Unauthenticated])
def test_gateway_error_is_answered_with_flaws(kind: type[GatewayError]) -> None:
    flaws = (Flaw("/a", "wrong"),)
    assert answer(Asked(raising, (kind("no", flaws=flaws),), 1.0)) == Answered(None, kind, "no", flaws)


@pytest.mark.parametrize("error", [MemoryError(), OutOfTimeError()])
def test_timeout_or_memory_error_is_answered_as_too_costly(error: BaseException) -> None:
    assert answer(Asked(raising, (error,), 1.0)) == Answered(None, TooCostly, COSTLY)


def test_program_error_is_not_answered() -> None:
    with pytest.raises(ZeroDivisionError):
        answer(Asked(divmod, (1, 0), 1.0))
