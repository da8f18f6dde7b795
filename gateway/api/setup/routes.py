"""The routes of people, services, monitors, keys and the setup of the gateway."""

from gateway.access.permissions import Action
from gateway.api import clock_events, custom_fields, wire
from gateway.api.route import (
    ADMIN,
    CHANGE,
    CI,
    GROUP,
    IDEMPOTENT,
    IF_MATCH,
    KEY,
    MONITOR,
    NO_KEY,
    PERSON,
    READ,
    SERVICE,
    V1,
    WRITE,
    Route,
)
from gateway.api.setup import (
    catalogue,
    chat_accounts,
    contact_methods,
    handovers,
    keys,
    monitors,
    oidc,
    people,
    promises,
    session,
)
from gateway.catalogue.importing import NewCi


def setup_routes() -> tuple[Route, ...]:
    """Return the routes of people, services, keys and the like."""
    return (
        Route("GET", V1 + "/keys", keys.list_keys, ADMIN, "List keys", None, keys.KeyList),
        Route("POST", V1 + "/keys", keys.create_key, ADMIN, "Create a key", wire.NewKey, keys.CreatedKey, status=201, headers=IDEMPOTENT),
        Route("DELETE", KEY, keys.revoke_key, ADMIN, "Revoke a key", status=204),
        Route("GET", V1 + "/fields", custom_fields.list_fields, READ, "List the configured fields", None, custom_fields.FieldList,
              needs=Action.READ),
        Route("POST", V1 + "/sla/preview", promises.preview_sla, ADMIN, "Preview an edit of policies and calendars",
              clock_events.Preview, promises.SlaPreview),
        *_people(), *_catalogue(), *_oneself(), *_shifts(), *_monitors(), *_chats(),
    )  # fmt: skip


def _people() -> tuple[Route, ...]:
    one, group, seen = people.PersonView, people.GroupView, Action.DIRECTORY
    return (
        Route("GET", V1 + "/people", people.list_people, READ, "List people", None, people.PeoplePage, people.PeopleQuery,
              needs=seen),
        Route("POST", V1 + "/people", people.create_person, ADMIN, "Create a person", people.NewPerson, one, status=201,
              headers=IDEMPOTENT),
        Route("GET", PERSON, people.read_person, READ, "Read a person", None, one, needs=seen),
        Route("PATCH", PERSON, people.patch_person, ADMIN, "Change a person", people.PersonPatch, one, headers=CHANGE),
        Route("DELETE", PERSON, people.deactivate_person, ADMIN, "Deactivate a person", status=204),
        Route("DELETE", PERSON + "/identity", people.unlink_identity, ADMIN,
              "Delete the person's link to the identity provider", status=204),
        Route("GET", V1 + "/groups", people.list_groups, READ, "List groups", None, people.GroupPage, people.GroupQuery,
              needs=seen),
        Route("POST", V1 + "/groups", people.create_group, ADMIN, "Create a group", people.NewGroup, group, status=201,
              headers=IDEMPOTENT),
        Route("GET", GROUP, people.read_group, READ, "Read a group", None, group, needs=seen),
        Route("PATCH", GROUP, people.patch_group, ADMIN, "Change a group", people.GroupPatch, group, headers=CHANGE),
        Route("DELETE", GROUP, people.deactivate_group, ADMIN, "Deactivate a group", status=204),
    )  # fmt: skip


def _chats() -> tuple[Route, ...]:
    path, one, code = PERSON + "/chats", chat_accounts.ChatView, chat_accounts.ChatCode
    return (
        Route(
            "GET",
            path,
            chat_accounts.list_chats,
            READ,
            "List the chat accounts of a person",
            None,
            chat_accounts.ChatList,
            needs=Action.DIRECTORY,
        ),
        Route(
            "POST",
            path,
            chat_accounts.link_chat,
            ADMIN,
            "Link a chat account to a person",
            chat_accounts.NewChat,
            one,
            status=201,
            headers=IDEMPOTENT,
        ),
        Route(
            "DELETE",
            path,
            chat_accounts.unlink_chat,
            ADMIN,
            "Unlink a chat account from a person",
            query=chat_accounts.ChatQuery,
            status=204,
        ),
        Route(
            "POST",
            path + "/code",
            chat_accounts.make_code,
            ADMIN,
            "Create a code that links a person's chat account",
            None,
            code,
            status=201,
        ),
        Route(
            "POST",
            V1 + "/me/chats/code",
            chat_accounts.make_own_code,
            WRITE,
            "Create a code that links your own chat account",
            None,
            code,
            status=201,
        ),
    )


