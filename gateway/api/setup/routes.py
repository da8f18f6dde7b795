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
    POLICY,
    READ,
    RECIPIENTS,
    SERVICE,
    TEMPLATE,
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
    policies,
    policy_reach,
    promises,
    push_links,
    session,
    stored_setup,
    templates,
)
from gateway.api.typed_handler import with_body, with_query, without_body
from gateway.catalogue.importing import NewCi


def setup_routes() -> tuple[Route, ...]:
    """Return the routes of people, services, keys and the like."""
    return (
        Route("GET", V1 + "/keys", without_body(keys.list_keys), ADMIN, "List keys", keys.KeyList),
        Route("POST", V1 + "/keys", with_body(keys.create_key, wire.NewKey), ADMIN, "Create a key",
              keys.CreatedKey, status=201, headers=IDEMPOTENT),
        Route("DELETE", KEY, without_body(keys.revoke_key), ADMIN, "Revoke a key", status=204),
        Route("GET", V1 + "/fields", without_body(custom_fields.list_fields), READ,
              "List the custom fields of records", custom_fields.FieldList, needs=Action.READ),
        Route("POST", V1 + "/sla/preview", with_body(promises.preview_sla, clock_events.Preview),
              ADMIN, "Preview the due times under edited SLA policies and calendars",
              promises.SlaPreview),
        *_people(), *_catalogue(), *_oneself(), *_shifts(), *_monitors(), *_chats(),
        *_policies(), *_templates(), *_stored(),
        *_browsers(),
    )  # fmt: skip


def _people() -> tuple[Route, ...]:
    one, group, seen = people.PersonView, people.GroupView, Action.DIRECTORY
    return (
        Route("GET", V1 + "/people", with_query(people.list_people, people.PeopleQuery), READ,
              "List people", people.PeoplePage, needs=seen),
        Route("POST", V1 + "/people", with_body(people.create_person, people.NewPerson), ADMIN,
              "Create a person", one, status=201, headers=IDEMPOTENT),
        Route("GET", PERSON, without_body(people.read_person), READ, "Read a person", one,
              needs=seen),
        Route("PATCH", PERSON, with_body(people.patch_person, people.PersonPatch), ADMIN,
              "Change a person", one, headers=CHANGE),
        Route("DELETE", PERSON, without_body(people.deactivate_person), ADMIN,
              "Deactivate a person", status=204),
        Route("DELETE", PERSON + "/identity", without_body(people.unlink_identity), ADMIN,
              "Delete the person's link to the identity provider", status=204),
        Route("GET", V1 + "/groups", with_query(people.list_groups, people.GroupQuery), READ,
              "List groups", people.GroupPage, needs=seen),
        Route("POST", V1 + "/groups", with_body(people.create_group, people.NewGroup), ADMIN,
              "Create a group", group, status=201, headers=IDEMPOTENT),
        Route("GET", GROUP, without_body(people.read_group), READ, "Read a group", group,
              needs=seen),
        Route("PATCH", GROUP, with_body(people.patch_group, people.GroupPatch), ADMIN,
              "Change a group", group, headers=CHANGE),
        Route("DELETE", GROUP, without_body(people.deactivate_group), ADMIN, "Deactivate a group",
              status=204),
    )  # fmt: skip


def _chats() -> tuple[Route, ...]:
    path, one, code = PERSON + "/chats", chat_accounts.ChatView, chat_accounts.ChatCode
    return (
        Route("GET", path, without_body(chat_accounts.list_chats), READ,
              "List the chat accounts of a person", chat_accounts.ChatList, needs=Action.DIRECTORY),
        Route("POST", path, with_body(chat_accounts.link_chat, chat_accounts.NewChat), ADMIN,
              "Link a chat account to a person", one, status=201, headers=IDEMPOTENT),
        Route("DELETE", path, with_query(chat_accounts.unlink_chat, chat_accounts.ChatQuery),
              ADMIN, "Unlink a chat account from a person", status=204),
        Route("POST", path + "/code", without_body(chat_accounts.make_code), ADMIN,
              "Create a code that links a person's chat account", code, status=201),
        Route("POST", V1 + "/me/chats/code", without_body(chat_accounts.make_own_code), WRITE,
              "Create a code that links your own chat account", code, status=201),
    )  # fmt: skip


