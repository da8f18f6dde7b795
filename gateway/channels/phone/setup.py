"""The assembly of the intake of calls."""

from gateway.channels.phone.handler import CallHandler
from gateway.channels.phone.http import PhoneEndpoint
from gateway.channels.phone.intake import PhoneIntake
from gateway.channels.phone.key_press import KeyPressHandler
from gateway.channels.phone.public_address import public_address
from gateway.channels.report_service import ReportService
from gateway.ingest.http import Authenticate, Submit
from gateway.ingest.workers.process import ParseWorker
from gateway.notify.call_tokens import CallTokens
from gateway.observe.metrics import Metrics
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import Settings


def build_phone_intake(
    settings: Settings, uow: UnitOfWork, submit: Submit, metrics: Metrics
) -> PhoneIntake:
    """Return the intake as configured."""
    handler = CallHandler(ReportService(uow, submit, metrics), settings.phone)
    return PhoneIntake(uow.pool, handler, settings.phone, metrics, uow.clock)


def build_phone_endpoint(
    settings: Settings,
    intake: PhoneIntake,
    secrets: tuple[bytes, ...],
    authenticate: Authenticate,
    reader: ParseWorker,
) -> PhoneEndpoint:
    """Return the endpoint; `secrets` sign the calls that the gateway makes."""
    press = KeyPressHandler(intake.file.report_service, CallTokens(secrets))
    return PhoneEndpoint(intake, press, authenticate, public_address(settings), reader)
