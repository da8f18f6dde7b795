"""The API of the knowledge base, and of earlier records that are similar to one."""

from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.access.permissions import Action, visibility_of
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.records.incidents import find_record
from gateway.api.records.responses import respond_with_result
from gateway.db.pool import acquire
from gateway.errors import NotFound
from gateway.knowledge import articles
from gateway.knowledge.similar import articles_like, incidents_like
from gateway.operations import publishing
from gateway.untrusted import bounds
from gateway.untrusted.bounds import Request
from gateway.views.record_fields import Language
from gateway.vocabulary import ArticleState

Id = Annotated[int, Meta(ge=1, le=2**62)]


class NewArticle(Request, kw_only=True):
    """An article to create: a symptom and its solution."""

    title: bounds.Title
    symptom: bounds.Text = ""
    solution: bounds.Text = ""
    service: bounds.Name = ""
    category: bounds.Name = ""
    language: Language = ""
    state: ArticleState = ArticleState.DRAFT


class ArticlePatch(Request, kw_only=True):
    """Fields of an article to change."""

    title: bounds.Title | UnsetType = UNSET
    symptom: bounds.Text | UnsetType = UNSET
    solution: bounds.Text | UnsetType = UNSET
    service: bounds.Name | UnsetType = UNSET
    category: bounds.Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    state: ArticleState | UnsetType = UNSET


class Publish(Request, kw_only=True):
    """An article to create from a record's solution; texts left out are the record's."""

    title: bounds.Name = ""
    symptom: bounds.Text = ""
    state: ArticleState = ArticleState.DRAFT


class ArticleView(msgspec.Struct):
    """An article of the knowledge base."""

    id: int
    state: ArticleState
    title: str
    symptom: str
    solution: str
    service: str
    category: str
    language: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    version: int


class Articles(msgspec.Struct):
    """A page of articles, newest first.

    `next` is the `before` of the next page, null at the end.
    """

    articles: list[ArticleView]
    next: int | None


class ArticleQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of articles; `q` occurs in the title or the symptom."""

    q: Annotated[str, Meta(max_length=256)] | None = None
    state: ArticleState | None = None
    service: bounds.Name | None = None
    before: Id | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class SimilarQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The most records, and the most articles, to return."""

    limit: Annotated[int, Meta(ge=1, le=50)] = 5


class SimilarIncident(msgspec.Struct):
    """A solved record that is similar to another.

    `score` is from 0 to 1 and rests on `reasons`: words, service, ci, category.
    """

    number: str
    title: str
    service: str
    resolution: str | None
    resolution_category: str
    solution: str
    resolved_at: datetime | None
    score: float
    reasons: tuple[str, ...]


class SimilarArticle(msgspec.Struct):
    """A published article that is similar to a record; `score` and `reasons` as of records."""

    id: int
    title: str
    solution: str
    score: float
    reasons: tuple[str, ...]


class SimilarItems(msgspec.Struct):
    """Earlier records and articles similar to a record, the most similar first."""

    incidents: list[SimilarIncident]
    articles: list[SimilarArticle]


async def read_similar(call: QueryCall[SimilarQuery]) -> web.Response:
    """Return solved records and articles that are similar to the record in the path."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call, Action.INSPECT)
        past = await incidents_like(conn, incident, visibility_of(call.who), query.limit)
        known = await articles_like(conn, incident, visibility_of(call.who), query.limit)
    return respond(
        SimilarItems(
            [
                SimilarIncident(
                    i.number,
                    i.title,
                    i.service,
                    i.resolution,
                    i.resolution_category,
                    i.solution,
                    i.resolved_at,
                    like.score,
                    like.reasons,
                )
                for i, like in ((match.found, match.likeness) for match in past)
            ],
            [
                SimilarArticle(
                    m.found.id,
                    m.found.title,
                    m.found.solution,
                    m.likeness.score,
                    m.likeness.reasons,
                )
                for m in known
            ],
        )
    )


async def publish_solution(call: ApiCall[Publish]) -> web.Response:
    """Create an article from the record's solution."""
    asked = call.body
    return await respond_with_result(
        call,
        lambda uow: publishing.publish_solution(
            uow, call.number, asked.state, asked.title, asked.symptom, call.who, once=call.once()
        ),
        201,
    )


async def list_articles(call: QueryCall[ArticleQuery]) -> web.Response:
    """Return a page of articles."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        rows = await articles.page(
            conn,
            visibility_of(call.who),
            query.limit + 1,
            state=query.state,
            service=query.service,
            before=query.before,
            text=query.q,
        )
    page = [_view(article) for article in rows[: query.limit]]
    return respond(Articles(page, page[-1].id if len(rows) > query.limit else None))


async def create_article(call: ApiCall[NewArticle]) -> web.Response:
    """Create an article."""
    fields = {name: getattr(call.body, name) for name in articles.CHANGEABLE}
    made = await publishing.write_article(call.context.uow, fields, call.who)
    return respond(_view(made), 201, str(made.version), f"/api/v1/articles/{made.id}")


async def read_article(call: ApiCall[None]) -> web.Response:
    """Return one article."""
    async with acquire(call.context.uow.pool) as conn:
        article = await articles.by_id(conn, call.id, visibility_of(call.who))
    if article is None:
        raise NotFound(f"there is no article {call.id}")
    return respond(_view(article), etag=str(article.version))


async def patch_article(call: ApiCall[ArticlePatch]) -> web.Response:
    """Change fields of an article."""
    changes = {
        name: value
        for name in articles.CHANGEABLE
        if (value := getattr(call.body, name)) is not UNSET
    }
    made = await publishing.change_article(
        call.context.uow, call.id, changes, call.who, if_match=call.if_match()
    )
    return respond(_view(made), etag=str(made.version))


def _view(article: articles.Article) -> ArticleView:
    return ArticleView(**{name: getattr(article, name) for name in ArticleView.__struct_fields__})