def _catalogue() -> tuple[Route, ...]:
    one, ci, seen = catalogue.ServiceView, catalogue.CiView, Action.DIRECTORY
    services, cis = V1 + "/services", V1 + "/cis"
    return (
        Route("GET", services, with_query(catalogue.list_services, catalogue.ServiceQuery), READ,
              "List services", catalogue.ServicePage, needs=seen),
        Route("POST", services, with_body(catalogue.create_service, catalogue.NewService), ADMIN,
              "Create a service", one, status=201, headers=IDEMPOTENT),
        Route("GET", SERVICE, without_body(catalogue.read_service), READ, "Read a service", one,
              needs=seen),
        Route("PATCH", SERVICE, with_body(catalogue.patch_service, catalogue.ServicePatch), ADMIN,
              "Change a service", one, headers=CHANGE),
        Route("DELETE", SERVICE, without_body(catalogue.deactivate_service), ADMIN,
              "Deactivate a service", status=204, headers=IF_MATCH),
        Route("GET", cis, with_query(catalogue.list_cis, catalogue.CiQuery), READ,
              "List configuration items", catalogue.CiPage, needs=seen),
        Route("POST", cis, with_body(catalogue.create_ci, NewCi), ADMIN,
              "Create a configuration item", ci, status=201, headers=IDEMPOTENT),
        Route("POST", cis + "/import", without_body(catalogue.import_cis), ADMIN,
              "Import many configuration items", catalogue.ImportResult, reads=list[NewCi],
              headers=IDEMPOTENT),
        Route("GET", CI, without_body(catalogue.read_ci), READ, "Read a configuration item", ci,
              needs=seen),
        Route("PATCH", CI, with_body(catalogue.patch_ci, catalogue.CiPatch), ADMIN,
              "Change a configuration item", ci, headers=CHANGE),
        Route("DELETE", CI, without_body(catalogue.delete_ci), ADMIN,
              "Delete a configuration item", status=204, headers=IF_MATCH),
        Route("GET", CI + "/impact", without_body(catalogue.read_impact), READ,
              "List the items that depend on a configuration item",
              catalogue.ImpactView, needs=seen),
    )  # fmt: skip


def _oneself() -> tuple[Route, ...]:
    own, made = V1 + "/me/keys", keys.CreatedKey
    return (
        Route("POST", V1 + "/login", with_body(session.log_in, session.PasswordCredentials),
              NO_KEY, "Sign in with a password", session.OpenedSession),
        Route("GET", oidc.PATH, without_body(oidc.begin_oidc_login), NO_KEY,
              "Start a sign-in with the identity provider", status=302),
        Route("GET", oidc.PATH + "/callback",
              without_body(oidc.finish_oidc_login, oidc.OidcCallback), NO_KEY,
              "Complete a sign-in with the identity provider", session.OpenedSession),
        Route("POST", V1 + "/logout", without_body(session.log_out), READ, "Sign out",
              status=204),
        Route("GET", V1 + "/me", without_body(session.read_me), READ,
              "Read the owner and scopes of the key",
              session.OwnKeyView),
        Route("PUT", V1 + "/me/password", with_body(session.put_password, session.NewPassword),
              WRITE, "Change your own password", status=204),
        Route("PUT", PERSON + "/password",
              with_body(session.put_initial_password, session.InitialPassword), ADMIN,
              "Set the password of a person", status=204),
        *_methods(),
        Route("GET", own, without_body(session.list_own_keys), READ, "List your own keys",
              keys.KeyList),
        Route("POST", own, with_body(session.create_own_key, session.NewOwnKey), WRITE,
              "Create a key of your own", made, status=201, headers=IDEMPOTENT),
        Route("DELETE", own + "/{id:[0-9]{1,9}}", without_body(session.revoke_own_key), WRITE,
              "Revoke a key of your own", status=204),
    )  # fmt: skip


def _methods() -> tuple[Route, ...]:
    path, own, one = PERSON + "/methods", V1 + "/me/methods", contact_methods.ContactMethods
    return (
        Route("GET", path, without_body(contact_methods.read_methods), READ,
              "List a person's contact methods", one, needs=Action.DIRECTORY),
        Route("PUT", path, with_body(contact_methods.put_methods, one), ADMIN,
              "Set a person's contact methods", one),
        Route("GET", own, without_body(contact_methods.read_own_methods), READ,
              "List your own contact methods", one),
        Route("PUT", own, with_body(contact_methods.put_own_methods, one), WRITE,
              "Set your own contact methods", one),
    )  # fmt: skip


def _browsers() -> tuple[Route, ...]:
    one = push_links.BrowserLink
    return (
        Route("POST", V1 + "/me/push-link", without_body(push_links.make_own_push_link), WRITE,
              "Create a link to subscribe your own browsers to notifications", one, status=201),
        Route("POST", PERSON + "/push-link", without_body(push_links.make_push_link), ADMIN,
              "Create a link to subscribe a person's browsers to notifications", one, status=201),
    )  # fmt: skip


