"""The words of a report that show its subject are found."""

import pytest

from gateway.catalogue.topology import Topology
from gateway.correlation.features import ReportText, own_words, read_features

SIGNATURES = [
    "Best regards,\nAnn Lee\nAcme24 GmbH, HRB-98765\nwww.acme-24.example | acme24.example",
    "Thanks\nAnn\nplant B7-north, ext-4711",
    "祝好\n王芳\n张江路100号 A-12座",
    "王芳\n部门：IT-2部\n工号：E-10023\n地址：B-12座",
    "Ann\nTel.: ext-4711, room-b7",
    "Sent from my SM-G991B",
    "This e-mail is confidential (policy IT-SEC-07).",
    "-- \nAnn, node-17",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_signature_yields_no_hosts_numbers_or_terms(signature: str) -> None:
    said = read_features(
        ReportText(title="keyboard", text=f"Some keys are dead.\n\n{signature}"), Topology()
    )
    assert (said.hosts, said.numbers, said.terms) == (frozenset(), frozenset(), frozenset())


@pytest.mark.parametrize(
    "text",
    [
        "crm-web1 is down, thanks for having a look",
        "Thanks\ncrm-web1 is down",
        "IP address: 10.9.9.9, crm-web1 does not answer\n\nBest regards,\nAnn",
    ],
)
def test_host_in_report_text_is_read(text: str) -> None:
    assert "crm-web1" in read_features(ReportText(title="help", text=text), Topology()).hosts


def test_text_of_signature_only_is_read_whole() -> None:
    assert own_words("Tel.: 4711") == "Tel.: 4711"
