-- A record may be shelved: until then the gateway reminds nobody of it by itself, and it always has an end.
ALTER TABLE incident
  ADD COLUMN shelved_until timestamptz,
  ADD COLUMN shelved_by text NOT NULL DEFAULT '',
  ADD COLUMN shelved_event text,
  ADD COLUMN shelved_reason text NOT NULL DEFAULT '',
  ADD COLUMN shelved_tells_reporter boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN incident.shelved_until IS 'When a shelved record returns at the latest; null while it is not shelved';
COMMENT ON COLUMN incident.shelved_event IS 'The event at which it returns before that, null for none (ShelvingEvent in gateway/vocabulary.py)';

-- A shelved record is silent for a reason as long as the timer of its end (kind 10) is armed: without it nothing would return it.
CREATE OR REPLACE VIEW silent_incident AS
WITH standing AS (
  SELECT i.id, i.number, i.kind, i.priority, i.policy, i.state, i.handler, i.assignee, i.assignee_group,
    i.security
  FROM incident i
  LEFT JOIN incident m ON m.id = i.master_id AND m.priority <= i.priority
    AND m.state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
  WHERE i.state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
    AND NOT i.suppressed AND m.id IS NULL
    AND NOT (i.shelved_until IS NOT NULL AND EXISTS (
      SELECT FROM timer e WHERE e.incident_id = i.id AND e.kind = 10 AND e.armed AND e.due_at <= i.shelved_until))
    AND (i.security OR i.assignee_group <> '' OR i.assignee <> '' OR i.handler <> '' OR EXISTS (
      SELECT FROM told_when_opened r
      WHERE r.kind = i.kind AND r.priority = i.priority AND r.policy IN ('', i.policy)))
), begun AS (
  SELECT s.*, b.seq AS begun_seq, b.at AS begun_at, b.given_seq, b.given_at, b.given_by, b.raised_seq,
    b.worse_seq, b.worse_by, b.flagged_seq
  FROM standing s CROSS JOIN LATERAL (
    SELECT
      max(t.seq) FILTER (WHERE t.event IN ('opened', 'reopened', 'unlinked')) AS seq,
      max(t.at) FILTER (WHERE t.event IN ('opened', 'reopened', 'unlinked')) AS at,
      max(t.seq) FILTER (WHERE t.gives) AS given_seq,
      max(t.at) FILTER (WHERE t.gives) AS given_at,
      (array_agg(t.actor ORDER BY t.seq DESC) FILTER (WHERE t.gives))[1] AS given_by,
      max(t.seq) FILTER (WHERE t.event IN ('raised', 'declared_major') OR t.event = 'changed'
        AND t.facts::jsonb @? '$.changes[*] ? (@.field == "priority" && @.new < @.old)') AS raised_seq,
      max(t.seq) FILTER (WHERE t.worse) AS worse_seq,
      (array_agg(t.actor ORDER BY t.seq DESC) FILTER (WHERE t.worse))[1] AS worse_by,
      max(t.seq) FILTER (WHERE t.event = 'withdrawn') AS flagged_seq
    FROM (
      SELECT seq, at, actor, event, facts, giving AND coalesce(facts->>'to', '') <> 'vendor' AND NOT (
        event IN ('assigned', 'escalated') AND facts->>'was' IS NULL AND event = lag(event) OVER given
        AND (facts->>'group') IS NOT DISTINCT FROM lag(facts->>'group') OVER given
        AND (facts->>'person') IS NOT DISTINCT FROM lag(facts->>'person') OVER given) AS gives,
        CASE event
          WHEN 'raised' THEN (facts->>'old')::int
          WHEN 'changed' THEN
            (jsonb_path_query_first(facts::jsonb, '$.changes[*] ? (@.field == "priority")')->>'old')::int
        END > s.priority AS worse
      FROM timeline, LATERAL (SELECT event IN (
        'opened', 'reopened', 'unlinked', 'assigned', 'routed', 'returned', 'escalated', 'resumed',
        'handed_over', 'unacknowledged') AS giving) AS kind
      WHERE incident_id = s.id
      WINDOW given AS (PARTITION BY giving ORDER BY seq)) t
  ) b
), due AS (
  SELECT b.id, EXISTS (
    SELECT FROM timeline t
    WHERE t.incident_id = b.id AND t.seq >= b.begun_seq AND t.event = 'management_told'
      AND (t.facts->'roles')::jsonb ? r.role
      AND coalesce((t.facts->>'priority')::int, b.priority) <= b.priority
      AND (t.facts->>'silenced' IS NULL OR b.security AND t.facts->>'silenced' = 'security')) AS told
  FROM begun b JOIN told_when_opened r
    ON r.kind = b.kind AND r.priority = b.priority AND r.policy IN ('', b.policy)
  UNION ALL
  SELECT b.id, EXISTS (
    SELECT FROM timeline t
    WHERE t.incident_id = b.id AND t.seq >= greatest(b.begun_seq, b.flagged_seq) AND t.event = 'management_told'
      AND (t.facts->'roles')::jsonb ? 'security'
      AND coalesce((t.facts->>'priority')::int, b.priority) <= b.priority
      AND coalesce(t.facts->>'silenced', 'security') = 'security')
  FROM begun b
  WHERE b.security
  UNION ALL
  SELECT b.id, b.given_by IN (b.handler, b.assignee) AND coalesce(b.raised_seq, 0) <= b.given_seq
    OR coalesce(b.worse_by IN (b.handler, b.assignee) AND b.worse_seq >= greatest(b.given_seq, b.raised_seq), false)
    OR EXISTS (
      SELECT FROM timeline t WHERE t.incident_id = b.id
        AND t.seq >= greatest(b.given_seq, b.raised_seq) AND t.event = 'accepted')
    OR EXISTS (
      SELECT FROM timeline t WHERE t.incident_id = b.id
        AND t.seq >= greatest(b.given_seq, b.raised_seq) AND t.event = 'management_told'
        AND (t.facts->'roles')::jsonb ?| ARRAY['handler', 'assignee', 'group', 'tier3', 'service_desk', 'on_call']
        AND (t.facts->>'silenced' IS NULL OR b.security AND t.facts->>'silenced' = 'security'))
    OR EXISTS (
      SELECT FROM outbox o WHERE o.incident_id = b.id AND o.created_at >= b.given_at
        AND o.role NOT IN ('reporter', 'subscriber')
        AND coalesce((o.facts->>'priority')::int, b.priority) <= b.priority)
  FROM begun b
  WHERE b.state <> 'on_hold' AND (b.handler <> '' OR b.assignee <> '' OR b.assignee_group <> '')
), owed AS (
  SELECT id, bool_and(told) AS told FROM due GROUP BY id
), judged AS (
  SELECT b.id, b.number, b.kind, b.priority, b.begun_at AS since, owed.told,
    owed.told AND (EXISTS (
      SELECT FROM outbox o WHERE o.incident_id = b.id AND o.created_at >= b.begun_at
        AND o.state <> 'dead' AND o.role NOT IN ('reporter', 'subscriber')
        AND coalesce((o.facts->>'priority')::int, b.priority) <= b.priority)
    OR EXISTS (
      SELECT FROM timeline t WHERE t.incident_id = b.id AND t.seq >= b.begun_seq
        AND (t.seq >= coalesce(b.worse_seq, 0) OR b.worse_by IN (b.handler, b.assignee))
        AND t.event IN ('accepted', 'escalation_acknowledged'))) AS reached
  FROM begun b JOIN owed USING (id)
)
SELECT id, number, kind, priority, since,
  CASE WHEN told THEN 'unreachable' ELSE 'untold' END AS cause
FROM judged WHERE NOT (told AND reached);
COMMENT ON VIEW silent_incident IS
  'Open incidents whose present urgency was told to nobody (untold) or reached nobody (unreachable): docs/silence.md';
