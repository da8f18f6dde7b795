"""A run of an escalation policy remembers whom it called."""

from gateway.incidents.escalation_run import EscalationRun, with_called


def test_people_are_called_once_and_in_order() -> None:
    run = with_called(EscalationRun(policy="sre", version=1, called=("ann",)), ["bob", "ann"])
    assert run is not None
    assert run.called == ("ann", "bob")
    assert with_called(None, ["ann"]) is None
