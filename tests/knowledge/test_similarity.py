"""Incidents are similar in any order of words, and in Chinese.

They are more similar if they share service, configuration item or category.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.knowledge.similarity import MIN_SIMILARITY, TroubleFeatures, compute_similarity, words

TROUBLES = st.builds(
    TroubleFeatures,
    st.text(max_size=60),
    st.sampled_from(["", "mail", "Mail"]),
    st.sampled_from(["", "db1"]),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("disk full on db1", "Disk full on DB1!"),
        ("mail is slow since noon", "since noon the mail is slow"),
        ("邮件系统无法登录", "无法登录邮件系统"),
        ("VPN 连接失败", "vpn连接失败,重试无效"),
    ],
)
def test_reordered_words_are_similar(one: str, other: str) -> None:
    found = compute_similarity(TroubleFeatures(one), TroubleFeatures(other))
    assert found.score >= MIN_SIMILARITY
    assert found.reasons == ("words",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("disk full on db1", "printer out of paper"),
        ("邮件系统无法登录", "打印机缺纸"),
        ("disk full", ""),
    ],
)
def test_different_titles_are_not_similar(one: str, other: str) -> None:
    assert compute_similarity(TroubleFeatures(one), TroubleFeatures(other)).score < MIN_SIMILARITY


def test_same_service_item_and_category_raise_similarity() -> None:
    here = TroubleFeatures("mail is slow", "Mail", "mx1", "performance")
    plain, same = (
        compute_similarity(here, TroubleFeatures("mail is down")),
        compute_similarity(here, TroubleFeatures("mail is down", "mail", "mx1", "performance")),
    )
    assert round(same.score - plain.score, 2) == 0.3
    assert same.reasons == ("words", "service", "ci", "category")


@given(TROUBLES, TROUBLES)
def test_similarity_is_symmetric_and_between_zero_and_one(
    one: TroubleFeatures, other: TroubleFeatures
) -> None:
    found = compute_similarity(one, other)
    assert found == compute_similarity(other, one)
    assert 0 <= found.score <= 1
    assert not words(one.title) or compute_similarity(one, one).score >= 0.7


def test_chinese_text_is_split_into_pairs() -> None:
    assert words("DB1磁盘已满!") == "db1 磁盘 盘已 已满"
    assert words("满") == "满"
