"""Chinese texts for people have Chinese punctuation."""

import re

import pytest

from gateway.channels.chat.words import WORDS
from gateway.channels.phone.words import SAID, STATUSES, WRITTEN

HALF_WIDTH = re.compile(r"[\u4e00-\u9fff}”][,:;?!]|[,:;?!][\u4e00-\u9fff]")
CHINESE = [chinese for words in (WORDS, SAID, STATUSES, WRITTEN) for _, chinese in words.values()]


@pytest.mark.parametrize("text", CHINESE)
def test_chinese_text_has_no_half_width_punctuation(text: str) -> None:
    assert HALF_WIDTH.findall(text) == []
