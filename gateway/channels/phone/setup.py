"""The assembly of the intake of calls."""

from gateway.channels.phone.handler import CallHandler
from gateway.channels.phone.http import PhonePosts
from gateway.channels.phone.intake import PhoneIntake
from gateway.channels.phone.key_press import Pressing
from gateway.channels.report_service import ReportService
from gateway.ingest.http import Authenticate, Submit
from gateway.ingest.workers.process import Reader
from gateway.notify.call_tokens import CallTokens
from gateway.observe.metrics import Metrics
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import Settings


def public_address(settings: Settings) -> str:
    """Return the gateway's URL as telephone systems see it, without a slash at its end.

    It is never taken from a request.
    """
    return (settings.phone.public_url or settings.server.external_url).rstrip("/")


def phone_room(settings: Settings, uow: UnitOfWork, submit: Submit, metrics: Metrics) -> PhoneIntake:
    """Return the intake as configured."""
    filing = CallHandler(ReportService(uow, submit, metrics), settings.phone)
    return PhoneIntake(uow.pool, filing, settings.phone, metrics, uow.clock)


def phone_posts(
    settings: Settings, room: PhoneIntake, secrets: tuple[bytes, ...], authenticate: Authenticate, reader: Reader
) -> PhonePosts:
    """Return the endpoint; `secrets` sign the calls that the gateway makes."""
    press = Pressing(room.file.reception, CallTokens(secrets))
    return PhonePosts(room, press, authenticate, public_address(settings), reader)
