"""The steps by which a person is told follow from their methods and rules."""

from datetime import timedelta
from typing import Any

from gateway.directory.contact_method import ContactMethod
from gateway.directory.reach import OWN_MAIL, PersonReach, RuleStep, steps_of, without_calls
from tests.support.clock import NOON

AFTER = timedelta(minutes=2)


def method(number: int, channel: str, address: str = "", *, verified: bool = True) -> ContactMethod:
    return ContactMethod(
        id=number,
        channel=channel,
        address=address,
        label="",
        position=number,
        verified_at=NOON if verified else None,
        verified_as="code" if verified else "",
    )


def person(*methods: ContactMethod, email: str = "ann@example.com", **more: Any) -> PersonReach:
    return PersonReach(
        person_id=1, login="ann", email=email, locale="en", zone="UTC", methods=methods, **more
    )


def steps(reach: PersonReach, *, urgent: bool = True) -> list[tuple[str, timedelta | None]]:
    return [
        (str(one.target), one.after) for one in steps_of(reach, urgent=urgent, step_after=AFTER)
    ]


def test_without_a_rule_all_verified_methods_are_tried_in_order() -> None:
    ann = person(
        method(1, "voice"),
        method(2, "webhook", "https://a.example", verified=False),
        method(3, "mail"),
    )
    assert steps(ann) == [("voice:ann", AFTER), ("smtp:ann@example.com", AFTER)]
    assert steps(ann, urgent=False) == [("voice:ann", None), ("smtp:ann@example.com", None)]


def test_rule_decides_for_its_urgency_alone() -> None:
    rule = (RuleStep(3, timedelta()), RuleStep(1, timedelta(minutes=5)))
    ann = person(method(1, "voice"), method(2, "sms"), method(3, "mail"), rules={True: rule})
    assert steps(ann) == [
        ("smtp:ann@example.com", timedelta()),
        ("voice:ann", timedelta(minutes=5)),
    ]
    assert [target for target, _ in steps(ann, urgent=False)] == [
        "voice:ann",
        "sms:ann",
        "smtp:ann@example.com",
    ]


def test_rule_without_a_method_that_can_be_used_counts_as_none() -> None:
    rule = (RuleStep(1, timedelta()), RuleStep(9, timedelta()))
    ann = person(method(1, "sms", verified=False), method(2, "voice"), rules={True: rule})
    assert steps(ann) == [("voice:ann", AFTER)]


def test_each_address_is_told_once() -> None:
    ann = person(method(1, "mail"), method(2, "mail", "ann@example.com"), method(3, "sms"))
    assert [target for target, _ in steps(ann)] == ["smtp:ann@example.com", "sms:ann"]


def test_own_mail_is_used_where_no_method_can_be() -> None:
    assert steps(person()) == [("smtp:ann@example.com", None)]
    assert steps(person(method(1, "sms", verified=False))) == [("smtp:ann@example.com", None)]
    (step,) = steps_of(person(), urgent=True, step_after=AFTER)
    assert step.method_id == OWN_MAIL
    assert steps(person(method(1, "mail"), email="")) == []


def test_calls_are_left_out_unless_there_is_nothing_else() -> None:
    both = steps_of(person(method(1, "voice"), method(2, "mail")), urgent=True, step_after=AFTER)
    assert [str(one.target) for one in without_calls(both)] == ["smtp:ann@example.com"]
    calls = steps_of(person(method(1, "voice")), urgent=True, step_after=AFTER)
    assert without_calls(calls) == calls
