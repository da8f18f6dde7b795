"""Message templates that administrators write, in Jinja2, rendered in a sandbox. Pure.

A template may print values, branch, and loop over a list; it cannot call, import, multiply or
format, so that none takes long or makes a long text. What it makes is plain text: the channel
that sends it escapes it, as every other text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import do_default, do_first, do_join, do_last, do_lower, do_trim, do_upper
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.errors import Flaw
from gateway.notify.texts.phrases import (
    MessageReader,
    local_time,
    multi_line,
    one_line,
    relative_time,
)
from gateway.notify.texts.templates import RenderedMessage

MOST_CHARS = 4_000
"""The most characters of a template, and of a list that it loops over."""

LONGEST = 20_000
"""The most characters of a text that a template makes."""

FORBIDDEN = (
    nodes.Call,
    nodes.CallBlock,
    nodes.Macro,
    nodes.Import,
    nodes.FromImport,
    nodes.Include,
    nodes.Extends,
    nodes.Block,
    nodes.Mul,
    nodes.Pow,
    nodes.Mod,
    nodes.Concat,
    nodes.Add,
    nodes.Assign,
    nodes.AssignBlock,
    nodes.FilterBlock,
)
"""Syntax that templates must not use: most of it can take long, or make a text of any length."""


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox of templates: no attribute but a key of a mapping is read."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the value of a key."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: str | Any) -> Any:
        """Return the value of a key of a mapping, or of a place in a list."""
        found: Any = None
        if isinstance(obj, Mapping):
            found = obj.get(argument)
        elif isinstance(obj, Sequence) and isinstance(argument, int):
            found = next(iter(obj[argument : argument + 1]), None)
        return self.undefined(obj=obj, name=argument) if found is None else found


def _environment() -> _Environment:
    made = _Environment(undefined=StrictUndefined, autoescape=False)
    made.globals.clear()
    made.filters.clear()
    made.filters |= {
        "default": do_default,
        "first": do_first,
        "last": do_last,
        "join": do_join,
        "lower": do_lower,
        "upper": do_upper,
        "trim": do_trim,
    }
    return made


ENVIRONMENT = _environment()


@dataclass(frozen=True, slots=True)
class CustomTemplate:
    """The subject and the body that replace those of a message."""

    subject: str
    body: str


class TemplateFailed(Exception):
    """A template that cannot be rendered with the facts of a message."""


def template_flaws(template: CustomTemplate) -> tuple[Flaw, ...]:
    """Return every flaw of a template, with its place and line."""
    return tuple(
        Flaw(f"/{name}", why)
        for name, text in (("subject", template.subject), ("body", template.body))
        if (why := _objection(text))
    )


def _objection(text: str) -> str:
    """Return why a text is no template that can be used, "" if it is one."""
    try:
        tree = ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        return f"line {error.lineno}: {error.message}"
    except RecursionError:
        return "it is nested too deeply"
    for node in tree.find_all(FORBIDDEN):
        return f"line {node.lineno}: {type(node).__name__.lower()} is not allowed in templates"
    for node in tree.find_all(nodes.For):
        if next(node.find_all(nodes.For), None) is not None:
            return f"line {node.lineno}: a loop inside a loop is not allowed in templates"
    unknown = [
        one.name for one in tree.find_all(nodes.Filter) if one.name not in ENVIRONMENT.filters
    ]
    if unknown:
        known = ", ".join(sorted(ENVIRONMENT.filters))
        return f"there is no filter {unknown[0]!r}: there are {known}"
    return ""


def render_custom(
    template: CustomTemplate,
    usual: RenderedMessage,
    facts: Mapping[str, Any],
    reader: MessageReader,
) -> RenderedMessage:
    """Return the message as the template has it; raises TemplateFailed.

    `usual` is the message as the gateway writes it by itself, which templates may put in.
    """
    values = template_values(usual, facts, reader)
    try:
        subject, body = _made(template.subject, values), _made(template.body, values)
    except (TemplateError, SecurityError, TypeError, ValueError, RecursionError) as error:
        raise TemplateFailed(str(error)) from error
    return RenderedMessage(one_line(subject) or usual.subject, multi_line(body) + "\n", usual.ask)


def _made(text: str, values: Mapping[str, Any]) -> str:
    """Return what a text makes, which is no longer than `LONGEST`."""
    made = ""
    for piece in _compiled(text).generate(values):
        made += piece
        if len(made) >= LONGEST:
            break
    return made[:LONGEST]


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    return ENVIRONMENT.from_string(text)


def template_values(
    usual: RenderedMessage, facts: Mapping[str, Any], reader: MessageReader
) -> Mapping[str, Any]:
    """Return the values that templates may use.

    They are the facts of the message, foreign text without control characters, times on the
    reader's clock as `NAME` and how far away as `NAME_relative`; and `subject`, `text`, `to_do`
    and `link`.
    """
    values: dict[str, Any] = {}
    for name, value in facts.items():
        values[name] = _value(value)
        if name.endswith("_at") and value:
            values[name] = local_time(value, reader)
            values[f"{name}_relative"] = relative_time(value, reader)
    return values | {
        "subject": usual.subject,
        "text": usual.text,
        "to_do": usual.ask,
        "link": reader.link,
    }


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {one_line(name): _value(one) for name, one in list(value.items())[:MOST_ITEMS]}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_value(one) for one in value[:MOST_ITEMS]]
    return multi_line(value[:MOST_CHARS]) if isinstance(value, str) else value


MOST_ITEMS = 100
"""The most items of a list or mapping that templates see."""
