"""A day of forty records through every path of the process, from Monday noon (UTC) on.

The records are looked at again after a week.

Each line is a minute, a person, an action, a record, and facts. `a_day.txt` is exactly the expected
result; after an intended change of the process, the failing test names the file with the new
result, and people review the difference.
"""

import asyncio

from tests.support.day import Day, read_moves
from tests.support.story import Story

CONFIGURATION = """
[[dedup.maintenance]]
name = "patching"
start = 2026-03-02T11:00:00Z
end = 2026-03-02T13:30:00Z
match = { service = "patching" }
[[dedup.relate]]
name = "same service"
by = ["service"]
within = "5m"
[[routing]]
name = "billing"
services = ["billing"]
group = "mail"
[sla.services.kiosk.targets]
4 = { overall = "10m" }
"""

PEOPLE = {
    "rita": ("reporter",), "dora": ("service_desk",), "theo": ("tier2",), "tina": ("tier2",),
    "tess": ("tier3",), "mona": ("incident_manager",), "lena": ("leader",), "sam": ("security",),
}  # fmt: skip

ROSTER = [
    {"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T20:00:00Z", "people": ["theo"]},
    {"from": "2026-03-02T20:00:00Z", "to": "2026-03-03T04:00:00Z", "people": ["tina"]},
]