def _catalogue() -> tuple[Route, ...]:
    one, ci, seen = catalogue.ServiceView, catalogue.CiView, Action.DIRECTORY
    services, cis = V1 + "/services", V1 + "/cis"
    return (
        Route("GET", services, catalogue.list_services, READ, "List services", None, catalogue.ServicePage,
              query=catalogue.ServiceQuery, needs=seen),
        Route("POST", services, catalogue.create_service, ADMIN, "Create a service", catalogue.NewService, one, status=201,
              headers=IDEMPOTENT),
        Route("GET", SERVICE, catalogue.read_service, READ, "Read a service", None, one, needs=seen),
        Route("PATCH", SERVICE, catalogue.patch_service, ADMIN, "Change a service", catalogue.ServicePatch, one, headers=CHANGE),
        Route("DELETE", SERVICE, catalogue.deactivate_service, ADMIN, "Deactivate a service", status=204, headers=IF_MATCH),
        Route("GET", cis, catalogue.list_cis, READ, "List configuration items", None, catalogue.CiPage,
              query=catalogue.CiQuery, needs=seen),
        Route("POST", cis, catalogue.create_ci, ADMIN, "Create a configuration item", NewCi, ci, status=201, headers=IDEMPOTENT),
        Route("POST", cis + "/import", catalogue.import_cis, ADMIN,
              "Import many configuration items", response_body=catalogue.ImportResult,
              reads=list[NewCi], headers=IDEMPOTENT),
        Route("GET", CI, catalogue.read_ci, READ, "Read a configuration item", None, ci, needs=seen),
        Route("PATCH", CI, catalogue.patch_ci, ADMIN, "Change a configuration item", catalogue.CiPatch, ci, headers=CHANGE),
        Route("DELETE", CI, catalogue.delete_ci, ADMIN, "Delete a configuration item", status=204, headers=IF_MATCH),
        Route("GET", CI + "/impact", catalogue.read_impact, READ,
              "List what depends on a configuration item", None, catalogue.ImpactView, needs=seen),
    )  # fmt: skip


def _oneself() -> tuple[Route, ...]:
    own, made = V1 + "/me/keys", keys.CreatedKey
    return (
        Route("POST", V1 + "/login", session.log_in, NO_KEY, "Sign in with a password", session.PasswordCredentials, session.OpenedSession),
        Route("GET", oidc.PATH, oidc.begin_oidc_login, NO_KEY, "Begin to sign in by the identity provider", status=302),
        Route("GET", oidc.PATH + "/callback", oidc.finish_oidc_login, NO_KEY, "Finish signing in by the identity provider", None,
              session.OpenedSession, oidc.OidcCallback),
        Route("POST", V1 + "/logout", session.log_out, READ, "End the session", status=204),
        Route("GET", V1 + "/me", session.read_me, READ, "Read whose key is used", None, session.OwnKeyView),
        Route("PUT", V1 + "/me/password", session.put_password, WRITE, "Change your own password", session.NewPassword,
              status=204),
        Route("PUT", PERSON + "/password", session.put_initial_password, ADMIN,
              "Set the password of a person", session.InitialPassword, status=204),
        *_methods(),
        Route("GET", own, session.list_own_keys, READ, "List your own keys", None, keys.KeyList),
        Route("POST", own, session.create_own_key, WRITE, "Create a key of your own", session.NewOwnKey, made, status=201,
              headers=IDEMPOTENT),
        Route("DELETE", own + "/{id:[0-9]{1,9}}", session.revoke_own_key, WRITE, "Revoke a key of your own", status=204),
    )  # fmt: skip


def _methods() -> tuple[Route, ...]:
    path, own, one = PERSON + "/methods", V1 + "/me/methods", contact_methods.ContactMethods
    return (
        Route(
            "GET",
            path,
            contact_methods.read_methods,
            READ,
            "List a person's contact methods",
            None,
            one,
            needs=Action.DIRECTORY,
        ),
        Route(
            "PUT",
            path,
            contact_methods.put_methods,
            ADMIN,
            "Set a person's contact methods",
            one,
            one,
        ),
        Route(
            "GET",
            own,
            contact_methods.read_own_methods,
            READ,
            "List your own contact methods",
            None,
            one,
        ),
        Route(
            "PUT",
            own,
            contact_methods.put_own_methods,
            WRITE,
            "Set your own contact methods",
            one,
            one,
        ),
    )


def _shifts() -> tuple[Route, ...]:
    roster, one = handovers.RosterView, V1 + "/handovers/{id:[0-9]{1,18}}/accept"
    return (
        Route("PUT", GROUP + "/roster", handovers.put_roster, ADMIN, "Set the roster of a group", handovers.Roster, status=204),
        Route("GET", GROUP + "/roster", handovers.read_roster, READ, "Read the roster of a group",
              None, roster, handovers.RosterQuery,
              needs=Action.DIRECTORY),
        Route("GET", V1 + "/handovers", handovers.list_handovers, READ, "List the open hand-overs", None, handovers.HandOvers,
              handovers.HandOverQuery, needs=Action.HAND_OVER),
        Route("POST", one, handovers.accept_handover, WRITE, "Accept a hand-over", None, handovers.HandOverView,
              needs=Action.HAND_OVER, headers=IDEMPOTENT),
    )  # fmt: skip


def _monitors() -> tuple[Route, ...]:
    path, one, seen = V1 + "/monitors", monitors.MonitorView, Action.DIRECTORY
    return (
        Route("GET", path, monitors.list_monitors, READ, "List monitors", None, monitors.MonitorPage, monitors.MonitorQuery,
              needs=seen),
        Route("POST", path, monitors.create_monitor, ADMIN, "Create a monitor", monitors.NewMonitor, one, status=201,
              headers=IDEMPOTENT),
        Route("GET", MONITOR, monitors.read_monitor, READ, "Read a monitor", None, one, needs=seen),
        Route("PATCH", MONITOR, monitors.patch_monitor, ADMIN, "Change a monitor", monitors.MonitorPatch, one, headers=CHANGE),
        Route("DELETE", MONITOR, monitors.delete_monitor, ADMIN, "Delete a monitor", status=204),
    )  # fmt: skip
