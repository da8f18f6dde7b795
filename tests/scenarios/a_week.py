"""A week of three teams on call, and exactly the messages that it ends in.

The messages are written by hand from the rules in docs/on-call.md, escalation.md, people.md,
sla.md and acting.md; a difference is a fault of the product or of its pages.
"""

from typing import Any

CONFIGURATION = """
[sla]
default = "severity-ladder"
[notify.pacing]
bundle_within = "1m"
[[escalation.management]]
priorities = [1]
on = ["opened"]
notify = ["leader"]
[[routing]]
name = "web"
services = ["shop"]
group = "web"
[[routing]]
name = "db"
services = ["orders", "stock", "ledger"]
group = "db"
[[routing]]
name = "net"
services = ["vpn"]
group = "net"
"""
"""Policies call people, and the leader hears of each P1; there are no clocks and no ladder."""

PEOPLE: dict[str, tuple[str, str, str]] = {
    "anna": ("tier2", "Europe/Berlin", "en"),
    "ben": ("tier2", "Europe/Berlin", "en"),
    "chen": ("tier2", "Asia/Shanghai", "zh-CN"),
    "dai": ("tier2", "Asia/Shanghai", "zh-CN"),
    "fang": ("tier2", "Asia/Shanghai", "zh-CN"),
    "gina": ("tier2", "America/New_York", "en"),
    "hugo": ("tier2", "America/New_York", "en"),
    "mona": ("incident_manager", "UTC", "en"),
    "dora": ("service_desk", "UTC", "en"),
}
"""Everybody has mail and then SMS, but for Dora, who has mail alone."""

PHONES = {login: f"+49151123456{place:02}" for place, login in enumerate(PEOPLE) if login != "dora"}
QUIET = {"dai": {"hours": [{"from": "22:00", "to": "07:00"}]}}
GROUPS = {"web": ["anna", "ben"], "db": ["chen", "dai", "fang"], "net": ["gina", "hugo"]}
SERVICES = ("shop", "orders", "stock", "ledger", "vpn")

SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "web": (
        "Europe/Berlin",
        {"starts_on": "2026-03-02", "weekday": "mon", "hand_over": "09:00"}
        | {"turns": [["anna"], ["ben"]]},
    ),
    "db": (
        "Asia/Shanghai",
        {"starts_on": "2026-03-02", "unit": "days", "hand_over": "09:00"}
        | {"turns": [["dai"], ["fang"], ["chen"]]},
    ),
    "net": (
        "America/New_York",
        {"starts_on": "2026-03-01", "unit": "hours", "length": 12, "hand_over": "08:00"}
        | {"turns": [["gina"], ["hugo"]]},
    ),
}
"""In UTC: web changes on Mondays at 08:00, db daily at 01:00, net at 01:00 and 13:00, also after
the Sunday on which clocks in New York go forward, because hours are counted as they pass."""

MANAGER = "role:incident_manager"
POLICIES: dict[str, dict[str, Any]] = {
    slug: {
        "steps": [
            {"targets": [f"schedule:{slug}"]},
            {"targets": [f"group:{slug}"], "after_seconds": group},
            {"targets": [MANAGER], "after_seconds": manager},
        ],
        "uses": [{"services": services}],
        "acknowledged_for_seconds": lasts,
    }
    for slug, services, group, manager, lasts in (
        ("web", ["shop"], 600, 600, 7200),
        ("db", ["orders", "stock", "ledger"], 300, 600, None),
        ("net", ["vpn"], 900, 900, None),
    )
}

