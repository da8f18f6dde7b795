"""Rendering of page templates in the language of the reader.

Values are escaped; pages load nothing from elsewhere. Only the page that subscribes a browser to
notifications has a script, and headers of its own that allow it.
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
SHEETS: Mapping[str, str] = {
    name: (FOLDER / name).read_text("utf-8") for name in ("style.css", "staff.css")
}
"""The style sheets of pages: of reporters', and of the one for staff."""


def content_policy(sheet: str, more: str = "") -> str:
    """Return the content security policy of pages with a style sheet, with `more` directives."""
    hashed = b64encode(sha256(SHEETS[sheet].encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{hashed}'; {more}form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


POLICIES: Mapping[str, str] = {name: content_policy(name) for name in SHEETS}

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
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
        self,
        template: str,
        locale: Locale,
        status: int = 200,
        *,
        switch: str = "",
        sheet: str = "style.css",
        **values: Any,
    ) -> web.Response:
        """Return one page as a response, with one of the style sheets.

        `switch` is the path under which the page is read in the other languages, "" if it cannot
        be.
        """
        html = self._templates.get_template(template).render(
            t=vocabulary(locale),
            locale=locale,
            style=SHEETS[sheet],
            switch=switch,
            languages=LANGUAGE_NAMES,
            locales=LOCALES,
            contact=self.contact,
            when=self.when,
            **values,
        )
        return web.Response(
            text=html,
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={**HEADERS, "Content-Security-Policy": POLICIES[sheet]},
        )

    def when(self, moment: datetime) -> str:
        """Return a time in the time zone of the pages."""
        return f"{moment.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M} {self.zone}"
