"""Downloads of files that people name, such as their calendars: by https, again when changed.

Each address, those that it is redirected to as well, is checked by the guard. An address is often
a secret, so neither errors nor logs have more of it than its host.
"""

from dataclasses import dataclass
from ssl import SSLContext

from aiohttp import ClientConnectorDNSError, ClientError, ClientResponse, hdrs
from yarl import URL

from gateway.egress.address_guard import AddressGuard, AddressRefused
from gateway.egress.fetching import open_guarded_session, read_bounded
from gateway.errors import Unavailable

TIMEOUT_S = 20.0
LARGEST = 1_048_576
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_VALIDATOR = 512


@dataclass(frozen=True, slots=True)
class Validators:
    """The marks of a version of a file, which its server gave: ETag and Last-Modified."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A file and the marks of its version; `content` is None if it has not changed."""

    content: bytes | None
    validators: Validators


class Downloader:
    """An HTTPS client for downloads of at most `largest` bytes."""

    def __init__(
        self,
        guard: AddressGuard | None = None,
        trusted: SSLContext | None = None,
        largest: int = LARGEST,
    ) -> None:
        """Open the client; must be called inside the running loop.

        `trusted` holds the certificate authorities that are believed; None stands for those of
        the machine.
        """
        self.guard, self._largest = guard or AddressGuard(), largest
        self._session = open_guarded_session(self.guard, trusted, TIMEOUT_S)

    async def get(self, address: str, known: Validators = Validators()) -> Download:
        """Return the file at an address, without content if it is the version known already.

        Raises Unavailable with the reason, in words for the one who named the address.
        """
        try:
            return await self._follow(address, known)
        except AddressRefused as refusal:
            raise Unavailable(f"the address is refused: {refusal}") from refusal
        except TimeoutError as error:
            raise Unavailable(f"no answer within {TIMEOUT_S:.0f} s") from error
        except ClientConnectorDNSError as error:
            if isinstance(error.os_error, AddressRefused):
                raise Unavailable("the address is refused: it leads elsewhere") from error
            raise Unavailable("the host of the address is not known") from error
        except (ClientError, OSError) as error:
            raise Unavailable(f"no connection: {type(error).__name__}") from error

    async def _follow(self, address: str, known: Validators) -> Download:
        url, headers = check_download_url(self.guard, address), _conditions(known)
        for _ in range(MOST_REDIRECTS + 1):
            async with self._session.get(url, allow_redirects=False, headers=headers) as answer:
                target = answer.headers.get(hdrs.LOCATION)
                if answer.status not in REDIRECTS or target is None:
                    return await self._read(answer, known)
            url = check_download_url(self.guard, _joined(url, target))
        raise Unavailable("the address is redirected again and again")

    async def _read(self, answer: ClientResponse, known: Validators) -> Download:
        if answer.status == 304:
            return Download(None, known)
        if answer.status != 200:
            raise Unavailable(f"{answer.url.host} answered {answer.status}")
        return Download(await read_bounded(answer, self._largest), _validators(answer))

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def check_download_url(guard: AddressGuard, address: str) -> URL:
    """Return an address as a URL; raises AddressRefused, also for one without https."""
    url = guard.check_url(address)
    if url.scheme != "https":
        raise AddressRefused("only https is called")
    return url


def _conditions(known: Validators) -> dict[str, str]:
    headers = {
        hdrs.IF_NONE_MATCH: known.etag,
        hdrs.IF_MODIFIED_SINCE: known.last_modified,
    }
    return {name: value for name, value in headers.items() if value}


def _joined(url: URL, target: str) -> str:
    """Return the absolute address of a redirect; raises AddressRefused for one that is none."""
    try:
        return str(url.join(URL(target)))
    except ValueError as error:
        raise AddressRefused("it is redirected to no address") from error


def _validators(answer: ClientResponse) -> Validators:
    """Return the marks of a response; one that cannot be kept is none."""
    marks = [answer.headers.get(name, "") for name in (hdrs.ETAG, hdrs.LAST_MODIFIED)]
    kept = [one if one.isascii() and len(one) <= LONGEST_VALIDATOR else "" for one in marks]
    return Validators(*kept)
