"""The meanings of actions, for the page of permissions. Pure."""

from collections.abc import Mapping

from gateway.access.permissions import Action

MEANING: Mapping[Action, str] = {
    Action.READ: "the record and what its reporter may know of its story",
    Action.INSPECT: "its whole timeline, clocks, alerts, related records, counterparts elsewhere",
    Action.ACKNOWLEDGE_FOR: "acknowledge in the name of somebody else",
    Action.ATTACH: "keep a file with the record",
    Action.DETACH: "take a file's content away for good",
    Action.DECLINE: "say that one cannot take it, having been told of it or given it",
    Action.RELEASE: "give back what one took",
    Action.SHELVE: "let the gateway remind nobody of it until a time or an event",
    Action.UNSHELVE: "end that before its time",
    Action.REASSIGN: "give it to another group or person of tier 2, with a reason",
    Action.ESCALATE: "hand it to tier 3",
    Action.ENGAGE: "hand it to a vendor",
    Action.CALL_BACK: "note that its reporter was asked back",
    Action.GRADE: "confirm the grade of a record whose reporter claims more",
    Action.REFER: "set its counterpart in another system, and link the records it leads to",
    Action.FOLLOW_ON: "make a record that goes on from a closed one",
    Action.CONVERT: "make a service request an incident or a change",
    Action.TELL_LEADER: "put down that the leader was told of a major incident",
    Action.ACKNOWLEDGE_ESCALATION: (
        "say that one has it, having been told by management escalation, which stops the ladder"
    ),
    Action.POST_UPDATE: "tell all subscribers how it stands, and when they hear more",
    Action.SUBSCRIBE: "be sent its status updates, and no longer",
    Action.SUBSCRIBE_OTHERS: (
        "let other people, and addresses outside, be sent them, see who is, and end that"
    ),
    Action.REPORT: "write the report on a major incident",
    Action.APPROVE_REPORT: "approve that report, written by somebody else",
    Action.INVITE: "make a link that lets its reporter at the record without a key",
    Action.COMPLAIN: "file a complaint about how it was dealt with",
    Action.FOLLOW: "the feed of all changes, and what Alertmanager's readers are told",
    Action.SUBMIT: "make a record",
    Action.ENTER_LATE: "make a record of what occurred over 12 h ago, with a reason",
    Action.RECEIPTS: "what became of a delivery",
    Action.MESSAGES: "what was sent to whom, and what became of it",
    Action.RESEND: "send it again",
    Action.QUARANTINE: "what could not be understood",
    Action.REPLAY: "read that again",
    Action.SET_ASIDE: "mail of programs that was set aside",
    Action.OPEN_SET_ASIDE: "make it a record",
    Action.DIRECTORY: "who there is",
    Action.KNOWLEDGE: "articles of the knowledge base",
    Action.PUBLISH: "write them, from the solution of a record too",
    Action.HAND_OVER: (
        "what one shift hands to the next, and take it over when it is one's own turn"
    ),
    Action.ACCEPT_FOR: "take a shift's work over whose turn it is not",
    Action.SILENCE: "keep alerts from opening records for a while",
    Action.PLAN_SHIFTS: "make and change on-call schedules, and put anybody on call",
}
"""The meaning of actions whose name does not say it."""