HAPPENS = """
Mon 13:00   am    fires     shop-down      severity=critical service=shop
Mon 13:04   anna  accept    shop-down
Mon 13:30   am    clears    shop-down
Mon 16:00   am    fires     orders-slow    severity=error service=orders
Mon 16:03   fang  decline   orders-slow    reason="on a train"
Mon 16:04   chen  accept    orders-slow
Mon 17:00   chen  resolve   orders-slow    resolution=solved solution="a new index"
Tue 02:00   am    fires     replica-lag    severity=warning service=orders
Tue 02:00   am    fires     cache-cold     severity=warning service=stock
Tue 02:00   am    fires     report-slow    severity=warning service=ledger
Tue 02:03   fang  accept    replica-lag
Tue 02:03   fang  accept    cache-cold
Tue 02:03   fang  accept    report-slow
Tue 03:00   fang  resolve   replica-lag    resolution=solved solution="a faster disk"
Tue 03:10   fang  resolve   cache-cold     resolution=solved solution="warmed up"
Tue 03:20   fang  resolve   report-slow    resolution=solved solution="a new index"
Tue 04:00   chen  proposes  db             asked=fang gives=Wed-01:00/24h takes=Fri-01:00/24h
Tue 06:00   fang  swaps     db
Tue 08:00   mona  overrides web            on=ben replaces=anna time=Tue-18:00/12h
Tue 20:00   am    fires     checkout-down  severity=critical service=shop
Tue 20:13   anna  accept    checkout-down
Tue 22:20   anna  note      checkout-down  note="still looking"
Tue 23:00   anna  replies   checkout-down  text="resolve: restarted the checkout"
Wed 10:00   am    fires     orders-stuck   severity=error service=orders
Wed 10:01   -     sms-slow
Wed 10:04   fang  accept    orders-stuck
Wed 11:00   fang  resolve   orders-stuck   resolution=solved solution="restarted"
Wed 12:00   mona  away      dai            time=Wed-12:00/60h
Thu 06:00   am    fires     ledger-wrong   severity=critical service=ledger
Thu 06:01   fang  accept    ledger-wrong
Thu 07:00   am    clears    ledger-wrong
Thu 15:00   -     mail-stops
Thu 15:30   am    fires     tunnel-down    severity=critical service=vpn
Thu 15:33   gina  accept    tunnel-down
Thu 16:00   -     mail-starts
Thu 17:00   gina  resolve   tunnel-down    resolution=solved solution="another route"
Fri 10:00   am    fires     backup-late    severity=warning service=orders
Fri 10:02   chen  accept    backup-late
Fri 10:10   chen  shelves   backup-late    until=Fri-14:00
Fri 15:00   chen  resolve   backup-late    resolution=solved solution="a new tape"
Sat 05:00   -     crashes   chen@corp.example
Sat 05:00   am    fires     stock-frozen   severity=critical service=stock
Sat 05:06   -     disconnects
Sat 05:18   chen  accept    stock-frozen
Sat 06:00   chen  resolve   stock-frozen   resolution=solved solution="killed the lock"
Sun 12:30   am    fires     vpn-slow       severity=error service=vpn
Sun 12:35   hugo  accept    vpn-slow
Sun 12:50   hugo  resolve   vpn-slow       resolution=solved solution="another route"
Sun 15:00   am    fires     stock-late     severity=warning service=stock
Sun 15:06   fang  accept    stock-late
Sun 16:00   fang  resolve   stock-late     resolution=solved solution="sent again"
Sun 18:00   am    fires     orders-lost    severity=critical service=orders
Sun 18:03   dai   accept    orders-lost
Sun 18:30   am    clears    orders-lost
Mon+ 09:00  am    fires     search-slow    severity=error service=shop
Mon+ 09:03  ben   accept    search-slow
Mon+ 09:30  am    clears    search-slow
"""
"""Each line is a time (UTC), a person, an action, a record or schedule, and facts."""

