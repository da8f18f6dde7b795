"""The routes about people, what they look after, and how the gateway is set up."""

from gateway.api import (
    catalogue,
    chats,
    fields,
    handovers,
    keys,
    me,
    methods,
    monitors,
    oidc,
    people,
    promises,
    stories,
    wire,
)
from gateway.api.route import (
    ADMIN,
    CHANGE,
    CI,
    GROUP,
    KEY,
    MATCHED,
    MONITOR,
    ONCE,
    OPEN,
    PERSON,
    READ,
    SERVICE,
    V1,
    WRITE,
    Route,
)
from gateway.catalogue.importing import NewCi
from gateway.operations.permissions import Action


def of_setup() -> tuple[Route, ...]:
    """Everything that may be asked about people, services, keys and the like."""
    return (
        Route("GET", V1 + "/keys", keys.list_keys, ADMIN, "List keys", None, keys.KeyList),
        Route("POST", V1 + "/keys", keys.create_key, ADMIN, "Make a key", wire.NewKey, keys.MadeKey, status=201, headers=ONCE),
        Route("DELETE", KEY, keys.revoke_key, ADMIN, "Revoke a key", status=204),
        Route("GET", V1 + "/fields", fields.list_fields, READ, "Fields the configuration adds", None, fields.FieldList,
              needs=Action.READ),
        Route("POST", V1 + "/sla/preview", promises.preview_sla, ADMIN, "Whom an edit of policies and calendars would move",
              stories.Preview, promises.Previewed),
        *_people(), *_catalogue(), *_oneself(), *_shifts(), *_monitors(), *_chats(),
    )  # fmt: skip


def _people() -> tuple[Route, ...]:
    one, group, seen = people.PersonView, people.GroupView, Action.DIRECTORY
    return (
        Route("GET", V1 + "/people", people.list_people, READ, "List people", None, people.PeoplePage, people.PeopleQuery,
              needs=seen),
        Route("POST", V1 + "/people", people.create_person, ADMIN, "Make a person", people.NewPerson, one, status=201,
              headers=ONCE),
        Route("GET", PERSON, people.read_person, READ, "Read a person", None, one, needs=seen),
        Route("PATCH", PERSON, people.patch_person, ADMIN, "Change a person", people.PersonPatch, one, headers=CHANGE),
        Route("DELETE", PERSON, people.deactivate_person, ADMIN, "End what a person may do", status=204),
        Route("DELETE", PERSON + "/identity", people.forget_identity, ADMIN, "Forget who this is elsewhere", status=204),
        Route("GET", V1 + "/groups", people.list_groups, READ, "List groups", None, people.GroupPage, people.GroupQuery,
              needs=seen),
        Route("POST", V1 + "/groups", people.create_group, ADMIN, "Make a group", people.NewGroup, group, status=201,
              headers=ONCE),
        Route("GET", GROUP, people.read_group, READ, "Read a group", None, group, needs=seen),
        Route("PATCH", GROUP, people.patch_group, ADMIN, "Change a group", people.GroupPatch, group, headers=CHANGE),
        Route("DELETE", GROUP, people.deactivate_group, ADMIN, "End a group", status=204),
    )  # fmt: skip


def _chats() -> tuple[Route, ...]:
    path, one, code = PERSON + "/chats", chats.ChatView, chats.ChatCode
    return (
        Route("GET", path, chats.list_chats, READ, "Who this is in chats", None, chats.ChatList, needs=Action.DIRECTORY),
        Route("POST", path, chats.link_chat, ADMIN, "Say who this is in a chat", chats.NewChat, one, status=201, headers=ONCE),
        Route("DELETE", path, chats.unlink_chat, ADMIN, "Say that it is not", query=chats.ChatQuery, status=204),
        Route("POST", path + "/code", chats.make_code, ADMIN, "Get somebody a code for a chat", None, code, status=201),
        Route("POST", V1 + "/me/chats/code", chats.make_own_code, WRITE, "Get a code for a chat", None, code, status=201),
    )