DAY = """
0     am    fires        disk            severity=critical service=billing ci=db1
0     am    fires        certificate     severity=info
0     am    fires        fan             severity=warning
1     am    fires        database        severity=critical service=shop
1.5   am    fires        checkout        severity=warning service=shop
2     am    fires        cart            severity=warning service=shop
2     am    fires        flapping        severity=warning
2     am    fires        patched         severity=critical service=patching
2     am    lapses       lapsed          ends=30
2.5   am    clears       flapping
3     am    fires        flapping
3.5   am    clears       flapping
4     am    fires        flapping
4.5   am    clears       flapping
5     am    fires        flapping
5.5   am    clears       flapping
6     theo  acknowledge  disk            note="looking at it"
6     am    acks         fan
7     dora  acknowledge  database
8     am    fires        disk            severity=critical service=billing ci=db1
9     am    clears       disk
10    rita  reports      mail            impact=group
10    dora  reports      printer         impact=individual urgency=low
11    dora  resolve      printer         solution="out of paper" category=consumables
12    dora  reports      private-phone   impact=individual
13    dora  reject       private-phone   note="outside the agreed services"
14    dora  assign       mail            group=mail person=theo
15    theo  accept       mail
16    theo  note         mail            note="the queue is stuck"
17    dora  confirm      printer         satisfaction=3
18    theo  escalate     mail            to=tier3 person=tess note="needs the vendor's tool"
20    tess  escalate     mail            to=vendor vendor=acme note="their driver"
22    dora  reports      late-cart       impact=group
22    dora  reports      search          impact=group
23    dora  link         late-cart       master=database note="same error"
23    dora  link         search          master=database
24    dora  unlink       search          note="something else"
25    mona  resolve      database        solution="restarted the primary"
25.5  am    clears       checkout        service=shop
26    dora  resolve      cart            solution="came back with the database"
30    dora  reports      vpn             impact=group urgency=high
31    dora  hold         vpn             reason=awaiting_user until=2026-03-02T13:30:00Z
32    dora  reports      laptop          impact=individual urgency=normal
33    dora  hold         laptop          reason=user_unreachable
35    -     releases     late-cart
35    dora  reports      wifi            impact=group
36    dora  assign       wifi            group=mail
37    theo  accept       wifi
38    theo  return       wifi            note="not a mail matter"
39    dora  assign       wifi            group=mail person=tina
40    theo  assign       wifi            group=mail person=theo note="tina is off"
41    theo  accept       wifi
45    dora  reports      payroll         impact=company urgency=high service=payroll
46    mona  declare_major payroll        reason="nobody gets paid"
48    mona  leader_told payroll          recipient="Director Li"
50    tess  resolve      mail            solution="patch 7" resolution=workaround
52    rita  refuse       mail            note="still slow"
55    theo  resolve      mail            solution="patch 8"
57    rita  confirm      mail            satisfaction=1 note="took long"
60    dora  changes      wifi            urgency=urgent note="the whole floor"
62    mona  changes      fan             priority=1 note="it is the core switch"
63    dora  assign       fan             group=mail person=theo
65    theo  resolve      fan             solution="a new fan" category="part replaced"
66    dora  resume       laptop
67    dora  resolve      laptop          resolution=cancelled note="found it"
70    dora  follow_on    mail            as=mail-again note="slow again"
75    tess  resolve      mail-again      solution="patch 9"
80    dora  reports      access          kind=service_request request_category=access urgency=normal
80    dora  reports      advice          kind=service_request request_category=hardware_software urgency=normal
80    dora  reports      memory          kind=service_request request_category=standard_change urgency=normal
80    dora  reports      how-to          kind=service_request request_category=information urgency=urgent
82    dora  resolve      how-to          solution="see the page"
83    dora  close        how-to          satisfaction=2
85    dora  converts     advice          to=incident note="it is broken"
86    dora  converts     memory          to=change note="see there" change='{"system":"itsm","reference":{"id":"CHG1"}}'
87    dora  reports      kiosk           impact=individual urgency=low service=kiosk
88    rita  reports      by-link         impact=individual
88    dora  invites      by-link
89    dora  resolve      by-link         solution="a new mouse"
90    -     by-link      by-link         action=confirm satisfaction=3
90    dora  reports      tv-1            impact=individual
90    dora  reports      tv-2            impact=individual
91    dora  many         tv-1,tv-2       action=resolve solution="rebooted both"
92    dora  many         tv-1,tv-2       action=close
93    dora  reports      priority-1      impact=business urgency=urgent
93    dora  reports      priority-2      impact=company urgency=normal
93    dora  reports      priority-3      impact=group urgency=normal
93    dora  reports      priority-4      impact=individual urgency=low
94    dora  reports      attached        impact=individual
94    dora  attaches     attached        name=screen.txt text="it says error 5"
95    sam   reports      phishing        impact=group security=true
96    mona  assign       phishing        person=mona
97    mona  resolve      phishing        solution="reset the passwords"
99    -     promoted     patched
100   dora  reports      yesterday       impact=group occurred_at=2026-03-02T02:00:00Z
101   mona  reports      last-week       impact=group occurred_at=2026-02-25T12:00:00Z late_reason="found in the log"
102   dora  resolve      yesterday       solution="it had ended"
102   mona  resolve      last-week       resolution=vanished
110   theo  resolve      wifi            solution="another channel"
111   dora  close        wifi
115   mona  assign       payroll         group=mail person=theo
116   theo  accept       payroll
120   theo  resolve      payroll         solution="killed the batch job"
125   theo  writes       payroll         text="A batch job held a lock. It was killed; the lock is now short."
130   mona  approves     payroll
140   am    fires        backup          severity=warning
141   am    fires        replica         severity=error
142   dora  assign       replica         group=mail person=theo
143   theo  escalate     replica         to=vendor vendor=acme note="a broken disk"
150   theo  hold         replica         reason=awaiting_vendor
200   theo  resume       replica
210   theo  resolve      replica         solution="a new disk"
220   am    clears       backup
225   am    fires        backup          severity=warning
300   am    clears       backup
320   am    fires        backup          severity=warning as=backup-again
330   mona  assign       backup-again    group=mail person=theo
335   theo  hold         backup-again    reason=force_majeure note="flood"
400   dora  reports      scanner         impact=individual urgency=low
401   dora  assign       scanner         group=mail person=theo
450   -     hands-over
460   tina  takes-over
470   tina  resume       backup-again
480   tina  resolve      backup-again    solution="a new tape"
600   tina  resolve      scanner         solution="drivers"
610   rita  complaints   mail            text="nobody called back"
620   theo  linked       mail            kind=problem system=itsm reference=PRB7
630   theo  publish      wifi            state=published
700   am    fires        disk            severity=critical service=billing ci=db1 as=disk-again
705   tina  acknowledge  disk-again
710   tina  resolve      disk-again      solution="deleted logs" resolution=workaround
"""


async def play(story: Story) -> Day:
    """Play the whole day and let the week after it pass."""
    for login, roles in PEOPLE.items():
        await story.join(login, *roles)
    await story.call(
        "POST",
        "groups",
        {"slug": "mail", "name": "Mail", "tier": "tier2", "members": ["theo", "tina"]},
    )
    await story.put("groups/mail/roster", {"shifts": ROSTER})
    await story.gateway.uow.catalogue.refresh(story.gateway.pool, story.clock.stamp())
    day = Day(story)
    await day.play(read_moves(DAY))
    await story.until(7 * 24 * 60)
    async with asyncio.timeout(20):
        while not await day.sent():
            continue
    return day
