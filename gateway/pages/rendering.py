"""Rendering of page templates in the language of the reader.

Values are escaped; pages have no script and load nothing from elsewhere.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.incidents.labels import LOCALES, Locale
from gateway.pages.languages import choose_language
from gateway.pages.words import vocabulary

FOLDER = Path(__file__).parent / "templates"
STYLE = (FOLDER / "style.css").read_text("utf-8")
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept-Language",
    "X-Robots-Tag": "noindex, nofollow",
}
"""The headers of every page, beside those of every response."""

LANGUAGE_NAMES: Mapping[Locale, str] = {"en": "English", "zh-CN": "中文"}
"""The name of each language in that language."""


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@dataclass(frozen=True, slots=True)
class Pages:
    """The renderer of pages.

    `default` is the language for requests that accept none of ours, `zone` the time zone of the
    times shown.
    """

    default: Locale
    zone: str
    contact: str = ""
    _templates: Environment = field(default_factory=_environment)

    def locale(self, request: web.Request, asked: str | None = None) -> Locale:
        """Return the language requested by `asked` or `?lang=`, else the browser's favourite."""
        return choose_language(
            asked or request.query.get("lang"),
            request.headers.get("Accept-Language", ""),
            self.default,
        )

    def show(
        self, template: str, locale: Locale, status: int = 200, *, switch: str = "", **values: Any
    ) -> web.Response:
        """Return one page as a response.

        `switch` is the path under which the page is read in the other languages, "" if it cannot
        be.
        """
        html = self._templates.get_template(template).render(
            t=vocabulary(locale),
            locale=locale,
            style=STYLE,
            switch=switch,
            languages=LANGUAGE_NAMES,
            locales=LOCALES,
            contact=self.contact,
            when=self.when,
            **values,
        )
        return web.Response(
            text=html, status=status, content_type="text/html", charset="utf-8", headers=HEADERS
        )

    def when(self, moment: datetime) -> str:
        """Return a time in the time zone of the pages."""
        return f"{moment.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M} {self.zone}"
