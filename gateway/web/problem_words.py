"""The texts of every problem type in English and Chinese: title, meaning and advice. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway import errors
from gateway.errors import GatewayError

Bilingual = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ProblemWords:
    """The texts of one problem type; its English title is in `problems.PROBLEMS`."""

    chinese_title: str
    meaning: Bilingual
    advice: Bilingual


PROBLEM_WORDS: Mapping[str, ProblemWords] = {
    errors.Malformed.code: ProblemWords(
        "无法识别此请求",
        (
            "It is not JSON or not UTF-8, has an unknown field, or a value of the wrong type.",
            "请求不是 JSON 或 UTF-8，含有未知字段，或某个值的类型不正确。",
        ),
        (
            "Mend the places that `errors` points at; /openapi.json describes every body.",
            "请修正 `errors` 所指的位置；/openapi.json 描述了每个请求体。",
        ),
    ),
    errors.Unauthenticated.code: ProblemWords(
        "需要有效的密钥",
        (
            "No key came, or one that is unknown, revoked or expired; or the signature is wrong.",
            "未提供密钥，密钥未知、已吊销或已过期，或签名不正确。",
        ),
        (
            "Send a key as `Authorization: Bearer` or `X-Api-Key`. Administrators make keys.",
            "请以 `Authorization: Bearer` 或 `X-Api-Key` 发送密钥。密钥由管理员创建。",
        ),
    ),
    errors.Forbidden.code: ProblemWords(
        "密钥无权执行此操作",
        (
            "The key is known and lacks the scope, or its owner the role, that this needs.",
            "密钥有效，但缺少所需的范围，或其持有人缺少所需的角色。",
        ),
        (
            "Use a key with the scope that /openapi.json names, or ask somebody with the role.",
            "请使用具有 /openapi.json 所列范围的密钥，或请具有该角色的人操作。",
        ),
    ),
    errors.NotFound.code: ProblemWords(
        "不存在此名称的对象",
        (
            "Nothing has that name or number, or it is not there for you.",
            "没有此名称或编号的对象，或您无权查看。",
        ),
        ("Check the name, or look for it in the list.", "请核对名称，或在列表中查找。"),
    ),
    errors.IllegalTransition.code: ProblemWords(
        "记录的当前状态不允许此操作",
        (
            "The incident went on meanwhile, or the action belongs to another state.",
            "事件状态已变化，或此操作属于其他状态。",
        ),
        (
            "Read the incident again; `facts.allowed` lists what its state allows.",
            "请重新读取事件；`facts.allowed` 列出当前状态允许的操作。",
        ),
    ),
    errors.Conflict.code: ProblemWords(
        "请求与已有记录冲突",
        (
            "What is recorded excludes the change, such as a name that is taken.",
            "已有记录与此变更冲突，例如名称已被占用。",
        ),
        (
            "Read what is recorded, and ask for a change that fits it.",
            "请读取已有记录，再提交与之相符的变更。",
        ),
    ),
    errors.VersionMismatch.code: ProblemWords(
        "记录已被修改",
        (
            "`If-Match` named another version than the present one.",
            "`If-Match` 指定的版本不是当前版本。",
        ),
        (
            "Read the record again, decide again, and send the new `ETag`.",
            "请重新读取记录，再次判断，并发送新的 `ETag`。",
        ),
    ),
    errors.TooLarge.code: ProblemWords(
        "请求超出限制",
        (
            "It is over a limit of size, depth or count, which `detail` names.",
            "请求的大小、层级或数量超出限制，见 `detail`。",
        ),
        ("Send less, or in several requests.", "请减少内容，或分多次发送。"),
    ),
    errors.Unprocessable.code: ProblemWords(
        "某个值不可接受",
        (
            "The request is well-formed, and a value in it cannot be used.",
            "请求格式正确，但其中某个值无法使用。",
        ),
        ("Mend the values that `errors` points at.", "请修正 `errors` 所指的值。"),
    ),
    errors.IdempotencyMismatch.code: ProblemWords(
        "该 Idempotency-Key 属于另一请求",
        (
            "The key was used before with another request.",
            "此键先前已用于另一请求。",
        ),
        (
            "Use a new key for a new request, and the same one only to repeat a request.",
            "新请求请使用新键；只有重复同一请求时才使用原键。",
        ),
    ),
    errors.TooManyAttempts.code: ProblemWords(
        "尝试过于频繁",
        (
            "A login, an address or a form was tried more often than is allowed at once.",
            "同一账号、地址或表单的尝试次数超出限制。",
        ),
        ("Wait as long as `Retry-After` says.", "请等待 `Retry-After` 所示的秒数。"),
    ),
    errors.QuotaExceeded.code: ProblemWords(
        "配额已用尽",
        (
            (
                "This key, or this address without a key, uses more than its quota. "
                "The detail names the setting."
            ),
            "该密钥（或未带密钥的该地址）的用量超出配额。详情中列出对应的设置项。",
        ),
        (
            "Wait as long as `Retry-After` says. Others are not affected.",
            "请等待 `Retry-After` 所示的秒数。其他调用方不受影响。",
        ),
    ),
    errors.Overloaded.code: ProblemWords(
        "系统繁忙",
        (
            "More is queued than would be answered in time. Nothing was committed.",
            "排队的请求过多，无法及时答复。未提交任何内容。",
        ),
        (
            "Send the same again after `Retry-After`.",
            "请在 `Retry-After` 之后重新发送同一请求。",
        ),
    ),
    errors.Unavailable.code: ProblemWords(
        "依赖的服务不可用",
        (
            "The database or another service is away. Nothing was committed, or nobody can tell.",
            "数据库或其他服务不可用。未提交任何内容，或无法确定是否提交。",
        ),
        (
            "Repeat it with the same Idempotency-Key. Operators: /readyz names what is missing.",
            "请以相同的 Idempotency-Key 重试。运维人员：/readyz 会列出缺失的依赖。",
        ),
    ),
    errors.Misconfigured.code: ProblemWords(
        "网关配置有误",
        ("The configuration contradicts itself.", "配置自相矛盾。"),
        (
            "Operators: run `python -m gateway check`, which names every problem.",
            "运维人员：请运行 `python -m gateway check`，它会列出所有问题。",
        ),
    ),
    GatewayError.code: ProblemWords(
        "出错了",
        (
            "It has no type of its own; the log has the details.",
            "此问题没有专门的类型；详情见日志。",
        ),
        (
            "Give `instance` to the operators, who find it in the log.",
            "请将 `instance` 交给运维人员，以便在日志中查找。",
        ),
    ),
    "internal": ProblemWords(
        "出错了",
        ("Nobody foresaw this; the log has the details.", "未预见的错误；详情见日志。"),
        (
            "Try again; if it stays, give `instance` to the operators, who find it in the log.",
            "请重试；若仍出错，请将 `instance` 交给运维人员，以便在日志中查找。",
        ),
    ),
    "http": ProblemWords(
        "无法处理此请求",
        (
            "There is no such path or method, or the body is too large or came too slowly.",
            "没有此路径或方法，或请求体过大、传输过慢。",
        ),
        (
            "/openapi.json lists every path, and `Allow` the methods of this one.",
            "/openapi.json 列出所有路径，`Allow` 列出此路径允许的方法。",
        ),
    ),
}
"""The texts of all problem types by slug, as in `problems.PROBLEMS`."""
