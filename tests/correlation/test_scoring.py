"""Facts that count for and against a link, one at a time."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest

from gateway.catalogue.topology import build_topology
from gateway.channels.phone.words import line, record_text
from gateway.correlation.features import CandidateMaster, ReportText, read_features
from gateway.correlation.scoring import (
    MOST_PROPOSED,
    MasterChoice,
    Match,
    best_match,
    choose_master,
    score_candidates,
)
from gateway.incidents.labels import LOCALES, Locale
from tests.correlation.corpus.world import a_service, topology
from tests.support.clock import NOON

LAND = topology()


def an_open(title: str, number: int = 1, minutes: float = 10, **more: Any) -> CandidateMaster:
    reading = read_features(ReportText(title=title, **more), LAND)
    return CandidateMaster(
        id=number,
        number=f"INC-{number}",
        opened_at=NOON - timedelta(minutes=minutes),
        reading=reading,
    )


def match(title: str, *candidates: CandidateMaster, **more: Any) -> Match | None:
    return best_match(read_features(ReportText(title=title, **more), LAND), candidates, LAND, NOON)


CRM_DOWN = an_open("CRM is down", service="crm")


@pytest.mark.parametrize(
    "said",
    [
        "cannot open CRM",
        "CRM打不开了",
        "客户关系系统进不去",
        "crm: 502 bad gateway",
        "CRM登录不上",
        "CRM won't load!!",
        "is CRM down?",
        "CRM什么时候能恢复?打不开",
        "there is a problem with CRM",
    ],
)
def test_same_symptom_in_either_language_is_linked(said: str) -> None:
    assert match(said, CRM_DOWN) is not None


COMMON = build_topology(
    [a_service("mail", "Mail", ()), a_service("print", "Printing", ("打印机",))], []
)


@pytest.mark.parametrize("said", ["mail does not work", "打印机用不了"])
def test_service_named_by_common_word_is_only_proposed(said: str) -> None:
    def judged(told: ReportText, opened: ReportText) -> MasterChoice:
        earlier = NOON - timedelta(minutes=10)
        master = CandidateMaster(
            id=1, number="INC-1", opened_at=earlier, reading=read_features(opened, COMMON)
        )
        return choose_master(score_candidates(read_features(told, COMMON), [master], COMMON, NOON))

    apart = judged(ReportText(title=said), ReportText(title=f"help: {said}"))
    assert (apart.match, len(apart.proposed)) == (None, 1)
    (service,) = read_features(ReportText(title=said), COMMON).services
    by_field = judged(ReportText(title=said), ReportText(title=said, service=service))
    assert by_field.match is not None


@pytest.mark.parametrize(
    "said",
    [
        "ERP is down",
        "CRM totals are wrong figures",
        "please grant me access to CRM",
        "CRM works again, thanks",
        "CRM已经恢复了,谢谢",
        "planned maintenance of CRM tonight",
        "今晚22点CRM停机维护",
        "only I cannot open CRM, others are fine",
        "只有我打不开CRM",
        "nothing works",
        "CRM is fine but ERP is down",
        "不是CRM,是ERP打不开",
        "CRM",
    ],
)
def test_doubtful_report_is_not_linked(said: str) -> None:
    assert match(said, CRM_DOWN) is None


def test_symptom_is_linked_to_its_cause_with_reason_and_score() -> None:
    found = match("CRM打不开", an_open("san-1 is down", ci="san-1"))
    assert found is not None
    assert (found.reason, found.score) == ("crm-db1 depends on san-1", 0.88)
    assert [(point.fact, point.points) for point in found.points] == [
        ("crm-db1 depends on san-1", 0.45),
        ("symptom down", 0.25),
        ("words", 0.03),
        ("time", 0.15),
    ]
    assert match("san-1 is down", an_open("CRM打不开", service="crm")) is None


def test_vague_report_is_linked_only_to_recent_incident() -> None:
    vague = "there is a problem with CRM"
    assert match(vague, an_open("CRM is down", minutes=10)) is not None
    assert match(vague, an_open("CRM is down", minutes=600)) is None


def test_other_site_or_close_second_candidate_prevents_link() -> None:
    assert (
        match("VPN in Shanghai is down", an_open("vpn-gw1 is down", ci="vpn-gw1", service="vpn"))
        is None
    )
    assert (
        match("VPN in Beijing is down", an_open("vpn-gw1 is down", ci="vpn-gw1", service="vpn"))
        is not None
    )
    assert match("cannot open CRM", CRM_DOWN, an_open("CRM is down", 2, service="crm")) is None


def test_uncatalogued_address_links_reports() -> None:
    assert match("10.9.9.9 is down", an_open("ping to 10.9.9.9 failed: host down")) is not None
    assert match("10.9.9.8 is down", an_open("ping to 10.9.9.9 failed: host down")) is None


def test_only_deliberately_chosen_service_counts() -> None:
    assert (
        match(
            "does not work", an_open("not working", service="crm"), service="crm", deliberate=False
        )
        is None
    )
    assert match("does not work", an_open("not working", service="crm"), service="crm") is not None


def test_quoted_mail_text_is_ignored_unless_alone() -> None:
    text = "ERP打不开\n\n发件人: 李四 <li@example.com>\n主题: CRM\nCRM打不开"
    assert match("求助", CRM_DOWN, text=text) is None
    assert match("转发", CRM_DOWN, text=text.removeprefix("ERP打不开\n\n")) is not None


GATE = "the badge reader Kestrel at gate four beeps red and stays locked, not working"


def verdict_of(title: str, *masters: CandidateMaster, rare: Collection[str] = ()) -> MasterChoice:
    return choose_master(
        score_candidates(read_features(ReportText(title=title), LAND), masters, LAND, NOON),
        frozenset(rare),
    )


def test_same_words_are_proposed_and_linked_only_by_rare_name() -> None:
    again, master = (
        "badge reader Kestrel at gate four beeps red, stays locked, not working",
        an_open(GATE),
    )
    doubtful = verdict_of(again, master)
    assert (doubtful.match, [(one.master.id, one.reason) for one in doubtful.proposed]) == (
        None,
        [(1, "words")],
    )
    certain = verdict_of(again, master, rare={"kestrel", "forklift"})
    assert certain.match is not None
    assert (certain.match.reason, certain.proposed) == ("rare name kestrel", ())
    assert verdict_of("the coffee machine at gate four stays locked", master) == MasterChoice(
        None, ()
    )


@pytest.mark.parametrize(
    "said",
    [
        "打印机打印不了,一直没反应,麻烦看一下",
        "I cannot log in to Windows 11, wrong password",
        "the printer prints nothing, please help, UTF-8 error 404",
        "你好,邮箱登录不上去,提示密码错误",
        "screen of my laptop flickers since 9.30am, see image001.png",
    ],
)
def test_identical_common_words_are_proposed_but_not_linked(said: str) -> None:
    found = verdict_of(
        said, an_open(said, minutes=1), rare=read_features(ReportText(title=said), LAND).terms
    )
    assert found.match is None
    assert len(found.proposed) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("cannot post invoice INV-4711, please help", "address inv-4711"),
        ("过账时提示错误代码 E4711,麻烦看一下", "number e4711"),
        ("打印机 prn-0312 卡纸了", "address prn-0312"),
    ],
)
def test_shared_code_or_number_links_reports(said: str, why: str) -> None:
    found = match(said, an_open(said))
    assert found is not None
    assert found.reason == why


def test_different_number_in_same_words_prevents_link() -> None:
    one, other = ("过账时提示错误代码 E4711,麻烦看一下", "过账时提示错误代码 E4712,麻烦看一下")
    assert verdict_of(one, an_open(other)) == MasterChoice(None, ())


def test_proposed_links_are_limited_and_sorted_by_score() -> None:
    masters = [an_open(GATE, number, minutes=300 - 60 * number) for number in range(1, 6)]
    found = verdict_of(GATE, *masters)
    assert len(found.proposed) == MOST_PROPOSED
    assert [one.score for one in found.proposed] == sorted(
        (one.score for one in found.proposed), reverse=True
    )


def test_equally_likely_masters_yield_no_link() -> None:
    found = verdict_of(GATE, an_open(GATE, 1), an_open(GATE, 2), rare={"kestrel"})
    assert found == MasterChoice(None, ())


def test_candidate_order_does_not_change_link() -> None:
    several = [
        CRM_DOWN,
        an_open("san-1 is down", 2, ci="san-1"),
        an_open("erp-web1 down", 3, ci="erp-web1"),
    ]
    assert match("cannot open CRM", *several) == match("cannot open CRM", *reversed(several))


def test_second_service_past_event_and_time_lower_score() -> None:
    def weight(said: str, minutes: float = 10) -> float:
        found = match(said, an_open("CRM is down", service="crm", minutes=minutes))
        return found.score if found is not None else 0

    plain = weight("CRM is down")
    assert 0 < weight("CRM and ERP are down") < plain
    assert weight("last week CRM was down") == 0
    assert (
        0 < weight("CRM is down", minutes=13 * 60) < weight("CRM is down", minutes=11 * 60) < plain
    )


def test_site_field_of_report_counts() -> None:
    beijing = an_open("vpn-gw1 is down", ci="vpn-gw1", service="vpn")
    there, elsewhere = (
        match("VPN is down", beijing, site="Beijing"),
        match("VPN is down", beijing, site="Shanghai"),
    )
    assert there is not None
    assert elsewhere is not None
    assert there.score > elsewhere.score
    assert "other site: shanghai" in [point.fact for point in elsewhere.points]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("word", ["call", "missed", "message"])
@pytest.mark.parametrize(
    "caller", ["北京分公司 (02177770521)", "WIRELESS CALLER (+12025550123)", "+8613912345678", None]
)
def test_phrases_of_gateway_do_not_link_reports(
    locale: Locale, word: str, caller: str | None
) -> None:
    title = record_text(word, locale, caller=caller or record_text("withheld", locale))
    assert read_features(ReportText(title=title), LAND).words == ""
    assert match(title, an_open(title, minutes=1)) is None
    attached = "打印机卡纸\n" + line("attached", "https://x.example/a", locale)
    assert read_features(ReportText(title=title, text=attached), LAND) == read_features(
        ReportText(title="", text="打印机卡纸"), LAND
    )


def test_own_text_about_calls_is_read() -> None:
    assert read_features(ReportText(title="来电:打印机卡纸"), LAND).words
    assert read_features(ReportText(title="Call from the boss: CRM is down"), LAND).services == {
        "crm"
    }
