"""The routes of how people are reached: of anybody for administrators, and of oneself."""

from collections.abc import Iterator

from gateway.access.permissions import Action
from gateway.api.people import contact_methods, pauses, reachability, rules
from gateway.api.route import ADMIN, IDEMPOTENT, PERSON, READ, V1, WRITE, Route
from gateway.api.typed_handler import with_body, without_body

ME = V1 + "/me"


def people_routes() -> tuple[Route, ...]:
    """Return the routes."""
    return (*_routes(PERSON, "a person's", own=False), *_routes(ME, "your own", own=True))


def _routes(base: str, whose: str, *, own: bool) -> Iterator[Route]:
    """Yield the routes below one path; of others only administrators change anything."""
    change = WRITE if own else ADMIN
    seen = None if own else Action.DIRECTORY
    path, quiet, disturb = (
        base + "/contact-methods",
        base + "/quiet-hours",
        base + "/do-not-disturb",
    )
    one, each = contact_methods.ContactMethodView, path + "/{id:[0-9]{1,18}}"
    rule, hours, pause = rules.NotificationRules, pauses.QuietHours, pauses.DoNotDisturbView
    yield from (
        Route("GET", path, without_body(contact_methods.list_methods), READ,
              f"List {whose} contact methods with their verification",
              contact_methods.ContactMethodList, needs=seen),
        Route("POST", path,
              with_body(contact_methods.add_method, contact_methods.NewContactMethod), change,
              f"Add one of {whose} contact methods", one, status=201, headers=IDEMPOTENT),
        Route("GET", each, without_body(contact_methods.read_method), READ,
              f"Read one of {whose} contact methods", one, needs=seen),
        Route("PATCH", each,
              with_body(contact_methods.patch_method, contact_methods.ContactMethodPatch), change,
              f"Change one of {whose} contact methods", one),
        Route("DELETE", each, without_body(contact_methods.delete_method), change,
              f"Delete one of {whose} contact methods", status=204),
        Route("POST", each + "/send-code", without_body(contact_methods.send_code), change,
              f"Send a code to one of {whose} contact methods", contact_methods.SentCode,
              status=202),
        Route("POST", each + "/verify",
              with_body(contact_methods.verify_method, contact_methods.MethodCode), change,
              f"Verify one of {whose} contact methods by its code", one),
        Route("GET", base + "/notification-rules", without_body(rules.read_rules), READ,
              f"Read {whose} notification rules", rule, needs=seen),
        Route("PUT", base + "/notification-rules", with_body(rules.put_rules, rule), change,
              f"Set {whose} notification rules", rule),
        Route("GET", quiet, without_body(pauses.read_quiet_hours), READ,
              f"Read {whose} quiet hours", hours, needs=seen),
        Route("PUT", quiet, with_body(pauses.put_quiet_hours, hours), change,
              f"Set {whose} quiet hours", hours),
        Route("GET", disturb, without_body(pauses.read_do_not_disturb), READ,
              f"Read {whose} do-not-disturb", pause, needs=seen),
        Route("PUT", disturb, with_body(pauses.put_do_not_disturb, pauses.NewDoNotDisturb),
              change, f"Start {whose} do-not-disturb", pause),
        Route("DELETE", disturb, without_body(pauses.end_do_not_disturb), change,
              f"End {whose} do-not-disturb", pause),
        Route("GET", base + "/reachability", without_body(reachability.read_reachability), READ,
              f"Read whether {'you' if own else 'a person'} would be reached now",
              reachability.ReachabilityView, needs=seen),
    )  # fmt: skip
