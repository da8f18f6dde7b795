"""The routes of the quarantine, and of mail that was set aside."""

from gateway.access.permissions import Action
from gateway.api.quarantine import entries, mappings, set_aside
from gateway.api.route import ADMIN, CHANGE, READ, V1, WRITE, Route

ALL = V1 + "/quarantine"
ENTRY = ALL + "/{id:[0-9]{1,18}}"
ASIDE = V1 + "/set_aside"
ONE_ASIDE = ASIDE + "/{id:[0-9]{1,18}}"
MAPPING = V1 + "/mappings/{integration:[a-z0-9][a-z0-9_-]{0,63}}/{source:[a-z0-9][a-z0-9_-]{0,63}}"


def quarantine_routes() -> tuple[Route, ...]:
    """Return the routes of quarantine entries and mappings."""
    looking, one = Action.QUARANTINE, entries.QuarantineEntryView
    return (
        Route("GET", ALL, entries.list_quarantine, READ, "List what is in quarantine", None, entries.QuarantinePage,
              entries.QuarantineQuery, needs=looking),
        Route("GET", ALL + "/counts", entries.count_quarantine, READ, "Count the problems in quarantine", None,
              entries.Counts, entries.QuarantineFilter, needs=looking),
        Route("GET", ENTRY, entries.read_quarantined, READ, "Read a quarantined entry beside what was expected", None,
              entries.QuarantineEntryDetail, needs=looking),
        Route("POST", ENTRY + "/replay", entries.replay_quarantined, WRITE,
              "Replay a quarantined entry", None, entries.ReplayView,
              status=202, needs=Action.REPLAY),
        Route("POST", ENTRY + "/drop", entries.drop_quarantined, ADMIN, "Drop a quarantined entry", entries.Drop, one),
        Route("POST", ALL + "/replay", entries.replay_many, ADMIN, "Replay many quarantined entries", entries.ReplayBatch,
              entries.ReplayBatchView),
        Route("POST", ALL + "/try", mappings.try_mapping, ADMIN, "Try a mapping on quarantined entries", mappings.TryMapping,
              mappings.MappingTrial),
        Route("GET", V1 + "/mappings", mappings.list_mappings, ADMIN, "List the mappings", None,
              mappings.MappingList),
        Route("GET", MAPPING, mappings.read_mapping, ADMIN, "List the versions of a mapping", None,
              mappings.MappingList),
        Route("PUT", MAPPING, mappings.put_mapping, ADMIN, "Set a mapping", mappings.PutMapping,
              mappings.MappingView, headers=CHANGE),
    )  # fmt: skip


def set_aside_routes() -> tuple[Route, ...]:
    """Return the routes of mail that was set aside."""
    looking = Action.SET_ASIDE
    return (
        Route("GET", ASIDE, set_aside.list_set_aside, READ, "List mail that was set aside", None, set_aside.SetAsideList,
              set_aside.SetAsideQuery, needs=looking),
        Route("GET", ONE_ASIDE, set_aside.read_set_aside, READ, "Read one mail that was set aside", None, set_aside.SetAsideView,
              needs=looking),
        Route("POST", ONE_ASIDE + "/open", set_aside.open_set_aside, WRITE, "Create a record of a mail that was set aside", None,
              set_aside.SetAsideOpened, needs=Action.OPEN_SET_ASIDE),
    )  # fmt: skip
