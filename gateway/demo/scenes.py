"""The scenes of the demo: each is a short story of alerts, reports and their handling."""

from gateway.demo.senders import (
    FIRING,
    RESOLVED,
    SimulatedFault,
    alertmanager,
    app,
    call,
    grafana,
    mail,
    zabbix,
)
from gateway.demo.stage import DemoClient


async def night(stage: DemoClient) -> None:
    """Play a backup that fails, and a disk that fills, is cleaned and fills again."""
    await stage.send(f"/ping/{stage.ingest_key}/nightly-backup/start?create=1", b"")
    disk = SimulatedFault(
        "DiskFilling", "mx-1: /var is 91 % full", "warning", "mail", "mx-1", stage.clock.now()
    )
    for status in (FIRING, FIRING, RESOLVED, FIRING, RESOLVED):
        await stage.send(*alertmanager(disk, status, stage.clock.now()))
        await stage.pause()
    await stage.send(
        f"/ping/{stage.ingest_key}/nightly-backup/1", b"rsync: connection unexpectedly closed"
    )


LETTERS = (
    (
        "wang.fang",
        "邮件发不出去",
        "您好，早上九点以后邮件一直停在发件箱，发不出去。\n\n王芳\n财务部",
    ),
    (
        "j.smith",
        "Cannot send mail",
        "Since nine my mails stay in the outbox: 'server not available'.\n\nJohn",
    ),
    ("chen.jie", "无法发送邮件，很急", "邮件服务器连接失败，客户在等合同，请尽快处理。"),
    (
        "m.rossi",
        "mail server not available",
        "Outlook says that the mail server is not available. Colleagues see it too.",
    ),
)


async def no_mail(stage: DemoClient) -> None:
    """Play a mail server failure that a monitor and several users report: one record covers all."""
    down = SimulatedFault(
        "MailServerDown",
        "mx-1: SMTP does not answer",
        "critical",
        "mail",
        "mx-1",
        stage.clock.now(),
    )
    master = await stage.send(*alertmanager(down, FIRING, stage.clock.now()))
    if master is None:
        return
    for who, subject, text in LETTERS:
        await stage.pause()
        await mail(stage, who, subject, text)
    await call(stage, "+8613800138001", "你好，我们部门的邮件都发不出去")
    await app(stage, "liu.yang", "邮箱连不上", "手机和电脑都收不到邮件，提示服务器连接失败")
    await stage.act(master, "acknowledge", note="处理中：正在检查 mx-1")
    await stage.act(master, "assign", group="platform", person="li.wei", tier=2)
    await stage.api(
        "POST",
        f"incidents/{master}/updates",
        text="Mail cannot be sent. The server is being restarted.",
    )
    await stage.pause(4)
    await stage.act(
        master,
        "resolve",
        resolution="solved",
        solution="mx-1: the mail queue was restarted",
        related=True,
    )
    await stage.send(*alertmanager(down, RESOLVED, stage.clock.now()))


async def database(stage: DemoClient) -> None:
    """Play a failing database and its dependents; the incident is declared major."""
    now = stage.clock.now
    below = SimulatedFault(
        "DatabaseDown",
        "orders-db: connections are refused",
        "critical",
        "payments",
        "orders-db",
        now(),
    )
    api = SimulatedFault(
        "ErrorRate", "pay-api: 38 % of requests fail", "critical", "payments", "pay-api", now()
    )
    shop = SimulatedFault(
        "CheckoutFails",
        "shop-web: nobody gets past checkout",
        "critical",
        "checkout",
        "shop-web",
        now(),
    )
    cause = await stage.send(*alertmanager(below, FIRING, now()))
    await stage.pause()
    await stage.send(*grafana(api, FIRING, now()))
    await stage.send(*zabbix(shop, FIRING, now()))
    if cause is None:
        return
    await stage.pause()
    await stage.act(cause, "declare_major", reason="no orders can be paid")
    await stage.act(cause, "leader_told", recipient="director", outcome="reached")
    await stage.act(cause, "acknowledge")
    await stage.pause(4)
    for sender, trouble in ((zabbix, shop), (grafana, api), (alertmanager, below)):
        await stage.send(*sender(trouble, RESOLVED, now()))


async def desk(stage: DemoClient) -> None:
    """Play the service desk's own work: a missed call, and a record made by hand and held."""
    missed = {
        "LINKEDID": f"1764.{int(stage.clock.now().timestamp())}",
        "CALLERID": "+862150001234",
        "DIALSTATUS": "NOANSWER",
    }
    await stage.send("/ingest/phone/asterisk/hangup", missed)
    record = await stage.api(
        "POST",
        "incidents",
        title="VPN 连接后无法访问内网",
        description="用户来电：连上 VPN 后打不开内网页面。",
        service="identity",
        source="phone",
        contact="+861062781234",
        impact="individual",
        urgency="normal",
    )
    number = record.get("number")
    if number is None:
        return
    await stage.act(number, "acknowledge")
    await stage.act(number, "hold", reason="awaiting_user", note="已请用户提供客户端版本")
    await stage.pause(3)
    await stage.act(number, "resume", note="版本过旧")
    await stage.act(number, "resolve", resolution="solved", solution="升级客户端到 5.2")


async def misunderstood(stage: DemoClient) -> None:
    """Play a sender of unknown format, whose alert stays in quarantine until a mapping is added."""
    await stage.send_unreadable(
        "/ingest/generic", {"headline": "search: the index is two hours old", "level": "warning"}
    )


SCENES = (night, no_mail, database, desk, misunderstood)
