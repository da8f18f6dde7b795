"""A new record, one with an urgent claim, and the rules that apply to them."""

from gateway.escalation.management import EscalationRules
from gateway.escalation.sla_rules import SlaRules
from gateway.settings import ManagementRule
from gateway.sla.policy_choice import PolicyChoice
from gateway.vocabulary import Impact, Urgency
from tests.sla.stories import POLICIES, an_incident, ledger_of

RULES = SlaRules(
    POLICIES,
    "itil-minutes",
    EscalationRules(
        (ManagementRule((1, 2), ("boss", "nobody"), ("opened", "breach")),),
        {"boss": ("smtp:boss@example.com",)},
    ),
    PolicyChoice("itil-minutes"),
)


RECORDED = ((0, "record", 1),)


FRESH = an_incident(ledger_of(RECORDED))


CLAIM = {"claimed_impact": Impact.BUSINESS, "claimed_urgency": Urgency.URGENT}


CLAIMED = an_incident(ledger_of([(0, "record", 3), (30, "assign", "2")]), priority=3, **CLAIM)
