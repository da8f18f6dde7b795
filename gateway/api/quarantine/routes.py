"""The routes of the quarantine, and of mail that was set aside."""

from gateway.access.permissions import Action
from gateway.api.quarantine import entries, mappings, set_aside
from gateway.api.route import ADMIN, CHANGE, READ, V1, WRITE, Route
from gateway.api.typed_handler import with_body, with_query, without_body

ALL = V1 + "/quarantine"
ENTRY = ALL + "/{id:[0-9]{1,18}}"
ASIDE = V1 + "/set_aside"
ONE_ASIDE = ASIDE + "/{id:[0-9]{1,18}}"
MAPPING = V1 + "/mappings/{integration:[a-z0-9][a-z0-9_-]{0,63}}/{source:[a-z0-9][a-z0-9_-]{0,63}}"


def quarantine_routes() -> tuple[Route, ...]:
    """Return the routes of quarantine entries and mappings."""
    looking, one = Action.QUARANTINE, entries.QuarantineEntryView
    return (
        Route("GET", ALL, with_query(entries.list_quarantine, entries.QuarantineQuery), READ,
              "List quarantined entries", entries.QuarantinePage, needs=looking),
        Route("GET", ALL + "/counts",
              with_query(entries.count_quarantine, entries.QuarantineFilter), READ,
              "Count quarantined entries by problem", entries.Counts, needs=looking),
        Route("GET", ENTRY, without_body(entries.read_quarantined), READ,
              "Read a quarantined entry and its differences from its source's format",
              entries.QuarantineEntryDetail,
              needs=looking),
        Route("POST", ENTRY + "/replay", without_body(entries.replay_quarantined), WRITE,
              "Replay a quarantined entry", entries.ReplayView, status=202, needs=Action.REPLAY),
        Route("POST", ENTRY + "/drop", with_body(entries.drop_quarantined, entries.Drop), ADMIN,
              "Drop a quarantined entry", one),
        Route("POST", ALL + "/replay", with_body(entries.replay_many, entries.ReplayBatch), ADMIN,
              "Replay many quarantined entries", entries.ReplayBatchView),
        Route("POST", ALL + "/try", with_body(mappings.try_mapping, mappings.TryMapping), ADMIN,
              "Try a mapping on quarantined entries", mappings.MappingTrial),
        Route("GET", V1 + "/mappings", without_body(mappings.list_mappings), ADMIN,
              "List the mappings", mappings.MappingList),
        Route("GET", MAPPING, without_body(mappings.read_mapping), ADMIN,
              "List the versions of a mapping", mappings.MappingList),
        Route("PUT", MAPPING, with_body(mappings.put_mapping, mappings.PutMapping), ADMIN,
              "Set a mapping", mappings.MappingView, headers=CHANGE),
    )  # fmt: skip


def set_aside_routes() -> tuple[Route, ...]:
    """Return the routes of mail that was set aside."""
    looking = Action.SET_ASIDE
    return (
        Route("GET", ASIDE, with_query(set_aside.list_set_aside, set_aside.SetAsideQuery), READ,
              "List mail that was set aside", set_aside.SetAsideList, needs=looking),
        Route("GET", ONE_ASIDE, without_body(set_aside.read_set_aside), READ,
              "Read one mail that was set aside", set_aside.SetAsideView, needs=looking),
        Route("POST", ONE_ASIDE + "/open", without_body(set_aside.open_set_aside), WRITE,
              "Create a record from a mail that was set aside", set_aside.SetAsideOpened,
              needs=Action.OPEN_SET_ASIDE),
    )  # fmt: skip
