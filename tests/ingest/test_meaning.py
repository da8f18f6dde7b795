"""Answers to "it is resolved", each with what a person reads in it."""

import pytest

from gateway.clock import SystemClock
from gateway.ingest.meaning import Meaning, meaning

AGREES = """
Thanks!
Thank you very much for your quick help.
Thanks again, Bob
Great, works now. Best regards, Ann
It is working again, thanks.
ok
OK, you can close the ticket.
Confirmed, it has been fixed. Thank you all
The problem is gone, thank you
No more errors so far, thanks
Yes, solved.
👍
Perfect!
Hi team, everything works fine now. Kind regards
It no longer happens. Thanks a lot!
The printer is back to normal, cheers
谢谢
谢谢!已经解决了
好的,谢谢
非常感谢您的帮助
收到,辛苦了
可以了,请关闭工单
已恢复正常,谢谢王工
没问题了,多谢
好了
现在正常了,可以关闭
不再报错了,谢谢
问题已解决了,感谢
再次感谢!
嗯,好的
"""

REFUSES = """
It still does not work.
Thanks, but it is still broken.
The same problem again today
Sorry, not fixed. The printer prints blank pages.
It happened again this morning
Doesn't work for me
That didn't help.
I still get the same error when I log in
The VPN is down again
please reopen, the issue is back
My login fails with an error
I cannot open the file
Unresolved
Thanks for the quick reply, however it keeps crashing
No change at all, sadly
还是不行
谢谢,但是还是打不开
问题依旧
没有解决
又报错了
仍然无法登录
请重新打开工单,问题没解决
今天早上又断网了
打印机还是没反应
系统还是很慢
更慢了
同样的错误
辛苦了,不过还是一样
登录不了
依然提示密码错误
未解决
"""

UNCLEAR = """

When will the new version be installed?
Thanks, what was the cause?
I will test it tomorrow.
Thanks. Please also install it on my second laptop.
It works now, the error before was on my side
ok but the colour of the logo has changed
See attached.
Thanks, the mail server at the Berlin office needs a new disk soon
Which room are you in
I am still testing, thanks
谢谢,请问原因是什么?
我明天测试一下
好的,另外帮我同事也装一下
稍后回复
请看附件
现在可以了,之前无法登录是我密码输错了
什么时候能装好
谢谢,不过颜色变了
"""


def lines(text: str) -> list[str]:
    return text.removeprefix("\n").removesuffix("\n").split("\n")


CASES = [
    (said, meant)
    for meant, text in ((Meaning.AGREES, AGREES), (Meaning.REFUSES, REFUSES), (Meaning.UNCLEAR, UNCLEAR))
    for said in lines(text)
]


@pytest.mark.parametrize(("said", "meant"), CASES, ids=[said[:30] for said, _ in CASES])
def test_what_is_plain_is_told_and_what_is_not_is_left_to_people(said: str, meant: Meaning) -> None:
    assert meaning(said) is meant


@pytest.mark.parametrize(
    "piece", ["it ", "thanks ", "so much ", "the problem is ", "not ", "is ", "现在", "非常", "again ", "还是", "a"]
)
def test_however_long_it_is_it_is_read_in_no_time(piece: str) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    meaning(piece * 100_000)
    assert clock.monotonic() - began < 0.2