def _catalogue() -> tuple[Route, ...]:
    one, ci, seen = catalogue.ServiceView, catalogue.CiView, Action.DIRECTORY
    services, cis = V1 + "/services", V1 + "/cis"
    return (
        Route("GET", services, catalogue.list_services, READ, "List services", None, catalogue.ServicePage,
              query=catalogue.ServiceQuery, needs=seen),
        Route("POST", services, catalogue.create_service, ADMIN, "Make a service", catalogue.NewService, one, status=201,
              headers=ONCE),
        Route("GET", SERVICE, catalogue.read_service, READ, "Read a service", None, one, needs=seen),
        Route("PATCH", SERVICE, catalogue.patch_service, ADMIN, "Change a service", catalogue.ServicePatch, one, headers=CHANGE),
        Route("DELETE", SERVICE, catalogue.deactivate_service, ADMIN, "End a service", status=204, headers=MATCHED),
        Route("GET", cis, catalogue.list_cis, READ, "List configuration items", None, catalogue.CiPage,
              query=catalogue.CiQuery, needs=seen),
        Route("POST", cis, catalogue.create_ci, ADMIN, "Make a configuration item", NewCi, ci, status=201, headers=ONCE),
        Route("POST", cis + "/import", catalogue.import_cis, ADMIN, "Write many, or none", gives=catalogue.Imported,
              reads=list[NewCi], headers=ONCE),
        Route("GET", CI, catalogue.read_ci, READ, "Read a configuration item", None, ci, needs=seen),
        Route("PATCH", CI, catalogue.patch_ci, ADMIN, "Change a configuration item", catalogue.CiPatch, ci, headers=CHANGE),
        Route("DELETE", CI, catalogue.delete_ci, ADMIN, "Forget a configuration item", status=204, headers=MATCHED),
        Route("GET", CI + "/impact", catalogue.read_impact, READ, "What depends on it", None, catalogue.Reach, needs=seen),
    )  # fmt: skip


def _oneself() -> tuple[Route, ...]:
    own, made = V1 + "/me/keys", keys.MadeKey
    return (
        Route("POST", V1 + "/login", me.log_in, OPEN, "Get a session for a password", me.Credentials, me.Opened),
        Route("GET", oidc.PATH, oidc.begin, OPEN, "Go to the identity provider", status=302),
        Route("GET", oidc.PATH + "/callback", oidc.finish, OPEN, "Come back from there with a session", None, me.Opened,
              oidc.Returned),
        Route("POST", V1 + "/logout", me.log_out, READ, "End the session", status=204),
        Route("GET", V1 + "/me", me.read_me, READ, "Whose key this is", None, me.Me),
        Route("PUT", V1 + "/me/password", me.put_password, WRITE, "Change one's password", me.NewPassword, status=204),
        Route("PUT", PERSON + "/password", me.put_initial_password, ADMIN, "Set a password", me.InitialPassword, status=204),
        *_methods(),
        Route("GET", own, me.list_own_keys, READ, "List one's own keys", None, keys.KeyList),
        Route("POST", own, me.create_own_key, WRITE, "Make a key of one's own", me.NewOwnKey, made, status=201, headers=ONCE),
        Route("DELETE", own + "/{id:[0-9]{1,9}}", me.revoke_own_key, WRITE, "Revoke a key of one's own", status=204),
    )  # fmt: skip


def _methods() -> tuple[Route, ...]:
    path, own, one = PERSON + "/methods", V1 + "/me/methods", methods.ContactMethods
    return (
        Route("GET", path, methods.read_methods, READ, "List somebody's contact methods", None, one, needs=Action.DIRECTORY),
        Route("PUT", path, methods.put_methods, ADMIN, "Set somebody's contact methods", one, one),
        Route("GET", own, methods.read_own_methods, READ, "List one's own contact methods", None, one),
        Route("PUT", own, methods.put_own_methods, WRITE, "Set one's own contact methods", one, one),
    )


def _shifts() -> tuple[Route, ...]:
    roster, one = handovers.RosterView, V1 + "/handovers/{id:[0-9]{1,18}}/accept"
    return (
        Route("PUT", GROUP + "/roster", handovers.put_roster, ADMIN, "Plan a group's shifts", handovers.Roster, status=204),
        Route("GET", GROUP + "/roster", handovers.read_roster, READ, "Who works when", None, roster, handovers.RosterQuery,
              needs=Action.DIRECTORY),
        Route("GET", V1 + "/handovers", handovers.list_handovers, READ, "What shifts hand over", None, handovers.HandOvers,
              handovers.HandOverQuery, needs=Action.HAND_OVER),
        Route("POST", one, handovers.accept_handover, WRITE, "Take a shift's work over", None, handovers.HandOverView,
              needs=Action.HAND_OVER, headers=ONCE),
    )  # fmt: skip


def _monitors() -> tuple[Route, ...]:
    path, one, seen = V1 + "/monitors", monitors.MonitorView, Action.DIRECTORY
    return (
        Route("GET", path, monitors.list_monitors, READ, "List monitors", None, monitors.MonitorPage, monitors.MonitorQuery,
              needs=seen),
        Route("POST", path, monitors.create_monitor, ADMIN, "Make a monitor", monitors.NewMonitor, one, status=201,
              headers=ONCE),
        Route("GET", MONITOR, monitors.read_monitor, READ, "Read a monitor", None, one, needs=seen),
        Route("PATCH", MONITOR, monitors.patch_monitor, ADMIN, "Change a monitor", monitors.MonitorPatch, one, headers=CHANGE),
        Route("DELETE", MONITOR, monitors.delete_monitor, ADMIN, "Forget a monitor", status=204),
    )  # fmt: skip
