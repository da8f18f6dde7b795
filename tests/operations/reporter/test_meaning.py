"""The meaning of reporters' answers to a resolution, each as a person understands it."""

import pytest

from gateway.operations.reporter.meaning import AnswerMeaning, answer_meaning
from gateway.timing.clock import SystemClock

AGREES = """
Thanks!
Thank you very much for your quick help.
Thanks again, Bob
Thanks Bob Miller, all good!
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
谢谢小王
back again to normal
no longer broken
can't reproduce it any more
不慢了
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
还没好
没弄好
Still not OK
It was fixed yesterday but is back again
You said it is fixed, but it still fails
If I print, it still fails
It does not work any more
isn't working again
没有恢复，还是打不开
It does not open the file
won't start
isn't loading
不能登录
不能用
不行
还是不可以
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
还是好慢
谢谢,卡纸
基本好了
有时可以
只有一台好了
it works only sometimes
Thanks, printer jammed
works but slowly
It did not work before but works now, thanks
It worked again after the restart, thanks
Thanks, will reopen if it fails again
If it happens again I'll let you know, thanks
Let me check whether it is still broken
Same problem as my colleague had, solved the same way, thanks
I will be out of office, back again on Monday
I am away, still not back until Monday.
I cannot test it today
Sorry, wrong ticket
It works but after an hour it fails again
太好了，昨天还是打不开，今天可以了
谢谢，虽然还是有点慢，但可以用了
What was the error?
Why did it crash?
Could you explain what was wrong?
Is there an error report I can read?
I won't be in tomorrow
I won't need it any more
My colleague can't attend the training
It was my fault, wrong password
We didn't change anything
请问之前报错的原因是什么
麻烦告诉我为什么会死机
我不在办公室，不能接电话
不对，是201房间
暂时没问题，如果还是不行再联系
目前正常，又出现的话再反馈
好的，如果没解决我再找你们
我还没试
发错了，不好意思
"""


def lines(text: str) -> list[str]:
    return text.removeprefix("\n").removesuffix("\n").split("\n")


CASES = [
    (said, meant)
    for meant, text in (
        (AnswerMeaning.AGREES, AGREES),
        (AnswerMeaning.REFUSES, REFUSES),
        (AnswerMeaning.UNCLEAR, UNCLEAR),
    )
    for said in lines(text)
]


@pytest.mark.parametrize(("said", "meant"), CASES, ids=[said[:30] for said, _ in CASES])
def test_clear_answer_is_recognized_and_unclear_one_is_left_to_people(
    said: str, meant: AnswerMeaning
) -> None:
    assert answer_meaning(said) is meant


def test_signature_of_known_sender_is_ignored() -> None:
    assert answer_meaning("谢谢!\n张三") is AnswerMeaning.UNCLEAR
    assert answer_meaning("谢谢!\n张三", "张三") is AnswerMeaning.AGREES
    assert (
        answer_meaning("works now, thanks\nann example", "ann example", "x") is AnswerMeaning.AGREES
    )


@pytest.mark.parametrize(
    "piece",
    [
        "it ",
        "thanks ",
        "so much ",
        "the problem is ",
        "not ",
        "is ",
        "现在",
        "非常",
        "again ",
        "还是",
        "a",
    ],
)
def test_very_long_answer_is_read_quickly(piece: str) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    answer_meaning(piece * 100_000)
    assert clock.monotonic() - began < 0.2
