"""The routes about records: what is read of them and done to them."""

from gateway.api import (
    attachments,
    incidents,
    knowledge,
    linked,
    major_reports,
    management,
    mine,
    problem_candidates,
    reads,
    stories,
    updates,
    wire,
)
from gateway.api.feed import Changes, Feed
from gateway.api.feed import Query as FeedQuery
from gateway.api.listing import Query as ListQuery
from gateway.api.route import (
    CACHED,
    CHANGE,
    FILE,
    MATCHED,
    MINE,
    ONCE,
    ONE,
    OPEN,
    READ,
    REF,
    REFERENCE,
    V1,
    WRITE,
    Route,
    sentence,
)
from gateway.api.views import IncidentView, Sla
from gateway.operations.permissions import Action


def of_records(feed: Feed) -> tuple[Route, ...]:
    """Everything that may be asked about a record, or about what became one."""
    act, view, acted = incidents.take_action, IncidentView, incidents.Acted
    actions = (Route("POST", f"{ONE}/{name}", act, WRITE, sentence(kind), kind, acted, headers=CHANGE)
               for name, kind in wire.ACTIONS.items())  # fmt: skip
    return (
        Route("GET", V1 + "/incidents", incidents.list_incidents, READ, "List records", None, incidents.Page, ListQuery,
              needs=Action.READ),
        Route("POST", V1 + "/incidents", incidents.create_incident, WRITE, "Make a record", wire.NewIncident, view, status=201,
              needs=Action.SUBMIT, headers=ONCE),
        Route("POST", V1 + "/incidents/bulk", incidents.act_on_many, WRITE, "Act on many", wire.Bulk, incidents.BulkResults,
              headers=ONCE),
        Route("GET", ONE, incidents.read_incident, READ, "Read a record", None, view, headers=CACHED),
        Route("PATCH", ONE, incidents.patch_incident, WRITE, "Correct a record", wire.Patch, view, headers=CHANGE),
        Route("GET", ONE + "/timeline", reads.read_timeline, READ, "Everything that happened", None, reads.Timeline),
        Route("GET", ONE + "/sla", reads.read_sla, READ, "Every clock, every second explained", None, Sla),
        Route("GET", ONE + "/alerts", reads.read_alerts, READ, "The alerts it answers for", None, reads.Alerts),
        Route("GET", ONE + "/related", reads.read_related, READ, "Its master, followers, proposals", None, reads.Related),
        Route("POST", ONE + "/link", incidents.link_incident, WRITE, "Follow a master", wire.LinkTo, acted, headers=CHANGE),
        Route("POST", ONE + "/unlink", incidents.unlink_incident, WRITE, "Follow none", wire.Unlink, acted, headers=CHANGE),
        Route("POST", ONE + "/refuse_link", incidents.refuse_proposed_link, WRITE, "Refuse a link that is proposed",
              wire.RefuseLink, acted, headers=CHANGE),
        Route("POST", ONE + "/follow_on", incidents.follow_incident, WRITE, "Go on from a closed record", wire.FollowOn, view,
              status=201, headers=ONCE),
        Route("POST", ONE + "/convert", incidents.convert_request, WRITE, "Make a request something else", wire.Convert, acted,
              headers=CHANGE),
        *actions,
        Route("GET", REF, incidents.read_reference, READ, "Its counterpart elsewhere", None, wire.Reference),
        Route("PUT", REF, incidents.put_reference, WRITE, "Set its counterpart elsewhere", wire.Reference, wire.Reference,
              headers=REFERENCE),
        Route("DELETE", REF, incidents.remove_reference, WRITE, "Delete its counterpart elsewhere", status=204,
              headers=MATCHED),
        Route("GET", V1 + "/changes", feed.read, READ, "The gap-free change feed", None, Changes, FeedQuery, needs=Action.FOLLOW),
        Route("GET", V1 + "/receipts/{id}", reads.read_receipt, READ, "What became of a delivery", None, reads.ReceiptView,
              needs=Action.RECEIPTS),
        Route("GET", V1 + "/problem-candidates", problem_candidates.list_candidates, READ, "Problems to look into", None,
              problem_candidates.Candidates, problem_candidates.Query, needs=Action.INSPECT),
        Route("POST", V1 + "/sla/simulate", reads.simulate_sla, READ, "The clocks of a story", stories.Simulate, reads.Clocks),
        Route("POST", ONE + "/invite", mine.invite, WRITE, "Make a link for its reporter", None, mine.Invitation, status=201),
        *_files(), *_management(), *_updates(), *_reports(), *_following(), *_knowledge(), *_mine(),
    )  # fmt: skip