MESSAGES = """
Mon 13:00        anna     mail  opened          shop-down
Mon 13:00        leader   mail  opened          shop-down
Mon 13:02        anna     sms   opened          shop-down
Mon 13:30        anna     mail  resolved        shop-down
Mon 13:30        leader   mail  resolved        shop-down
# Dai sleeps, and a P2 does not wake her: the next step at once. Fang declines: the next step again.
Mon 16:00        chen     mail  unacknowledged  orders-slow
Mon 16:00        fang     mail  unacknowledged  orders-slow
Mon 16:02        chen     sms   unacknowledged  orders-slow
Mon 16:02        fang     sms   unacknowledged  orders-slow
Mon 16:03        manager  mail  unacknowledged  orders-slow
Mon 16:03        mona     mail  unacknowledged  orders-slow
Mon 17:00        dora     mail  resolved        orders-slow
Mon 17:00        fang     mail  resolved        orders-slow
Mon 17:00        manager  mail  resolved        orders-slow
Mon 17:00        mona     mail  resolved        orders-slow
# What is not urgent and comes within a minute is one message.
Tue 02:00        fang     mail  opened          replica-lag
Tue 02:01        fang     mail  bundle          cache-cold:opened report-slow:opened
Tue 03:00        dora     mail  resolved        replica-lag
Tue 03:10        dora     mail  resolved        cache-cold
Tue 03:20        dora     mail  resolved        report-slow
Tue 04:00        fang     mail  swap_proposed   db
Tue 06:00        chen     mail  swap_accepted   db
Tue 08:00        anna     mail  on_call_changed web
Tue 08:00        ben      mail  on_call_changed web
# Ben has Anna's night and hears nothing; Anna takes the record by the group's step, and forgets it.
Tue 20:00        ben      mail  opened          checkout-down
Tue 20:00        leader   mail  opened          checkout-down
Tue 20:02        ben      sms   opened          checkout-down
Tue 20:10        anna     mail  unacknowledged  checkout-down
Tue 20:10        ben      mail  unacknowledged  checkout-down
Tue 20:12        anna     sms   unacknowledged  checkout-down
Tue 20:12        ben      sms   unacknowledged  checkout-down
Tue 22:13        anna     mail  forgotten       checkout-down
Tue 22:13        ben      mail  forgotten       checkout-down
Tue 22:15        anna     sms   forgotten       checkout-down
Tue 22:15        ben      sms   forgotten       checkout-down
Tue 23:00        anna     mail  chat            checkout-down
Tue 23:00        ben      mail  resolved        checkout-down
Tue 23:00        dora     mail  resolved        checkout-down
Tue 23:00        leader   mail  resolved        checkout-down
# Fang has the Wednesday of Chen. The vendor answers the first SMS too late: it is sent again.
Wed 10:00        fang     mail  opened          orders-stuck
Wed 10:02        fang     late  opened          orders-stuck
Wed 10:02        fang     sms   opened          orders-stuck
Wed 11:00        dora     mail  resolved        orders-stuck
# Dai is sick on her Thursday: Fang, the next of the rotation, stands in.
Thu 06:00        fang     mail  opened          ledger-wrong
Thu 06:00        leader   mail  opened          ledger-wrong
Thu 07:00        fang     mail  resolved        ledger-wrong
Thu 07:00        leader   mail  resolved        ledger-wrong
# No mail server: Gina by SMS at once; the leader, who has mail alone, when it is back.
Thu 15:30        gina     sms   opened          tunnel-down
Thu 16:00-16:30  leader   mail  opened          tunnel-down
Thu 17:00        dora     mail  resolved        tunnel-down
Thu 17:00        leader   mail  resolved        tunnel-down
# Chen has the Friday of Fang.
Fri 10:00        chen     mail  opened          backup-late
Fri 14:00        chen     mail  unshelved       backup-late
Fri 15:00        dora     mail  resolved        backup-late
# PostgreSQL crashes when Chen's mail is handed over, and loses all connections at 05:06.
Sat 05:00        chen     mail  opened          stock-frozen
Sat 05:00        leader   mail  opened          stock-frozen
Sat 05:02        chen     sms   opened          stock-frozen
Sat 05:05        chen     mail  unacknowledged  stock-frozen
Sat 05:05        dai      mail  unacknowledged  stock-frozen
Sat 05:05        fang     mail  unacknowledged  stock-frozen
Sat 05:07        chen     sms   unacknowledged  stock-frozen
Sat 05:07        dai      sms   unacknowledged  stock-frozen
Sat 05:07        fang     sms   unacknowledged  stock-frozen
Sat 05:15        manager  mail  unacknowledged  stock-frozen
Sat 05:15        mona     mail  unacknowledged  stock-frozen
Sat 05:17        mona     sms   unacknowledged  stock-frozen
Sat 06:00        dai      mail  resolved        stock-frozen
Sat 06:00        dora     mail  resolved        stock-frozen
Sat 06:00        fang     mail  resolved        stock-frozen
Sat 06:00        leader   mail  resolved        stock-frozen
Sat 06:00        manager  mail  resolved        stock-frozen
Sat 06:00        mona     mail  resolved        stock-frozen
# 08:30 in New York, and half an hour before Hugo's twelve hours are over.
Sun 12:30        hugo     mail  opened          vpn-slow
Sun 12:32        hugo     sms   opened          vpn-slow
Sun 12:50        dora     mail  resolved        vpn-slow
# Dai sleeps again: a P3 waits until seven, a P1 wakes her.
Sun 15:05        chen     mail  unacknowledged  stock-late
Sun 15:05        fang     mail  unacknowledged  stock-late
Sun 16:00        chen     mail  resolved        stock-late
Sun 16:00        dora     mail  resolved        stock-late
Sun 18:00        dai      mail  opened          orders-lost
Sun 18:00        leader   mail  opened          orders-lost
Sun 18:02        dai      sms   opened          orders-lost
Sun 18:30        dai      mail  resolved        orders-lost
Sun 18:30        leader   mail  resolved        orders-lost
Sun 23:00        dai      mail  bundle          stock-late:opened,resolved,unacknowledged
# The new week of Ben has begun at 08:00.
Mon+ 09:00       ben      mail  opened          search-slow
Mon+ 09:02       ben      sms   opened          search-slow
Mon+ 09:30       ben      mail  resolved        search-slow
"""
"""Each line is a time (UTC), a person, a channel, an occasion and what it is about.

A `late` SMS is one that the vendor took after the gateway had given up waiting for its answer.
"""
