"""The routes about what could not be understood, and about what was set aside."""

from gateway.api import mappings, quarantine, set_aside
from gateway.api.route import ADMIN, CHANGE, READ, V1, WRITE, Route
from gateway.operations.permissions import Action

ALL = V1 + "/quarantine"
ENTRY = ALL + "/{id:[0-9]{1,18}}"
ASIDE = V1 + "/set_aside"
ONE_ASIDE = ASIDE + "/{id:[0-9]{1,18}}"
MAPPING = V1 + "/mappings/{integration:[a-z0-9][a-z0-9_-]{0,63}}/{source:[a-z0-9][a-z0-9_-]{0,63}}"


def of_quarantine() -> tuple[Route, ...]:
    """Looking at it, reading it again, dropping it, and mappings."""
    looking, one = Action.QUARANTINE, quarantine.Quarantined
    return (
        Route("GET", ALL, quarantine.list_quarantine, READ, "List what is in quarantine", None, quarantine.Quarantine,
              quarantine.Query, needs=looking),
        Route("GET", ALL + "/counts", quarantine.count_quarantine, READ, "Count the problems in quarantine", None,
              quarantine.Counts, quarantine.Chosen, needs=looking),
        Route("GET", ENTRY, quarantine.read_quarantined, READ, "Read a quarantined entry beside what was expected", None,
              quarantine.QuarantinedWhole, needs=looking),
        Route("POST", ENTRY + "/replay", quarantine.replay_quarantined, WRITE,
              "Replay a quarantined entry", None, quarantine.Replayed,
              status=202, needs=Action.REPLAY),
        Route("POST", ENTRY + "/drop", quarantine.drop_quarantined, ADMIN, "Drop a quarantined entry", quarantine.Drop, one),
        Route("POST", ALL + "/replay", quarantine.replay_many, ADMIN, "Replay many quarantined entries", quarantine.ReplayMany,
              quarantine.ReplayedMany),
        Route("POST", ALL + "/try", mappings.try_mapping, ADMIN, "Try a mapping on quarantined entries", mappings.TryMapping,
              mappings.TriedMapping),
        Route("GET", V1 + "/mappings", mappings.list_mappings, ADMIN, "List the mappings", None,
              mappings.MappingList),
        Route("GET", MAPPING, mappings.read_mapping, ADMIN, "List the versions of a mapping", None,
              mappings.MappingList),
        Route("PUT", MAPPING, mappings.put_mapping, ADMIN, "Set a mapping", mappings.PutMapping,
              mappings.MappingView, headers=CHANGE),
    )  # fmt: skip


def of_set_aside() -> tuple[Route, ...]:
    """The routes about mail that was set aside."""
    looking = Action.SET_ASIDE
    return (
        Route("GET", ASIDE, set_aside.list_set_aside, READ, "List mail that was set aside", None, set_aside.SetAsideList,
              set_aside.Query, needs=looking),
        Route("GET", ONE_ASIDE, set_aside.read_set_aside, READ, "Read one mail that was set aside", None, set_aside.SetAside,
              needs=looking),
        Route("POST", ONE_ASIDE + "/open", set_aside.open_set_aside, WRITE, "Create a record of a mail that was set aside", None,
              set_aside.SetAsideOpened, needs=Action.OPEN_SET_ASIDE),
    )  # fmt: skip