def _files() -> tuple[Route, ...]:
    one, path = attachments.Attachment, ONE + "/attachments"
    return (
        Route("POST", path, attachments.attach_file, WRITE, "Keep the body as a file", None, one, attachments.Naming, status=201,
              headers=("Content-Disposition", *CHANGE), streams=True),
        Route("GET", path, attachments.list_files, READ, "Its files", None, attachments.Attachments),
        Route("GET", ONE + FILE, attachments.fetch_file, READ, "Fetch a file"),
        Route("DELETE", ONE + FILE, attachments.remove_file, WRITE, "Take a file's content away", status=204, headers=MATCHED),
        Route("POST", MINE + "/attachments", mine.attach_to_mine, OPEN, "Add a file by a link", None, mine.Download,
              attachments.Naming, status=201, headers=("Content-Disposition", *ONCE), streams=True),
        Route("GET", MINE + FILE, mine.fetch_mine, OPEN, "Fetch a file by a link"),
    )  # fmt: skip


def _management() -> tuple[Route, ...]:
    told, noted = management.LeaderTold, management.AcknowledgeEscalation
    return (
        Route("POST", ONE + "/leader_told", management.put_down_leader_told, WRITE, sentence(told), told, incidents.Acted,
              headers=CHANGE),
        Route("POST", ONE + "/acknowledge_escalation", management.take_note, WRITE, sentence(noted), noted, incidents.Acted,
              headers=CHANGE),
        Route("GET", ONE + "/notifications", management.list_notifications, READ, "What became of the messages about it", None,
              management.Notifications),
    )  # fmt: skip


def _updates() -> tuple[Route, ...]:
    posted, path, one = ONE + "/updates", ONE + "/subscribers", updates.Subscriber
    return (
        Route("POST", posted, updates.post_update, WRITE, sentence(updates.StatusUpdate), updates.StatusUpdate, incidents.Acted,
              headers=CHANGE),
        Route("GET", posted, updates.list_updates, READ, "Its status updates", None, updates.Updates),
        Route("POST", path, updates.subscribe, WRITE, "Send status updates to somebody", updates.NewSubscriber, one, status=201),
        Route("GET", path, updates.list_subscribers, READ, "Who is sent status updates", None, updates.Subscribers),
        Route("DELETE", path + "/{id:[0-9]{1,18}}", updates.unsubscribe, WRITE, "Send them to somebody no longer", status=204),
    )  # fmt: skip


def _reports() -> tuple[Route, ...]:
    one, path = major_reports.ReportView, ONE + "/report"
    return (
        Route("GET", path, major_reports.read_report, READ, "The report on a major incident", None, one, major_reports.Query),
        Route("PUT", path, major_reports.put_report, WRITE, "Write that report", major_reports.Text, one, headers=ONCE),
        Route("POST", path + "/approve", major_reports.approve_report, WRITE, "Approve that report", None, one, headers=ONCE),
    )


def _following() -> tuple[Route, ...]:
    path, about, acted = ONE + "/linked", ONE + "/complaints", incidents.Acted
    told = linked.Complaints, linked.ComplaintQuery
    return (
        Route("POST", path, linked.link_record, WRITE, "Link a record of another system", linked.NewLink, acted, headers=CHANGE),
        Route("GET", path, linked.list_linked, READ, "What it leads to", None, linked.LinkedRecords),
        Route(
            "DELETE", path, linked.unlink_record, WRITE, "Take a link away", query=linked.Unlinked, status=204, headers=MATCHED
        ),
        Route("POST", about, linked.complain, WRITE, "File a complaint", linked.NewComplaint, acted, status=201, headers=CHANGE),
        Route("GET", about, linked.list_complaints, READ, "Complaints about it", None, *told),
        Route("GET", V1 + "/complaints", linked.list_complaints, READ, "All complaints", None, *told, needs=Action.INSPECT),
    )  # fmt: skip


def _knowledge() -> tuple[Route, ...]:
    path, one, known = V1 + "/articles", knowledge.ArticleView, Action.KNOWLEDGE
    each = path + "/{id:[0-9]{1,18}}"
    return (
        Route("GET", ONE + "/similar", knowledge.read_similar, READ, "What of before was like it", None, knowledge.Similar,
              knowledge.SimilarQuery),
        Route("POST", ONE + "/publish", knowledge.publish_solution, WRITE, "Make an article of its solution", knowledge.Publish,
              incidents.Acted, status=201, headers=ONCE),
        Route("GET", path, knowledge.list_articles, READ, "List articles", None, knowledge.Articles, knowledge.ArticleQuery,
              needs=known),
        Route("POST", path, knowledge.create_article, WRITE, "Write an article", knowledge.NewArticle, one, status=201,
              needs=Action.PUBLISH),
        Route("GET", each, knowledge.read_article, READ, "Read an article", None, one, needs=known),
        Route("PATCH", each, knowledge.patch_article, WRITE, "Change an article", knowledge.ArticlePatch, one, headers=MATCHED,
              needs=Action.PUBLISH),
    )  # fmt: skip


def _mine() -> tuple[Route, ...]:
    asked = {"confirm": mine.Agree, "refuse": wire.Refuse, "rate": wire.Rate, "note": wire.Note}
    return (
        Route("GET", MINE, mine.read_mine, OPEN, "Read one's record by a link", None, mine.Mine),
        *(
            Route("POST", f"{MINE}/{n}", mine.act_on_mine, OPEN, sentence(kind), kind, mine.Mine, headers=ONCE)
            for n, kind in asked.items()
        ),
    )