def _shifts() -> tuple[Route, ...]:
    roster, one = handovers.RosterView, V1 + "/handovers/{id:[0-9]{1,18}}"
    return (
        Route("PUT", GROUP + "/roster", with_body(handovers.put_roster, handovers.Roster), ADMIN,
              "Set the roster of a group", status=204),
        Route("GET", GROUP + "/roster", with_query(handovers.read_roster, handovers.RosterQuery),
              READ, "Read the roster of a group", roster, needs=Action.DIRECTORY),
        Route("GET", V1 + "/handovers",
              with_query(handovers.list_handovers, handovers.HandOverQuery), READ,
              "List the hand-overs that nobody has accepted yet",
              handovers.HandOvers, needs=Action.HAND_OVER),
        Route("POST", one + "/accept", without_body(handovers.accept_handover), WRITE,
              "Accept a hand-over", handovers.HandOverView, needs=Action.HAND_OVER,
              headers=IDEMPOTENT),
        Route("POST", one + "/looked-through", without_body(handovers.look_through_handover),
              WRITE, "Record that what was handed over or left was looked through",
              handovers.HandOverView, needs=Action.HAND_OVER, headers=IDEMPOTENT),
    )  # fmt: skip


def _monitors() -> tuple[Route, ...]:
    path, one, seen = V1 + "/monitors", monitors.MonitorView, Action.DIRECTORY
    return (
        Route("GET", path, with_query(monitors.list_monitors, monitors.MonitorQuery), READ,
              "List monitors", monitors.MonitorPage, needs=seen),
        Route("POST", path, with_body(monitors.create_monitor, monitors.NewMonitor), ADMIN,
              "Create a monitor", one, status=201, headers=IDEMPOTENT),
        Route("GET", MONITOR, without_body(monitors.read_monitor), READ, "Read a monitor", one,
              needs=seen),
        Route("PATCH", MONITOR, with_body(monitors.patch_monitor, monitors.MonitorPatch), ADMIN,
              "Change a monitor", one, headers=CHANGE),
        Route("DELETE", MONITOR, without_body(monitors.delete_monitor), ADMIN, "Delete a monitor",
              status=204),
    )  # fmt: skip


def _policies() -> tuple[Route, ...]:
    path, one, seen = V1 + "/policies", policies.PolicyView, Action.DIRECTORY
    return (
        Route("GET", path, with_query(policies.list_policies, policies.PolicyQuery), READ,
              "List escalation policies", policies.PolicyPage, needs=seen),
        Route("POST", path, with_body(policies.create_policy, policies.NewPolicy), ADMIN,
              "Create an escalation policy", one, status=201, headers=IDEMPOTENT),
        Route("GET", POLICY, without_body(policies.read_policy), READ,
              "Read an escalation policy", one, needs=seen),
        Route("GET", POLICY + "/reach",
              with_query(policy_reach.read_policy_reach, policy_reach.PolicyReachQuery), READ,
              "List the times at which a policy would reach nobody", policy_reach.PolicyReachView,
              needs=seen),
        Route("PATCH", POLICY, with_body(policies.patch_policy, policies.PolicyPatch), ADMIN,
              "Change an escalation policy", one, headers=CHANGE),
        Route("DELETE", POLICY, without_body(policies.deactivate_policy), ADMIN,
              "Deactivate an escalation policy", status=204, headers=IF_MATCH),
    )  # fmt: skip


def _templates() -> tuple[Route, ...]:
    path = V1 + "/templates"
    preview = templates.preview_template
    return (
        Route("GET", path, without_body(templates.list_templates), ADMIN, "List message templates",
              templates.TemplateList),
        Route("POST", path + "/preview", with_body(preview, templates.TemplatePreview), ADMIN,
              "Preview a message", templates.PreviewedMessage),
        Route("PUT", TEMPLATE, with_body(templates.put_template, templates.TemplateBody), ADMIN,
              "Set a message template", templates.TemplateView),
        Route("DELETE", TEMPLATE, without_body(templates.delete_template), ADMIN,
              "Delete a message template", status=204),
    )  # fmt: skip


def _stored() -> tuple[Route, ...]:
    one, routing = stored_setup.RoleRecipients, stored_setup.RoutingView
    put, asked = stored_setup.put_recipients, stored_setup.RecipientList
    return (
        Route("GET", V1 + "/recipients", without_body(stored_setup.list_recipients), ADMIN,
              "List the recipients of roles", stored_setup.RecipientsView),
        Route("PUT", RECIPIENTS, with_body(put, asked), ADMIN, "Set the recipients of a role", one),
        Route("DELETE", RECIPIENTS, without_body(stored_setup.delete_recipients), ADMIN,
              "Delete the recipients of a role", status=204),
        Route("GET", V1 + "/routing", without_body(stored_setup.read_routing), ADMIN,
              "Read the routing rules", routing),
        Route("PUT", V1 + "/routing",
              with_body(stored_setup.put_routing, stored_setup.RoutingBody), ADMIN,
              "Set the routing rules", routing, headers=IF_MATCH),
    )  # fmt: skip
