-- What the migrations add up to. Written by `python -m gateway.db.schema`; change a migration, not this file.

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

CREATE FUNCTION public.is_open(state text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
$$;

COMMENT ON FUNCTION public.is_open(state text) IS 'True for the states in which an incident is worked on; LIVE in gateway/vocabulary.py';

CREATE FUNCTION public.may_see(security boolean, recorded_by text, owner text, contact text, sees_security boolean, sees_ordinary boolean, names text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE WHEN security THEN sees_security
    ELSE sees_ordinary OR lower(recorded_by) = ANY(names) OR lower(owner) = ANY(names) OR lower(contact) = ANY(names) END
$$;

COMMENT ON FUNCTION public.may_see(security boolean, recorded_by text, owner text, contact text, sees_security boolean, sees_ordinary boolean, names text[]) IS 'True for an incident that somebody with this sight may see; names are theirs, in lower case';

CREATE FUNCTION public.moment(stamp timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(stamp, statement_timestamp())
$$;

COMMENT ON FUNCTION public.moment(stamp timestamp with time zone) IS 'The moment that a statement goes by: a given one, as in tests, else that of the statement';

CREATE TABLE public.absence (
    id bigint NOT NULL,
    person_id integer NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    source text NOT NULL,
    uid text DEFAULT ''::text NOT NULL,
    entered_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT absence_check CHECK ((ends_at > starts_at)),
    CONSTRAINT absence_source_check CHECK ((source = ANY (ARRAY['manual'::text, 'file'::text, 'calendar'::text])))
);

COMMENT ON TABLE public.absence IS 'Times in which a person is away and not on call';

COMMENT ON COLUMN public.absence.uid IS 'UID of the event of which it was read; empty where it was entered by hand';

ALTER TABLE public.absence ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.absence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.alert (
    key_hash bytea NOT NULL,
    integration_id integer NOT NULL,
    namespace text NOT NULL,
    dedup_key text NOT NULL,
    incident_id bigint,
    status text DEFAULT ''::text NOT NULL,
    occurrence text DEFAULT ''::text NOT NULL,
    fired_at timestamp with time zone,
    cleared_at timestamp with time zone,
    first_seen timestamp with time zone,
    last_seen timestamp with time zone,
    ends_at timestamp with time zone,
    occurrences bigint DEFAULT 0 NOT NULL,
    flaps integer DEFAULT 0 NOT NULL,
    flapping_since timestamp with time zone,
    title text DEFAULT ''::text NOT NULL,
    severity text DEFAULT ''::text NOT NULL,
    labels json DEFAULT '{}'::json NOT NULL,
    annotations json DEFAULT '{}'::json NOT NULL,
    generator_url text DEFAULT ''::text NOT NULL,
    suppressed_until timestamp with time zone,
    source text DEFAULT ''::text NOT NULL,
    service text DEFAULT ''::text NOT NULL,
    ci text DEFAULT ''::text NOT NULL,
    description text,
    unmatched_at timestamp with time zone
)
WITH (fillfactor='80');

COMMENT ON TABLE public.alert IS 'What is known of one dedup key: the row every alert of that key locks first';

COMMENT ON COLUMN public.alert.key_hash IS 'First 16 bytes of SHA-256 over version, integration, namespace and dedup key';

COMMENT ON COLUMN public.alert.fired_at IS 'Newest firing by the source''s own clock; null when it never stamped one';

COMMENT ON COLUMN public.alert.cleared_at IS 'Newest recovery by the source''s own clock';

COMMENT ON COLUMN public.alert.occurrences IS 'Firings counted since the present incident took the key';

COMMENT ON COLUMN public.alert.suppressed_until IS 'End of the maintenance window that keeps this firing alert from opening a record';

COMMENT ON COLUMN public.alert.description IS 'The text its sender last said; null where a release that did not keep it wrote the row';

COMMENT ON COLUMN public.alert.unmatched_at IS 'Newest recovery, by the source''s own clock, that found nothing open';

CREATE TABLE public.alert_event (
    receipt_id uuid NOT NULL,
    item integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    key_hash bytea,
    dedup_key text NOT NULL,
    status text NOT NULL,
    event_time timestamp with time zone,
    outcome text NOT NULL,
    reason text NOT NULL,
    incident_id bigint
)
PARTITION BY RANGE (received_at);

COMMENT ON TABLE public.alert_event IS 'One received item and the one outcome it ended in';

CREATE TABLE public.alert_event_default (
    receipt_id uuid CONSTRAINT alert_event_receipt_id_not_null NOT NULL,
    item integer CONSTRAINT alert_event_item_not_null NOT NULL,
    received_at timestamp with time zone CONSTRAINT alert_event_received_at_not_null NOT NULL,
    key_hash bytea,
    dedup_key text CONSTRAINT alert_event_dedup_key_not_null NOT NULL,
    status text CONSTRAINT alert_event_status_not_null NOT NULL,
    event_time timestamp with time zone,
    outcome text CONSTRAINT alert_event_outcome_not_null NOT NULL,
    reason text CONSTRAINT alert_event_reason_not_null NOT NULL,
    incident_id bigint
);

CREATE TABLE public.api_key (
    id integer NOT NULL,
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    integration_id integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    person_id integer,
    session boolean DEFAULT false NOT NULL,
    privy boolean DEFAULT false NOT NULL
);

COMMENT ON COLUMN public.api_key.secret_hash IS 'SHA-256 of the whole key; the key itself is shown once and never stored';

COMMENT ON COLUMN public.api_key.person_id IS 'Whose key it is; null for machines';

COMMENT ON COLUMN public.api_key.session IS 'Made by logging in, ended by logging out';

COMMENT ON COLUMN public.api_key.privy IS 'May see security incidents, as whoever made it may; means something with the scope admin alone';

ALTER TABLE public.api_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.api_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.app_report (
    integration_id integer NOT NULL,
    reporter_hash bytea NOT NULL,
    incident_id bigint NOT NULL
);

COMMENT ON COLUMN public.app_report.reporter_hash IS 'SHA-256 of the name by which the app knows the reporter';

CREATE TABLE public.article (
    id bigint NOT NULL,
    state text NOT NULL,
    title text NOT NULL,
    symptom text NOT NULL,
    solution text NOT NULL,
    service text NOT NULL,
    category text NOT NULL,
    language text NOT NULL,
    incident_id bigint,
    created_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    updated_by text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT article_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'published'::text, 'retired'::text])))
);

COMMENT ON COLUMN public.article.incident_id IS 'The record whose solution it tells, if it tells one';

ALTER TABLE public.article ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.article_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.attachment (
    id bigint NOT NULL,
    incident_id bigint NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    public boolean NOT NULL,
    attached_at timestamp with time zone NOT NULL,
    attached_by text NOT NULL,
    removed_at timestamp with time zone,
    removed_by text,
    content bytea,
    place text DEFAULT 'row'::text NOT NULL,
    handle text DEFAULT ''::text NOT NULL,
    link_hash bytea,
    CONSTRAINT attachment_check CHECK (((place = 'row'::text) OR (content IS NULL))),
    CONSTRAINT attachment_check1 CHECK (((place <> 'row'::text) OR ((content IS NULL) = (removed_at IS NOT NULL)))),
    CONSTRAINT attachment_place_check CHECK ((place = ANY (ARRAY['row'::text, 'parts'::text, 'disk'::text, 's3'::text])))
);
ALTER TABLE ONLY public.attachment ALTER COLUMN content SET STORAGE EXTERNAL;

COMMENT ON TABLE public.attachment IS 'What is removed loses its content and keeps its row';

COMMENT ON COLUMN public.attachment.handle IS 'What it is called where it is kept; empty in the database';

COMMENT ON COLUMN public.attachment.link_hash IS 'SHA-256 of the reporter''s link it came by';

ALTER TABLE public.attachment ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.attachment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.attachment_part (
    attachment_id bigint NOT NULL,
    part integer NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY public.attachment_part ALTER COLUMN content SET STORAGE EXTERNAL;

COMMENT ON TABLE public.attachment_part IS 'A file piece by piece, so that nobody ever has to hold all of it in memory';

CREATE TABLE public.audit_seal (
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    upto xid8 NOT NULL,
    entries bigint NOT NULL,
    hash bytea NOT NULL
);

COMMENT ON TABLE public.audit_seal IS 'Chained digests over all timelines, each also exported outside the database, so that a cut-off tail shows';

CREATE TABLE public.body_mapping (
    integration_id integer NOT NULL,
    source text NOT NULL,
    version integer NOT NULL,
    steps json NOT NULL,
    note text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    CONSTRAINT body_mapping_version_check CHECK ((version > 0))
);

COMMENT ON TABLE public.body_mapping IS 'What is done to the bodies of one integration for one source; the highest version counts, none is ever changed';

CREATE TABLE public.calendar_feed (
    id bigint NOT NULL,
    person_id integer,
    schedule_id integer,
    generation integer DEFAULT 1 NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT calendar_feed_check CHECK ((num_nonnulls(person_id, schedule_id) = 1))
);

COMMENT ON TABLE public.calendar_feed IS 'Calendars of the shifts of a person or of a schedule, which programs fetch by a signed address';

COMMENT ON COLUMN public.calendar_feed.generation IS 'How often its address was made; those made before are not valid';

ALTER TABLE public.calendar_feed ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.calendar_feed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.call (
    id bigint NOT NULL,
    integration_id integer NOT NULL,
    provider text NOT NULL,
    call_id text NOT NULL,
    incident_id bigint,
    opened boolean DEFAULT false NOT NULL,
    direction text,
    caller text DEFAULT ''::text NOT NULL,
    caller_name text DEFAULT ''::text NOT NULL,
    called text DEFAULT ''::text NOT NULL,
    status text,
    status_at timestamp with time zone,
    served boolean DEFAULT false NOT NULL,
    started_at timestamp with time zone,
    answered_at timestamp with time zone,
    ended_at timestamp with time zone,
    recordings text[] DEFAULT '{}'::text[] NOT NULL,
    transcripts text[] DEFAULT '{}'::text[] NOT NULL,
    told_at timestamp with time zone,
    heard_at timestamp with time zone NOT NULL,
    CONSTRAINT call_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text]))),
    CONSTRAINT call_status_check CHECK ((status = ANY (ARRAY['ringing'::text, 'queued'::text, 'connected'::text, 'answered'::text, 'abandoned'::text, 'busy'::text, 'canceled'::text, 'completed'::text, 'failed'::text, 'no_answer'::text])))
);

COMMENT ON TABLE public.call IS 'Telephone calls, each merged from all that was told of it';

COMMENT ON COLUMN public.call.call_id IS 'The name of the call at its telephone system';

COMMENT ON COLUMN public.call.incident_id IS 'The record that the call opened or belongs to; null as long as it is no report';

COMMENT ON COLUMN public.call.opened IS 'Whether the call opened that record';

COMMENT ON COLUMN public.call.caller IS 'E.164, or as the telephone system said it';

COMMENT ON COLUMN public.call.served IS 'The caller got what they called for without a person';

COMMENT ON COLUMN public.call.recordings IS 'Addresses of recordings, never fetched';

COMMENT ON COLUMN public.call.told_at IS 'The latest time that the telephone system stamped on what it told';

COMMENT ON COLUMN public.call.heard_at IS 'When something was last heard of it';

ALTER TABLE public.call ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.call_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.chat_code (
    code_hash bytea NOT NULL,
    person_id integer NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.chat_code IS 'Codes that people type into a chat once to say who they are; kept as SHA-256 only';

CREATE TABLE public.chat_identity (
    provider text NOT NULL,
    tenant text NOT NULL,
    user_id text NOT NULL,
    person_id integer NOT NULL,
    linked_at timestamp with time zone NOT NULL
);

COMMENT ON COLUMN public.chat_identity.tenant IS 'The workspace or company by its own id: a user id means somebody only within it';

CREATE TABLE public.chat_message (
    provider text NOT NULL,
    conversation text NOT NULL,
    message text NOT NULL,
    incident_id bigint NOT NULL,
    locale text NOT NULL,
    shown text,
    posted_at timestamp with time zone NOT NULL
);

COMMENT ON COLUMN public.chat_message.message IS 'The vendor''s name of it, which answers in its thread carry';

COMMENT ON COLUMN public.chat_message.shown IS 'How the record stood as the message shows it; null where it is not ours to change, or nothing will change';

CREATE TABLE public.ci (
    name text NOT NULL,
    kind text NOT NULL,
    service text,
    attributes json DEFAULT '{}'::json NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    aliases text[] DEFAULT '{}'::text[] NOT NULL
);

COMMENT ON COLUMN public.ci.aliases IS 'What else people call it when they report';

CREATE TABLE public.ci_dependency (
    ci text NOT NULL,
    depends_on text NOT NULL,
    CONSTRAINT ci_dependency_check CHECK ((ci <> depends_on))
);

COMMENT ON TABLE public.ci_dependency IS 'What fails when depends_on (upstream) fails: ci (downstream). Never a cycle; writers take turns on an advisory lock';

CREATE TABLE public.complaint (
    id bigint NOT NULL,
    incident_id bigint NOT NULL,
    text text NOT NULL,
    complainant text NOT NULL,
    filed_at timestamp with time zone NOT NULL,
    filed_by text NOT NULL
);

ALTER TABLE public.complaint ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.complaint_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.contact_code (
    id uuid NOT NULL,
    method_id bigint NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    tries smallint DEFAULT 0 NOT NULL
);

COMMENT ON TABLE public.contact_code IS 'Codes that verify contact methods; the code itself is not kept, it follows from the id and the secret of links';

COMMENT ON COLUMN public.contact_code.address IS 'Where the code went: it proves nothing about another address';

CREATE TABLE public.contact_method (
    person_id integer NOT NULL,
    "position" smallint NOT NULL,
    channel text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    id bigint NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    verified_at timestamp with time zone DEFAULT now(),
    verified_as text DEFAULT 'before'::text NOT NULL
);

COMMENT ON TABLE public.contact_method IS 'Ways to reach a person, tried in order; a person without any is mailed';

COMMENT ON COLUMN public.contact_method.address IS 'Empty for the address or telephone number that the person has';

COMMENT ON COLUMN public.contact_method.verified_at IS 'When it was shown that messages arrive there; null: no incident is told there';

COMMENT ON COLUMN public.contact_method.verified_as IS 'code; directory: the address that administrators keep of the person; administrator: set by one; before: older than verification';

ALTER TABLE public.contact_method ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.contact_method_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.delivery (
    key_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    receipt_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.delivery IS 'Idempotency memory, outlives the longest retrier (76 h); not partitioned because the key must stay unique across days';

CREATE TABLE public.escalation_policy (
    slug text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    definition json NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.escalation_policy IS 'Escalation policies in their present version: docs/escalation.md';

CREATE TABLE public.escalation_policy_version (
    slug text NOT NULL,
    version integer NOT NULL,
    definition json NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL
);

COMMENT ON TABLE public.escalation_policy_version IS 'Every version of every escalation policy: records keep theirs';

CREATE TABLE public.form_bucket (
    subject bytea NOT NULL,
    tokens double precision NOT NULL,
    filled_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.form_bucket IS 'Token buckets by the hash of an address or a service; one that is full has no row, or an old one';

CREATE TABLE public.handover (
    id bigint NOT NULL,
    shift_id bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    accepted_by text,
    reminded_at timestamp with time zone,
    look_through_asked_at timestamp with time zone,
    looked_through_at timestamp with time zone,
    looked_through_by text
);

COMMENT ON TABLE public.handover IS 'The list made half an hour before a shift ends, until the next one accepts it';

COMMENT ON COLUMN public.handover.reminded_at IS 'When it was told that nobody accepted the list in time';

COMMENT ON COLUMN public.handover.look_through_asked_at IS 'When the next shift was asked to look through what was handed over or left';

ALTER TABLE public.handover ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.handover_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.handover_item (
    handover_id bigint NOT NULL,
    incident_id bigint NOT NULL
);

CREATE TABLE public.heartbeat (
    integration_id integer NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    every integer NOT NULL,
    unit text NOT NULL,
    enabled boolean NOT NULL,
    owner_team text DEFAULT ''::text NOT NULL,
    alert_message text DEFAULT ''::text NOT NULL,
    alert_priority text DEFAULT 'P3'::text NOT NULL,
    alert_tags text[] DEFAULT '{}'::text[] NOT NULL,
    pinged_at timestamp with time zone,
    due_at timestamp with time zone,
    expired_at timestamp with time zone,
    CONSTRAINT heartbeat_every_check CHECK ((every > 0)),
    CONSTRAINT heartbeat_unit_check CHECK ((unit = ANY (ARRAY['minutes'::text, 'hours'::text, 'days'::text])))
);

COMMENT ON COLUMN public.heartbeat.due_at IS 'When it expires unless pinged; null while it is disabled or expired';

COMMENT ON COLUMN public.heartbeat.expired_at IS 'Since when its alert fires; set until the end of the alert is committed';

CREATE TABLE public.idempotency (
    key_hash bytea NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    etag text,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.incident (
    id bigint NOT NULL,
    number text NOT NULL,
    kind text DEFAULT 'incident'::text NOT NULL,
    state text DEFAULT 'logged'::text NOT NULL,
    priority smallint NOT NULL,
    impact text NOT NULL,
    urgency text NOT NULL,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    severity text DEFAULT ''::text NOT NULL,
    source text NOT NULL,
    service text DEFAULT ''::text NOT NULL,
    ci text DEFAULT ''::text NOT NULL,
    integration_id integer,
    key_hash bytea,
    dedup_key text,
    category text DEFAULT ''::text NOT NULL,
    contact_name text DEFAULT ''::text NOT NULL,
    contact text DEFAULT ''::text NOT NULL,
    location text DEFAULT ''::text NOT NULL,
    reporting_unit text DEFAULT ''::text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    responded_at timestamp with time zone,
    resolved_at timestamp with time zone,
    closed_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL,
    resolution text,
    resolution_category text DEFAULT ''::text NOT NULL,
    solution text DEFAULT ''::text NOT NULL,
    closure text,
    satisfaction smallint,
    owner text DEFAULT ''::text NOT NULL,
    assignee_group text DEFAULT ''::text NOT NULL,
    assignee text DEFAULT ''::text NOT NULL,
    handler text DEFAULT ''::text NOT NULL,
    tier text DEFAULT '1'::text NOT NULL,
    third_party text DEFAULT ''::text NOT NULL,
    hold_reason text,
    hold_until timestamp with time zone,
    held_state text,
    master_id bigint,
    link_reason text,
    link_score real,
    major boolean DEFAULT false NOT NULL,
    security boolean DEFAULT false NOT NULL,
    suppressed boolean DEFAULT false NOT NULL,
    storm boolean DEFAULT false NOT NULL,
    reopened integer DEFAULT 0 NOT NULL,
    returned integer DEFAULT 0 NOT NULL,
    occurrences bigint DEFAULT 0 NOT NULL,
    last_seen timestamp with time zone,
    labels json DEFAULT '{}'::json NOT NULL,
    links json DEFAULT '[]'::json NOT NULL,
    refs json DEFAULT '{}'::json NOT NULL,
    policy text NOT NULL,
    ledger json NOT NULL,
    marks json DEFAULT '[]'::json NOT NULL,
    next_due_at timestamp with time zone,
    breached boolean DEFAULT false NOT NULL,
    version integer NOT NULL,
    timeline_hash bytea NOT NULL,
    request_category text DEFAULT ''::text NOT NULL,
    follows_id bigint,
    fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    symptom text DEFAULT ''::text NOT NULL,
    scope text DEFAULT ''::text NOT NULL,
    language text DEFAULT ''::text NOT NULL,
    satisfaction_text text DEFAULT ''::text NOT NULL,
    called_back_at timestamp with time zone,
    called_back_by text DEFAULT ''::text NOT NULL,
    claimed_impact text DEFAULT ''::text NOT NULL,
    claimed_urgency text DEFAULT ''::text NOT NULL,
    recorded_by text DEFAULT ''::text NOT NULL,
    escalation text,
    shelved_until timestamp with time zone,
    shelved_by text DEFAULT ''::text NOT NULL,
    shelved_event text,
    shelved_reason text DEFAULT ''::text NOT NULL,
    shelved_tells_reporter boolean DEFAULT false NOT NULL,
    CONSTRAINT incident_priority_check CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT incident_request_category_check CHECK ((request_category = ANY (ARRAY[''::text, 'information'::text, 'hardware_software'::text, 'access'::text, 'standard_change'::text, 'advice'::text]))),
    CONSTRAINT incident_state_check CHECK ((state = ANY (ARRAY['logged'::text, 'assigned'::text, 'in_progress'::text, 'on_hold'::text, 'escalated'::text, 'resolved'::text, 'closed'::text, 'rejected'::text]))),
    CONSTRAINT incident_tier_check CHECK ((tier = ANY (ARRAY['1'::text, '2'::text, '3'::text, 'vendor'::text])))
)
WITH (fillfactor='85');

COMMENT ON COLUMN public.incident.key_hash IS 'The dedup key this record answers for; null for records made by people';

COMMENT ON COLUMN public.incident.held_state IS 'The state to go back to when the hold ends';

COMMENT ON COLUMN public.incident.occurrences IS 'Firings of keys that have since moved to a newer record; those of its present keys are counted on the alert rows';

COMMENT ON COLUMN public.incident.ledger IS 'What happened to the clocks, in order: the pure functions of sla/ read every clock from it';

COMMENT ON COLUMN public.incident.marks IS 'Thresholds already told, such as "desk@50" or "overall@breach"';

COMMENT ON COLUMN public.incident.version IS 'Number of timeline entries; the ETag, and the seq of the newest entry';

COMMENT ON COLUMN public.incident.timeline_hash IS 'Head of the hash chain of the timeline';

COMMENT ON COLUMN public.incident.follows_id IS 'The closed record that this one goes on from: a closed record is never reopened';

COMMENT ON COLUMN public.incident.fields IS 'Values of the fields of the configuration ([[fields]]) by name; what is empty is not there';

COMMENT ON COLUMN public.incident.language IS 'The language its reporter is spoken to in (BCP 47)';

COMMENT ON COLUMN public.incident.claimed_impact IS 'The impact that its reporter named, where the record was given a milder grade; else empty';

COMMENT ON COLUMN public.incident.recorded_by IS 'Who made the record with a key of theirs; in records of earlier releases the owner says so';

COMMENT ON COLUMN public.incident.escalation IS 'The run of its escalation policy as JSON: incidents/escalation_run.py';

COMMENT ON COLUMN public.incident.shelved_until IS 'When a shelved record returns at the latest; null while it is not shelved';

COMMENT ON COLUMN public.incident.shelved_event IS 'The event at which it returns before that, null for none (ShelvingEvent in gateway/vocabulary.py)';

CREATE SEQUENCE public.incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.incident_number (
    day date NOT NULL,
    last bigint NOT NULL
);

COMMENT ON TABLE public.incident_number IS 'The last number given out each day; reserved in a transaction of its own, so gaps happen and duplicates do not';

CREATE TABLE public.integration (
    id integer NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.integration IS 'One sender: the namespace of its delivery ids, dedup keys and storms';

ALTER TABLE public.integration ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.integration_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.keys_masked (
    relation text NOT NULL,
    after_id text NOT NULL,
    until timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.keys_masked IS 'Tables whose older bodies may hold keys of senders, and up to which id they were looked through';

COMMENT ON COLUMN public.keys_masked.until IS 'Rows received from then on were written by this release, which keeps no key';

CREATE TABLE public.link_secret (
    id text NOT NULL,
    secret bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.link_secret IS 'What signs links for reporters where the settings give no secret; made at the first start';

CREATE TABLE public.linked_record (
    incident_id bigint NOT NULL,
    kind text NOT NULL,
    system text NOT NULL,
    reference text NOT NULL,
    address text NOT NULL,
    title text NOT NULL,
    linked_at timestamp with time zone NOT NULL,
    linked_by text NOT NULL,
    CONSTRAINT linked_record_kind_check CHECK ((kind = ANY (ARRAY['problem'::text, 'change'::text, 'service_request'::text, 'spare_part'::text, 'knowledge'::text])))
);

COMMENT ON TABLE public.linked_record IS 'Records of any system that an incident has led to';

CREATE TABLE public.login_attempt (
    subject bytea NOT NULL,
    since timestamp with time zone NOT NULL,
    count integer NOT NULL
);

COMMENT ON TABLE public.login_attempt IS 'Attempts in the window that began at since, by the hash of a login, an address, or both';

CREATE TABLE public.login_state (
    state_hash bytea NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.login_state IS 'Log-ins under way at the identity provider; deleted by the first answer';

CREATE TABLE public.mail (
    id_hash bytea NOT NULL,
    integration_id integer NOT NULL,
    content_hash bytea NOT NULL,
    incident_id bigint NOT NULL,
    people text[] NOT NULL,
    acknowledged text,
    received_at timestamp with time zone NOT NULL
);

COMMENT ON COLUMN public.mail.id_hash IS 'SHA-256 of what the mail is known by: its Message-ID, else what it says';

COMMENT ON COLUMN public.mail.people IS 'Who wrote it and who got it: whose replies belong to the record';

COMMENT ON COLUMN public.mail.acknowledged IS 'The address an automatic acknowledgement is owed to, null where there is none';

CREATE TABLE public.mailbox (
    name text NOT NULL,
    leased_by uuid NOT NULL,
    leased_until timestamp with time zone NOT NULL,
    read_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.mailbox IS 'Which replica reads a mailbox, and when it last had taken in all that was there';

CREATE TABLE public.mailbox_mail (
    mailbox text NOT NULL,
    uidvalidity bigint NOT NULL,
    uid bigint NOT NULL
);

COMMENT ON TABLE public.mailbox_mail IS 'Mails that were committed and are not yet known to be marked as read where they lie';

CREATE TABLE public.major_report (
    incident_id bigint NOT NULL,
    text text NOT NULL,
    written_at timestamp with time zone NOT NULL,
    written_by text NOT NULL,
    approved_at timestamp with time zone,
    approved_by text,
    version integer DEFAULT 1 NOT NULL,
    reopened integer DEFAULT 0 NOT NULL,
    CONSTRAINT major_report_check CHECK (((approved_at IS NULL) = (approved_by IS NULL)))
);

COMMENT ON TABLE public.major_report IS 'One report a major incident; the timeline holds the digest of every text it had';

COMMENT ON COLUMN public.major_report.reopened IS 'How often the record had been reopened when this was written: reopened again, an approved report is out of date';

CREATE TABLE public.major_report_past (
    incident_id bigint NOT NULL,
    version integer NOT NULL,
    text text NOT NULL,
    written_at timestamp with time zone NOT NULL,
    written_by text NOT NULL,
    approved_at timestamp with time zone NOT NULL,
    approved_by text NOT NULL
);

COMMENT ON TABLE public.major_report_past IS 'Approved reports whose records were reopened afterwards';

CREATE TABLE public.report_rule (
    single boolean DEFAULT true NOT NULL,
    on_cleared boolean NOT NULL,
    CONSTRAINT report_rule_single_check CHECK (single)
);

COMMENT ON TABLE public.report_rule IS 'One row: major.report_on_cleared of the configuration in force; each replica writes its own when it starts';

CREATE VIEW public.major_report_standing AS
 SELECT i.id AS incident_id,
    i.assignee_group,
    i.tier,
        CASE
            WHEN ((r.incident_id IS NULL) OR ((r.approved_at IS NOT NULL) AND (r.reopened < i.reopened))) THEN 'due'::text
            WHEN (r.approved_at IS NULL) THEN 'written'::text
            ELSE 'approved'::text
        END AS status
   FROM (public.incident i
     LEFT JOIN public.major_report r ON ((r.incident_id = i.id)))
  WHERE ((i.major OR (i.priority <= 2)) AND (i.kind = 'incident'::text) AND (i.state = ANY (ARRAY['resolved'::text, 'closed'::text])) AND (i.major OR (r.incident_id IS NOT NULL) OR (i.responded_at IS NOT NULL) OR (i.resolution IS DISTINCT FROM 'vanished'::text) OR ( SELECT report_rule.on_cleared
           FROM public.report_rule)));

COMMENT ON VIEW public.major_report_standing IS 'Every major incident that is over, and how its report stands; one that cleared before anybody accepted it, only where it was declared or the rule says so';

CREATE TABLE public.message_attempt (
    id bigint NOT NULL,
    message uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    outcome text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    vendor_id text DEFAULT ''::text NOT NULL,
    parts smallint DEFAULT 1 NOT NULL,
    took_ms integer NOT NULL,
    CONSTRAINT message_attempt_outcome_check CHECK ((outcome = ANY (ARRAY['sent'::text, 'retry'::text, 'dead'::text])))
);

COMMENT ON TABLE public.message_attempt IS 'Attempts to deliver messages, oldest first: docs/messages.md';

COMMENT ON COLUMN public.message_attempt.vendor_id IS 'The name that the other side gave the message, "" for none';

COMMENT ON COLUMN public.message_attempt.parts IS 'Units that vendors count: parts of a short message, else 1';

ALTER TABLE public.message_attempt ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.message_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.message_template (
    event text NOT NULL,
    channel text NOT NULL,
    locale text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    updated_by text NOT NULL
);

COMMENT ON TABLE public.message_template IS 'Message templates of administrators, "*" for any event or channel: docs/messages.md';

CREATE TABLE public.monitor (
    id integer NOT NULL,
    integration_id integer NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    period_seconds integer,
    schedule text DEFAULT ''::text NOT NULL,
    zone text DEFAULT 'UTC'::text NOT NULL,
    grace_seconds integer NOT NULL,
    severity text DEFAULT ''::text NOT NULL,
    service text DEFAULT ''::text NOT NULL,
    ci text DEFAULT ''::text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    pinged_at timestamp with time zone,
    started_at timestamp with time zone,
    down_since timestamp with time zone,
    exit_status integer,
    note text DEFAULT ''::text NOT NULL,
    expected_at timestamp with time zone,
    due_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT monitor_check CHECK (((period_seconds IS NULL) = (schedule <> ''::text))),
    CONSTRAINT monitor_check1 CHECK ((enabled = (due_at IS NOT NULL))),
    CONSTRAINT monitor_grace_seconds_check CHECK ((grace_seconds > 0)),
    CONSTRAINT monitor_period_seconds_check CHECK ((period_seconds > 0))
);

COMMENT ON COLUMN public.monitor.schedule IS 'Five fields of cron on the wall clock of zone; instead of a period';

COMMENT ON COLUMN public.monitor.down_since IS 'Since when it is overdue or failed; null while it is well';

COMMENT ON COLUMN public.monitor.note IS 'The beginning of what the last ping brought';

COMMENT ON COLUMN public.monitor.due_at IS 'When it is overdue unless pinged: armed as long as it is enabled, also while it is down';

ALTER TABLE public.monitor ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.monitor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.notification_rule (
    person_id integer NOT NULL,
    urgent boolean NOT NULL,
    "position" smallint NOT NULL,
    method_id bigint NOT NULL,
    after_s integer NOT NULL,
    CONSTRAINT notification_rule_after_s_check CHECK ((after_s >= 0))
);

COMMENT ON TABLE public.notification_rule IS 'By which methods a person is told, in order; without any: by all verified ones';

COMMENT ON COLUMN public.notification_rule.after_s IS 'Seconds after the step before arrived, while nobody has accepted the record';

CREATE TABLE public.outbox (
    id uuid NOT NULL,
    incident_id bigint,
    channel text NOT NULL,
    recipient text NOT NULL,
    role text DEFAULT ''::text NOT NULL,
    template text NOT NULL,
    facts json NOT NULL,
    created_at timestamp with time zone NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    last_error text DEFAULT ''::text NOT NULL,
    noted boolean DEFAULT false NOT NULL,
    cause text DEFAULT ''::text NOT NULL,
    urgency smallint DEFAULT 5 NOT NULL,
    method smallint DEFAULT 0 NOT NULL,
    may_recover boolean DEFAULT false NOT NULL,
    reached text DEFAULT ''::text NOT NULL,
    step smallint DEFAULT 0 NOT NULL,
    sequence uuid,
    held_until timestamp with time zone,
    held_for text DEFAULT ''::text NOT NULL,
    bundle uuid
);

COMMENT ON COLUMN public.outbox.id IS 'uuid5 of incident, cause and target: the idempotency id on every attempt, and what makes a second firing harmless';

COMMENT ON COLUMN public.outbox.incident_id IS 'Null for what is about no record, such as a hand-over';

COMMENT ON COLUMN public.outbox.noted IS 'Whether the record''s timeline says that this message never arrived; only asked of dead ones';

COMMENT ON COLUMN public.outbox.cause IS 'Why this message is owed; of one incident, cause and target there is one message';

COMMENT ON COLUMN public.outbox.urgency IS 'The priority of the incident as it is told; 5 where there is none: the least goes first';

COMMENT ON COLUMN public.outbox.method IS 'Which contact method of the person is tried next';

COMMENT ON COLUMN public.outbox.may_recover IS 'Whether a method that failed in this round may work later';

COMMENT ON COLUMN public.outbox.reached IS 'Channel and address that took the message';

COMMENT ON COLUMN public.outbox.step IS 'The contact method that this message begins with: above 0 for the further steps of a sequence';

COMMENT ON COLUMN public.outbox.sequence IS 'The first message of the sequence that this one goes on with; cancelled when the record is accepted';

COMMENT ON COLUMN public.outbox.held_until IS 'Until when it waits, or waited, on purpose';

COMMENT ON COLUMN public.outbox.held_for IS 'Why it waits: step, minute, rate, quiet_hours or do_not_disturb';

COMMENT ON COLUMN public.outbox.bundle IS 'The message that this one is told in: they end alike';

CREATE TABLE public.person (
    id integer NOT NULL,
    login text NOT NULL,
    name text NOT NULL,
    email text DEFAULT ''::text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    zone text DEFAULT 'UTC'::text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    roles text[] DEFAULT '{}'::text[] NOT NULL,
    skills text[] DEFAULT '{}'::text[] NOT NULL,
    password_hash text,
    oidc_issuer text,
    oidc_subject text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    credentials_since timestamp with time zone,
    absences_changed_at timestamp with time zone,
    CONSTRAINT person_check CHECK (((oidc_issuer IS NULL) = (oidc_subject IS NULL))),
    CONSTRAINT person_locale_check CHECK ((locale = ANY (ARRAY['en'::text, 'zh-CN'::text])))
);

COMMENT ON COLUMN public.person.password_hash IS 'Argon2id in its own notation; null for those who log in elsewhere or not at all';

COMMENT ON COLUMN public.person.oidc_subject IS 'Who this is at the identity provider: set at the first log-in by a verified address, the only thing trusted after';

COMMENT ON COLUMN public.person.credentials_since IS 'Links and calls made for the person before this are not believed; null for all are';

COMMENT ON COLUMN public.person.absences_changed_at IS 'When an absence was last entered, changed or removed; null if never';

CREATE TABLE public.person_calendar (
    person_id integer NOT NULL,
    url text NOT NULL,
    words text[] DEFAULT '{}'::text[] NOT NULL,
    at_least interval NOT NULL,
    next_at timestamp with time zone NOT NULL,
    etag text DEFAULT ''::text NOT NULL,
    last_modified text DEFAULT ''::text NOT NULL,
    checked_at timestamp with time zone,
    read_at timestamp with time zone,
    failing_since timestamp with time zone,
    error text DEFAULT ''::text NOT NULL,
    absences integer DEFAULT 0 NOT NULL,
    unreadable integer DEFAULT 0 NOT NULL
);

COMMENT ON TABLE public.person_calendar IS 'The calendar of a person whose events are absences, read again and again';

COMMENT ON COLUMN public.person_calendar.url IS 'Often a secret: whoever has it reads the calendar';

COMMENT ON COLUMN public.person_calendar.words IS 'Words of which the title of an event must have one; none: any title';

COMMENT ON COLUMN public.person_calendar.at_least IS 'How long an event lasts that is an absence';

COMMENT ON COLUMN public.person_calendar.read_at IS 'When its content was last read whole; absences are those of then';

COMMENT ON COLUMN public.person_calendar.error IS 'Why it could not be read the last time; empty if it could';

ALTER TABLE public.person ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.person_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.person_pause (
    person_id integer NOT NULL,
    quiet json DEFAULT '[]'::json NOT NULL,
    passes smallint DEFAULT 1 NOT NULL,
    silent_methods bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    disturb_until timestamp with time zone,
    disturb_reason text DEFAULT ''::text NOT NULL,
    disturb_absolute boolean DEFAULT false NOT NULL,
    paced_at timestamp with time zone,
    CONSTRAINT person_pause_passes_check CHECK ((passes = ANY (ARRAY[1, 2])))
);

COMMENT ON TABLE public.person_pause IS 'When a person is not to be disturbed, and when they were told last';

COMMENT ON COLUMN public.person_pause.quiet IS 'Quiet hours: weekdays, first and last minute of the day, on the clock of the person';

COMMENT ON COLUMN public.person_pause.passes IS 'The least urgent priority that quiet hours and do-not-disturb let through';

COMMENT ON COLUMN public.person_pause.paced_at IS 'The begin of the minute in which further messages are bundled';

CREATE TABLE public.proposed_link (
    incident_id bigint NOT NULL,
    master_id bigint NOT NULL,
    reason text NOT NULL,
    score real NOT NULL,
    points json NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    decided_at timestamp with time zone,
    decided_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT proposed_link_check CHECK ((master_id <> incident_id)),
    CONSTRAINT proposed_link_state_check CHECK ((state = ANY (ARRAY['open'::text, 'taken'::text, 'refused'::text])))
);

COMMENT ON TABLE public.proposed_link IS 'Links to a master that the gateway proposes, and what people decided of each';

CREATE TABLE public.push_subscription (
    id bigint NOT NULL,
    person_id integer NOT NULL,
    endpoint text NOT NULL,
    p256dh bytea NOT NULL,
    auth bytea NOT NULL,
    server_key bytea NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_sent_at timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    CONSTRAINT push_subscription_auth_check CHECK ((octet_length(auth) = 16)),
    CONSTRAINT push_subscription_endpoint_check CHECK (((length(endpoint) >= 1) AND (length(endpoint) <= 2048))),
    CONSTRAINT push_subscription_p256dh_check CHECK ((octet_length(p256dh) = 65)),
    CONSTRAINT push_subscription_server_key_check CHECK ((octet_length(server_key) = 65))
);

COMMENT ON TABLE public.push_subscription IS 'Browsers of people that notifications are pushed to; one that its push service knows no longer is deleted';

COMMENT ON COLUMN public.push_subscription.endpoint IS 'The address that messages for this browser are posted to';

COMMENT ON COLUMN public.push_subscription.p256dh IS 'The public key of the browser, an uncompressed point of P-256';

COMMENT ON COLUMN public.push_subscription.auth IS 'The secret that the browser shares with us';

COMMENT ON COLUMN public.push_subscription.server_key IS 'The public key of ours that the browser subscribed with: calls are signed with that key only';

COMMENT ON COLUMN public.push_subscription.label IS 'Browser and system, as the browser named itself';

COMMENT ON COLUMN public.push_subscription.failures IS 'Calls that failed since the last that did not';

ALTER TABLE public.push_subscription ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.push_subscription_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.quarantine (
    id bigint NOT NULL,
    receipt_id uuid NOT NULL,
    item integer NOT NULL,
    integration_id integer NOT NULL,
    source text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    headers json NOT NULL,
    body bytea NOT NULL,
    problem text NOT NULL,
    pointer text NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    replayed_receipt_id uuid,
    claimed_until timestamp with time zone,
    tried_at timestamp with time zone,
    tried_problem text DEFAULT ''::text NOT NULL,
    settled_at timestamp with time zone,
    settled_by text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT quarantine_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'replayed'::text, 'dropped'::text])))
);

COMMENT ON TABLE public.quarantine IS 'Bodies (item -1) and single items that could not be understood, kept until replayed or dropped';

COMMENT ON COLUMN public.quarantine.claimed_until IS 'Until when whoever reads it again or drops it has it for themselves';

COMMENT ON COLUMN public.quarantine.tried_problem IS 'Why it still could not be understood when it was last read again';

COMMENT ON COLUMN public.quarantine.reason IS 'Why it was dropped';

ALTER TABLE public.quarantine ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.receipt (
    id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    integration_id integer NOT NULL,
    source text NOT NULL,
    delivery_id text,
    items integer NOT NULL,
    lost integer DEFAULT 0 NOT NULL,
    flag text,
    body_bytes integer NOT NULL,
    body bytea,
    mended json
)
PARTITION BY RANGE (received_at);
ALTER TABLE ONLY public.receipt ALTER COLUMN body SET STORAGE EXTERNAL;

COMMENT ON COLUMN public.receipt.lost IS 'Alerts the sender itself says it left out (truncatedAlerts)';

COMMENT ON COLUMN public.receipt.flag IS 'Something odd about the delivery: id_reused_with_other_body, replay';

COMMENT ON COLUMN public.receipt.body IS 'Null once bodies are thinned out in a storm of repeats; the items stay exact';

COMMENT ON COLUMN public.receipt.mended IS 'What was read otherwise than it was sent, or left out: [{item, pointer, what}], item -1 is the whole body; null for nothing';

CREATE TABLE public.receipt_default (
    id uuid CONSTRAINT receipt_id_not_null NOT NULL,
    received_at timestamp with time zone CONSTRAINT receipt_received_at_not_null NOT NULL,
    integration_id integer CONSTRAINT receipt_integration_id_not_null NOT NULL,
    source text CONSTRAINT receipt_source_not_null NOT NULL,
    delivery_id text,
    items integer CONSTRAINT receipt_items_not_null NOT NULL,
    lost integer DEFAULT 0 CONSTRAINT receipt_lost_not_null NOT NULL,
    flag text,
    body_bytes integer CONSTRAINT receipt_body_bytes_not_null NOT NULL,
    body bytea,
    mended json
);
ALTER TABLE ONLY public.receipt_default ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE public.relation_group (
    group_hash bytea NOT NULL,
    incident_id bigint,
    opened_at timestamp with time zone
);

COMMENT ON TABLE public.relation_group IS 'The master of each group of a relate rule; its row is the lock that makes one master';

CREATE TABLE public.replica (
    id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

CREATE TABLE public.role_recipient (
    role text NOT NULL,
    targets text[] NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    updated_by text NOT NULL
);

COMMENT ON TABLE public.role_recipient IS 'Recipients of roles, in place of notify.recipients: docs/people.md';

CREATE TABLE public.routing_list (
    single boolean DEFAULT true NOT NULL,
    rules json NOT NULL,
    version integer NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT routing_list_single_check CHECK (single)
);

COMMENT ON TABLE public.routing_list IS 'Routing rules that come before those of the configuration: docs/catalogue.md';

CREATE TABLE public.schedule (
    id integer NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    layers jsonb NOT NULL,
    owner text DEFAULT ''::text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

COMMENT ON COLUMN public.schedule.layers IS 'The rotations, the topmost first, as gateway/oncall/schedule.py reads them';

COMMENT ON COLUMN public.schedule.owner IS 'The login of whoever may change it besides administrators and incident managers';

CREATE TABLE public.schedule_gap (
    schedule_id integer NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.schedule_gap IS 'Times without anybody on call of which the owner of the schedule was told, also some days after';

ALTER TABLE public.schedule ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.schedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schedule_override (
    id bigint NOT NULL,
    schedule_id integer NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    people text[] NOT NULL,
    replaces text,
    reason text DEFAULT ''::text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    swap_id bigint,
    withdrawn_at timestamp with time zone,
    withdrawn_by text,
    CONSTRAINT schedule_override_check CHECK ((ends_at > starts_at))
);

COMMENT ON COLUMN public.schedule_override.replaces IS 'The login of whom the people replace, null for everybody';

ALTER TABLE public.schedule_override ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.schedule_override_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schedule_swap (
    id bigint NOT NULL,
    schedule_id integer NOT NULL,
    proposer text NOT NULL,
    asked text NOT NULL,
    gives_from timestamp with time zone NOT NULL,
    gives_to timestamp with time zone NOT NULL,
    takes_from timestamp with time zone,
    takes_to timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'proposed'::text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by text,
    CONSTRAINT schedule_swap_check CHECK (((gives_to > gives_from) AND ((takes_to > takes_from) OR (takes_to IS NULL)))),
    CONSTRAINT schedule_swap_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'accepted'::text, 'refused'::text, 'withdrawn'::text])))
);

COMMENT ON TABLE public.schedule_swap IS 'Proposals to give a shift to somebody, or to swap it for one of theirs';

ALTER TABLE public.schedule_swap ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.schedule_swap_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.schema_migration (
    version integer NOT NULL,
    name text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.service (
    slug text NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    owner_group text,
    desk_group text,
    tier2_group text,
    tier3_group text,
    criticality text DEFAULT 'normal'::text NOT NULL,
    support_hours text DEFAULT ''::text NOT NULL,
    policy text DEFAULT ''::text NOT NULL,
    targets json DEFAULT '{}'::json NOT NULL,
    active boolean DEFAULT true NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    aliases text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT service_criticality_check CHECK ((criticality = ANY (ARRAY['critical'::text, 'high'::text, 'normal'::text, 'low'::text])))
);

COMMENT ON COLUMN public.service.support_hours IS 'The calendar its incidents are counted in; empty leaves that to the policy';

COMMENT ON COLUMN public.service.targets IS 'Per priority and clock a length of time as people write it, such as {"1": {"overall": "15m"}}; wins over the policy';

COMMENT ON COLUMN public.service.aliases IS 'What else people call it when they report';

CREATE TABLE public.service_promise (
    service text NOT NULL,
    policy text NOT NULL,
    policy_before text NOT NULL,
    version text NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

COMMENT ON COLUMN public.service_promise.policy IS 'The policy the service named then, empty for none: records that had it follow when it changes';

COMMENT ON COLUMN public.service_promise.policy_before IS 'The one before: replicas that did not know of the change yet may have given it to records';

CREATE TABLE public.set_aside (
    id bigint NOT NULL,
    receipt_id uuid NOT NULL,
    integration_id integer NOT NULL,
    source text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    sender text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    answers_id bigint,
    content_type text NOT NULL,
    recipients text[] NOT NULL,
    body bytea NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    opened_at timestamp with time zone,
    opened_by text DEFAULT ''::text NOT NULL,
    incident_id bigint,
    CONSTRAINT set_aside_check CHECK (((state = 'opened'::text) = (incident_id IS NOT NULL))),
    CONSTRAINT set_aside_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'opened'::text])))
);
ALTER TABLE ONLY public.set_aside ALTER COLUMN body SET STORAGE EXTERNAL;

COMMENT ON TABLE public.set_aside IS 'Bounces and automatic replies, told by their headers: nobody is bothered with them, and nothing of them is lost';

COMMENT ON COLUMN public.set_aside.reason IS 'bounce, auto_reply, or likely_auto_reply for one told by its words that answers another mail';

COMMENT ON COLUMN public.set_aside.answers_id IS 'The record that it answers: who may not see that does not see this either';

COMMENT ON COLUMN public.set_aside.incident_id IS 'The record that it became';

ALTER TABLE public.set_aside ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.set_aside_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.shard_lease (
    shard smallint NOT NULL,
    owner uuid,
    epoch bigint DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone
);

CREATE TABLE public.shift (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    people integer[] NOT NULL,
    CONSTRAINT shift_check CHECK ((ends_at > starts_at))
);

ALTER TABLE public.shift ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.shift_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.silence (
    id uuid NOT NULL,
    integration_id integer,
    matchers json NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    comment text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    cut_from timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
    CONSTRAINT silence_check CHECK ((ends_at >= starts_at))
);

COMMENT ON TABLE public.silence IS 'Keeps alerts whose labels match from opening records until it ends; what still fires then is promoted';

COMMENT ON COLUMN public.silence.integration_id IS 'Whose alerts; null for those of every integration';

COMMENT ON COLUMN public.silence.matchers IS 'A list of {"name", "sign", "value", "pattern"}; the pattern is the value as PostgreSQL runs it';

COMMENT ON COLUMN public.silence.cut_from IS 'Later ends it was to have: what is held back until one of them is judged anew';

CREATE TABLE public.timeline (
    incident_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    event text NOT NULL,
    facts json NOT NULL,
    hash bytea NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);

COMMENT ON TABLE public.timeline IS 'Append-only; each hash covers the entry and the hash before it';

COMMENT ON COLUMN public.timeline.xid IS 'The transaction that wrote it: the change feed shows only what no running transaction can still precede';

CREATE TABLE public.timer (
    incident_id bigint NOT NULL,
    kind smallint NOT NULL,
    shard smallint NOT NULL,
    gen integer DEFAULT 1 NOT NULL,
    armed boolean NOT NULL,
    due_at timestamp with time zone,
    fired_at timestamp with time zone,
    fired_gen integer,
    fired_epoch bigint,
    CONSTRAINT timer_check CHECK (((NOT armed) OR (due_at IS NOT NULL))),
    CONSTRAINT timer_due_at_is_kept CHECK (((due_at >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (due_at <= '3000-01-01 00:00:00+00'::timestamp with time zone)))
)
WITH (fillfactor='80');

COMMENT ON TABLE public.timer IS 'At most one timer per incident and kind; re-arming bumps gen, which makes what an older arming left behind inert';

CREATE TABLE public.told_when_opened (
    kind text NOT NULL,
    priority smallint NOT NULL,
    policy text NOT NULL,
    role text NOT NULL
);

COMMENT ON TABLE public.told_when_opened IS 'Roles that the escalation rules in force tell of an incident that opens; each replica writes those of its configuration when it starts';

COMMENT ON COLUMN public.told_when_opened.policy IS 'Empty: whatever the policy of the incident is';

CREATE VIEW public.silent_incident AS
 WITH standing AS (
         SELECT i.id,
            i.number,
            i.kind,
            i.priority,
            i.policy,
            i.state,
            i.handler,
            i.assignee,
            i.assignee_group,
            i.security
           FROM (public.incident i
             LEFT JOIN public.incident m ON (((m.id = i.master_id) AND (m.priority <= i.priority) AND (m.state = ANY (ARRAY['logged'::text, 'assigned'::text, 'in_progress'::text, 'on_hold'::text, 'escalated'::text])))))
          WHERE ((i.state = ANY (ARRAY['logged'::text, 'assigned'::text, 'in_progress'::text, 'on_hold'::text, 'escalated'::text])) AND (NOT i.suppressed) AND (m.id IS NULL) AND (NOT ((i.shelved_until IS NOT NULL) AND (EXISTS ( SELECT
                   FROM public.timer e
                  WHERE ((e.incident_id = i.id) AND (e.kind = 10) AND e.armed AND (e.due_at <= i.shelved_until)))))) AND (i.security OR (i.assignee_group <> ''::text) OR (i.assignee <> ''::text) OR (i.handler <> ''::text) OR (EXISTS ( SELECT
                   FROM public.told_when_opened r
                  WHERE ((r.kind = i.kind) AND (r.priority = i.priority) AND (r.policy = ANY (ARRAY[''::text, i.policy])))))))
        ), begun AS (
         SELECT s.id,
            s.number,
            s.kind,
            s.priority,
            s.policy,
            s.state,
            s.handler,
            s.assignee,
            s.assignee_group,
            s.security,
            b.seq AS begun_seq,
            b.at AS begun_at,
            b.given_seq,
            b.given_at,
            b.given_by,
            b.raised_seq,
            b.worse_seq,
            b.worse_by,
            b.flagged_seq
           FROM (standing s
             CROSS JOIN LATERAL ( SELECT max(t.seq) FILTER (WHERE (t.event = ANY (ARRAY['opened'::text, 'reopened'::text, 'unlinked'::text]))) AS seq,
                    max(t.at) FILTER (WHERE (t.event = ANY (ARRAY['opened'::text, 'reopened'::text, 'unlinked'::text]))) AS at,
                    max(t.seq) FILTER (WHERE t.gives) AS given_seq,
                    max(t.at) FILTER (WHERE t.gives) AS given_at,
                    (array_agg(t.actor ORDER BY t.seq DESC) FILTER (WHERE t.gives))[1] AS given_by,
                    max(t.seq) FILTER (WHERE ((t.event = ANY (ARRAY['raised'::text, 'declared_major'::text])) OR ((t.event = 'changed'::text) AND ((t.facts)::jsonb @? '$."changes"[*]?(@."field" == "priority" && @."new" < @."old")'::jsonpath)))) AS raised_seq,
                    max(t.seq) FILTER (WHERE t.worse) AS worse_seq,
                    (array_agg(t.actor ORDER BY t.seq DESC) FILTER (WHERE t.worse))[1] AS worse_by,
                    max(t.seq) FILTER (WHERE (t.event = 'withdrawn'::text)) AS flagged_seq
                   FROM ( SELECT timeline.seq,
                            timeline.at,
                            timeline.actor,
                            timeline.event,
                            timeline.facts,
                            (kind.giving AND (COALESCE((timeline.facts ->> 'to'::text), ''::text) <> 'vendor'::text) AND (NOT ((timeline.event = ANY (ARRAY['assigned'::text, 'escalated'::text])) AND ((timeline.facts ->> 'was'::text) IS NULL) AND (timeline.event = lag(timeline.event) OVER given) AND (NOT ((timeline.facts ->> 'group'::text) IS DISTINCT FROM lag((timeline.facts ->> 'group'::text)) OVER given)) AND (NOT ((timeline.facts ->> 'person'::text) IS DISTINCT FROM lag((timeline.facts ->> 'person'::text)) OVER given))))) AS gives,
                            (
                                CASE timeline.event
                                    WHEN 'raised'::text THEN ((timeline.facts ->> 'old'::text))::integer
                                    WHEN 'changed'::text THEN ((jsonb_path_query_first((timeline.facts)::jsonb, '$."changes"[*]?(@."field" == "priority")'::jsonpath) ->> 'old'::text))::integer
                                    ELSE NULL::integer
                                END > s.priority) AS worse
                           FROM public.timeline,
                            LATERAL ( SELECT (timeline.event = ANY (ARRAY['opened'::text, 'reopened'::text, 'unlinked'::text, 'assigned'::text, 'routed'::text, 'returned'::text, 'escalated'::text, 'resumed'::text, 'handed_over'::text, 'unacknowledged'::text])) AS giving) kind
                          WHERE (timeline.incident_id = s.id)
                          WINDOW given AS (PARTITION BY kind.giving ORDER BY timeline.seq)) t) b)
        ), due AS (
         SELECT b.id,
            (EXISTS ( SELECT
                   FROM public.timeline t
                  WHERE ((t.incident_id = b.id) AND (t.seq >= b.begun_seq) AND (t.event = 'management_told'::text) AND (((t.facts -> 'roles'::text))::jsonb ? r.role) AND (COALESCE(((t.facts ->> 'priority'::text))::integer, (b.priority)::integer) <= b.priority) AND (((t.facts ->> 'silenced'::text) IS NULL) OR (b.security AND ((t.facts ->> 'silenced'::text) = 'security'::text)))))) AS told
           FROM (begun b
             JOIN public.told_when_opened r ON (((r.kind = b.kind) AND (r.priority = b.priority) AND ((r.policy = ''::text) OR (r.policy = b.policy)))))
        UNION ALL
         SELECT b.id,
            (EXISTS ( SELECT
                   FROM public.timeline t
                  WHERE ((t.incident_id = b.id) AND (t.seq >= GREATEST(b.begun_seq, b.flagged_seq)) AND (t.event = 'management_told'::text) AND (((t.facts -> 'roles'::text))::jsonb ? 'security'::text) AND (COALESCE(((t.facts ->> 'priority'::text))::integer, (b.priority)::integer) <= b.priority) AND (COALESCE((t.facts ->> 'silenced'::text), 'security'::text) = 'security'::text)))) AS "exists"
           FROM begun b
          WHERE b.security
        UNION ALL
         SELECT b.id,
            ((((b.given_by = b.handler) OR (b.given_by = b.assignee)) AND (COALESCE(b.raised_seq, 0) <= b.given_seq)) OR COALESCE((((b.worse_by = b.handler) OR (b.worse_by = b.assignee)) AND (b.worse_seq >= GREATEST(b.given_seq, b.raised_seq))), false) OR (EXISTS ( SELECT
                   FROM public.timeline t
                  WHERE ((t.incident_id = b.id) AND (t.seq >= GREATEST(b.given_seq, b.raised_seq)) AND (t.event = 'accepted'::text)))) OR (EXISTS ( SELECT
                   FROM public.timeline t
                  WHERE ((t.incident_id = b.id) AND (t.seq >= GREATEST(b.given_seq, b.raised_seq)) AND (t.event = 'management_told'::text) AND (((t.facts -> 'roles'::text))::jsonb ?| ARRAY['handler'::text, 'assignee'::text, 'group'::text, 'tier3'::text, 'service_desk'::text, 'on_call'::text]) AND (((t.facts ->> 'silenced'::text) IS NULL) OR (b.security AND ((t.facts ->> 'silenced'::text) = 'security'::text)))))) OR (EXISTS ( SELECT
                   FROM public.outbox o
                  WHERE ((o.incident_id = b.id) AND (o.created_at >= b.given_at) AND (o.role <> ALL (ARRAY['reporter'::text, 'subscriber'::text])) AND (COALESCE(((o.facts ->> 'priority'::text))::integer, (b.priority)::integer) <= b.priority)))))
           FROM begun b
          WHERE ((b.state <> 'on_hold'::text) AND ((b.handler <> ''::text) OR (b.assignee <> ''::text) OR (b.assignee_group <> ''::text)))
        ), owed AS (
         SELECT due.id,
            bool_and(due.told) AS told
           FROM due
          GROUP BY due.id
        ), judged AS (
         SELECT b.id,
            b.number,
            b.kind,
            b.priority,
            b.begun_at AS since,
            owed.told,
            (owed.told AND ((EXISTS ( SELECT
                   FROM public.outbox o
                  WHERE ((o.incident_id = b.id) AND (o.created_at >= b.begun_at) AND (o.state <> 'dead'::text) AND (o.role <> ALL (ARRAY['reporter'::text, 'subscriber'::text])) AND (COALESCE(((o.facts ->> 'priority'::text))::integer, (b.priority)::integer) <= b.priority)))) OR (EXISTS ( SELECT
                   FROM public.timeline t
                  WHERE ((t.incident_id = b.id) AND (t.seq >= b.begun_seq) AND ((t.seq >= COALESCE(b.worse_seq, 0)) OR (b.worse_by = ANY (ARRAY[b.handler, b.assignee]))) AND (t.event = ANY (ARRAY['accepted'::text, 'escalation_acknowledged'::text]))))))) AS reached
           FROM (begun b
             JOIN owed USING (id))
        )
 SELECT id,
    number,
    kind,
    priority,
    since,
        CASE
            WHEN told THEN 'unreachable'::text
            ELSE 'untold'::text
        END AS cause
   FROM judged
  WHERE (NOT (told AND reached));

COMMENT ON VIEW public.silent_incident IS 'Open incidents whose present urgency was told to nobody (untold) or reached nobody (unreachable): docs/silence.md';

CREATE TABLE public.sla_version (
    policy text NOT NULL,
    version text NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.sla_version IS 'A policy whose version differs from what a starting replica is configured with has its open records dated anew';

CREATE TABLE public.sms_sender (
    phone text NOT NULL,
    refused_at timestamp with time zone,
    helped_at timestamp with time zone
);

COMMENT ON COLUMN public.sms_sender.refused_at IS 'When they answered STOP; null since START';

COMMENT ON COLUMN public.sms_sender.helped_at IS 'When they were last told what they can reply: once a day';

CREATE TABLE public.staff_group (
    id integer NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    tier text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    skills text[] DEFAULT '{}'::text[] NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    schedule_id integer,
    CONSTRAINT staff_group_tier_check CHECK ((tier = ANY (ARRAY['desk'::text, 'tier2'::text, 'tier3'::text])))
);

COMMENT ON COLUMN public.staff_group.schedule_id IS 'The schedule whose shifts are the roster of the group, if any';

ALTER TABLE public.staff_group ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.staff_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.staff_group_member (
    group_id integer NOT NULL,
    person_id integer NOT NULL
);

CREATE TABLE public.subscription (
    id bigint NOT NULL,
    incident_id bigint NOT NULL,
    target text NOT NULL,
    subscribed_at timestamp with time zone NOT NULL,
    subscribed_by text NOT NULL
);

COMMENT ON COLUMN public.subscription.target IS 'person:LOGIN, smtp:ADDRESS or webhook:URL';

ALTER TABLE public.subscription ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.subscription_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.unlearned (
    master_id bigint NOT NULL,
    mark bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL
);

COMMENT ON TABLE public.unlearned IS 'Links to a master that people undid: hashes of the record, of its words, of its sender and of its alert';

CREATE TABLE public.unlinked (
    key_hash bytea NOT NULL,
    group_hash bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL
);

COMMENT ON TABLE public.unlinked IS 'Links people undid: this key is not related through this group again';

CREATE TABLE public.vapid_key (
    id text NOT NULL,
    secret bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT vapid_key_secret_check CHECK ((octet_length(secret) = 32))
);

COMMENT ON TABLE public.vapid_key IS 'Private keys that sign calls of push services where the settings give none; the first is made when one is needed, the two newest are used';

ALTER TABLE ONLY public.alert_event ATTACH PARTITION public.alert_event_default DEFAULT;

ALTER TABLE ONLY public.receipt ATTACH PARTITION public.receipt_default DEFAULT;

ALTER TABLE ONLY public.absence
    ADD CONSTRAINT absence_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alert_event
    ADD CONSTRAINT alert_event_pkey PRIMARY KEY (receipt_id, item, received_at);

ALTER TABLE ONLY public.alert_event_default
    ADD CONSTRAINT alert_event_default_pkey PRIMARY KEY (receipt_id, item, received_at);

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (key_hash);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_prefix_key UNIQUE (prefix);

ALTER TABLE ONLY public.app_report
    ADD CONSTRAINT app_report_pkey PRIMARY KEY (integration_id, reporter_hash, incident_id);

ALTER TABLE ONLY public.article
    ADD CONSTRAINT article_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attachment_part
    ADD CONSTRAINT attachment_part_pkey PRIMARY KEY (attachment_id, part);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_seal
    ADD CONSTRAINT audit_seal_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY public.body_mapping
    ADD CONSTRAINT body_mapping_pkey PRIMARY KEY (integration_id, source, version);

ALTER TABLE ONLY public.calendar_feed
    ADD CONSTRAINT calendar_feed_person_id_key UNIQUE (person_id);

ALTER TABLE ONLY public.calendar_feed
    ADD CONSTRAINT calendar_feed_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.calendar_feed
    ADD CONSTRAINT calendar_feed_schedule_id_key UNIQUE (schedule_id);

ALTER TABLE ONLY public.call
    ADD CONSTRAINT call_integration_id_provider_call_id_key UNIQUE (integration_id, provider, call_id);

ALTER TABLE ONLY public.call
    ADD CONSTRAINT call_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.chat_code
    ADD CONSTRAINT chat_code_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY public.chat_identity
    ADD CONSTRAINT chat_identity_pkey PRIMARY KEY (provider, tenant, user_id);

ALTER TABLE ONLY public.chat_message
    ADD CONSTRAINT chat_message_pkey PRIMARY KEY (provider, conversation, message);

ALTER TABLE ONLY public.ci_dependency
    ADD CONSTRAINT ci_dependency_pkey PRIMARY KEY (ci, depends_on);

ALTER TABLE ONLY public.ci
    ADD CONSTRAINT ci_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.complaint
    ADD CONSTRAINT complaint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.contact_code
    ADD CONSTRAINT contact_code_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.contact_method
    ADD CONSTRAINT contact_method_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.contact_method
    ADD CONSTRAINT contact_method_place UNIQUE (person_id, "position") DEFERRABLE;

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (key_hash);

ALTER TABLE ONLY public.escalation_policy
    ADD CONSTRAINT escalation_policy_pkey PRIMARY KEY (slug);

ALTER TABLE ONLY public.escalation_policy_version
    ADD CONSTRAINT escalation_policy_version_pkey PRIMARY KEY (slug, version);

ALTER TABLE ONLY public.form_bucket
    ADD CONSTRAINT form_bucket_pkey PRIMARY KEY (subject);

ALTER TABLE ONLY public.handover_item
    ADD CONSTRAINT handover_item_pkey PRIMARY KEY (handover_id, incident_id);

ALTER TABLE ONLY public.handover
    ADD CONSTRAINT handover_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.handover
    ADD CONSTRAINT handover_shift_id_key UNIQUE (shift_id);

ALTER TABLE ONLY public.heartbeat
    ADD CONSTRAINT heartbeat_pkey PRIMARY KEY (integration_id, name);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (key_hash);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_number_key UNIQUE (number);

ALTER TABLE ONLY public.incident_number
    ADD CONSTRAINT incident_number_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integration
    ADD CONSTRAINT integration_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integration
    ADD CONSTRAINT integration_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.keys_masked
    ADD CONSTRAINT keys_masked_pkey PRIMARY KEY (relation);

ALTER TABLE ONLY public.link_secret
    ADD CONSTRAINT link_secret_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.linked_record
    ADD CONSTRAINT linked_record_pkey PRIMARY KEY (incident_id, kind, system, reference);

ALTER TABLE ONLY public.login_attempt
    ADD CONSTRAINT login_attempt_pkey PRIMARY KEY (subject);

ALTER TABLE ONLY public.login_state
    ADD CONSTRAINT login_state_pkey PRIMARY KEY (state_hash);

ALTER TABLE ONLY public.mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (id_hash, integration_id, content_hash);

ALTER TABLE ONLY public.mailbox_mail
    ADD CONSTRAINT mailbox_mail_pkey PRIMARY KEY (mailbox, uidvalidity, uid);

ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT mailbox_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.major_report_past
    ADD CONSTRAINT major_report_past_pkey PRIMARY KEY (incident_id, version);

ALTER TABLE ONLY public.major_report
    ADD CONSTRAINT major_report_pkey PRIMARY KEY (incident_id);

ALTER TABLE ONLY public.message_attempt
    ADD CONSTRAINT message_attempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.message_template
    ADD CONSTRAINT message_template_pkey PRIMARY KEY (event, channel, locale);

ALTER TABLE ONLY public.monitor
    ADD CONSTRAINT monitor_integration_id_slug_key UNIQUE (integration_id, slug);

ALTER TABLE ONLY public.monitor
    ADD CONSTRAINT monitor_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.notification_rule
    ADD CONSTRAINT notification_rule_pkey PRIMARY KEY (person_id, urgent, "position");

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE public.outbox
    ADD CONSTRAINT outbox_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'dead'::text, 'cancelled'::text]))) NOT VALID;

ALTER TABLE ONLY public.person_calendar
    ADD CONSTRAINT person_calendar_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_login_key UNIQUE (login);

ALTER TABLE ONLY public.person_pause
    ADD CONSTRAINT person_pause_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.proposed_link
    ADD CONSTRAINT proposed_link_pkey PRIMARY KEY (incident_id, master_id);

ALTER TABLE ONLY public.push_subscription
    ADD CONSTRAINT push_subscription_endpoint_key UNIQUE (endpoint);

ALTER TABLE ONLY public.push_subscription
    ADD CONSTRAINT push_subscription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (id, received_at);

ALTER TABLE ONLY public.receipt_default
    ADD CONSTRAINT receipt_default_pkey PRIMARY KEY (id, received_at);

ALTER TABLE ONLY public.relation_group
    ADD CONSTRAINT relation_group_pkey PRIMARY KEY (group_hash);

ALTER TABLE ONLY public.replica
    ADD CONSTRAINT replica_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_rule
    ADD CONSTRAINT report_rule_pkey PRIMARY KEY (single);

ALTER TABLE ONLY public.role_recipient
    ADD CONSTRAINT role_recipient_pkey PRIMARY KEY (role);

ALTER TABLE ONLY public.routing_list
    ADD CONSTRAINT routing_list_pkey PRIMARY KEY (single);

ALTER TABLE ONLY public.schedule_gap
    ADD CONSTRAINT schedule_gap_pkey PRIMARY KEY (schedule_id, starts_at);

ALTER TABLE ONLY public.schedule_override
    ADD CONSTRAINT schedule_override_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schedule
    ADD CONSTRAINT schedule_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.schedule_swap
    ADD CONSTRAINT schedule_swap_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_pkey PRIMARY KEY (slug);

ALTER TABLE ONLY public.service_promise
    ADD CONSTRAINT service_promise_pkey PRIMARY KEY (service);

ALTER TABLE ONLY public.set_aside
    ADD CONSTRAINT set_aside_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.shard_lease
    ADD CONSTRAINT shard_lease_pkey PRIMARY KEY (shard);

ALTER TABLE ONLY public.shift
    ADD CONSTRAINT shift_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.silence
    ADD CONSTRAINT silence_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sla_version
    ADD CONSTRAINT sla_version_pkey PRIMARY KEY (policy);

ALTER TABLE ONLY public.sms_sender
    ADD CONSTRAINT sms_sender_pkey PRIMARY KEY (phone);

ALTER TABLE ONLY public.staff_group_member
    ADD CONSTRAINT staff_group_member_pkey PRIMARY KEY (group_id, person_id);

ALTER TABLE ONLY public.staff_group
    ADD CONSTRAINT staff_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.staff_group
    ADD CONSTRAINT staff_group_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_incident_id_target_key UNIQUE (incident_id, target);

ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.timeline
    ADD CONSTRAINT timeline_pkey PRIMARY KEY (incident_id, seq);

ALTER TABLE ONLY public.timer
    ADD CONSTRAINT timer_pkey PRIMARY KEY (incident_id, kind);

ALTER TABLE ONLY public.told_when_opened
    ADD CONSTRAINT told_when_opened_pkey PRIMARY KEY (kind, priority, policy, role);

ALTER TABLE ONLY public.unlearned
    ADD CONSTRAINT unlearned_pkey PRIMARY KEY (master_id, mark);

ALTER TABLE ONLY public.unlinked
    ADD CONSTRAINT unlinked_pkey PRIMARY KEY (key_hash, group_hash);

ALTER TABLE ONLY public.vapid_key
    ADD CONSTRAINT vapid_key_pkey PRIMARY KEY (id);

CREATE INDEX absence_end ON public.absence USING btree (person_id, ends_at);

CREATE UNIQUE INDEX absence_event ON public.absence USING btree (person_id, source, uid, starts_at) WHERE (source <> 'manual'::text);

CREATE INDEX alert_incident ON public.alert USING btree (incident_id) WHERE (incident_id IS NOT NULL);

CREATE INDEX alert_opsgenie ON public.alert USING btree (integration_id, first_seen DESC) WHERE (namespace = 'opsgenie'::text);

CREATE INDEX alert_suppressed ON public.alert USING btree (suppressed_until) WHERE (suppressed_until IS NOT NULL);

CREATE INDEX api_key_person ON public.api_key USING btree (person_id) WHERE (person_id IS NOT NULL);

CREATE INDEX article_alike ON public.article USING gin (title public.gin_trgm_ops) WHERE (state = 'published'::text);

CREATE UNIQUE INDEX attachment_handle ON public.attachment USING btree (handle) WHERE (handle <> ''::text);

CREATE INDEX attachment_incident ON public.attachment USING btree (incident_id, id);

CREATE INDEX call_heard ON public.call USING btree (heard_at);

CREATE INDEX call_incident ON public.call USING btree (incident_id) WHERE (incident_id IS NOT NULL);

CREATE INDEX call_open ON public.call USING btree (heard_at) WHERE ((incident_id IS NULL) AND (ended_at IS NULL) AND (direction = 'inbound'::text));

CREATE INDEX chat_code_person ON public.chat_code USING btree (person_id);

CREATE INDEX chat_identity_person ON public.chat_identity USING btree (person_id);

CREATE INDEX chat_message_incident ON public.chat_message USING btree (incident_id);

CREATE INDEX chat_message_posted ON public.chat_message USING btree (posted_at);

CREATE INDEX chat_message_shown ON public.chat_message USING btree (incident_id) WHERE (shown IS NOT NULL);

CREATE INDEX ci_dependency_upstream ON public.ci_dependency USING btree (depends_on, ci);

CREATE INDEX ci_service ON public.ci USING btree (service) WHERE (service IS NOT NULL);

CREATE INDEX complaint_incident ON public.complaint USING btree (incident_id);

CREATE INDEX contact_code_method ON public.contact_code USING btree (method_id);

CREATE INDEX delivery_age ON public.delivery USING brin (received_at);

CREATE INDEX handover_pending ON public.handover USING btree (id) WHERE (accepted_at IS NULL);

CREATE INDEX heartbeat_due ON public.heartbeat USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX idempotency_age ON public.idempotency USING brin (created_at);

CREATE INDEX incident_alike ON public.incident USING gin (title public.gin_trgm_ops) WHERE (solution <> ''::text);

CREATE INDEX incident_contact ON public.incident USING btree (lower(contact)) WHERE (contact <> ''::text);

CREATE INDEX incident_lately_solved ON public.incident USING btree (id) WHERE (solution <> ''::text);

CREATE INDEX incident_live ON public.incident USING btree (priority, id) WHERE (state = ANY (ARRAY['logged'::text, 'assigned'::text, 'in_progress'::text, 'on_hold'::text, 'escalated'::text]));

CREATE INDEX incident_master ON public.incident USING btree (master_id) WHERE (master_id IS NOT NULL);

CREATE INDEX incident_master_ci ON public.incident USING btree (ci, id) WHERE ((ci <> ''::text) AND (master_id IS NULL) AND (state = ANY (ARRAY['logged'::text, 'assigned'::text, 'in_progress'::text, 'on_hold'::text, 'escalated'::text])));

CREATE INDEX incident_master_service ON public.incident USING btree (service, id) WHERE ((master_id IS NULL) AND (state = ANY (ARRAY['logged'::text, 'assigned'::text, 'in_progress'::text, 'on_hold'::text, 'escalated'::text])));

CREATE UNIQUE INDEX incident_one_live_per_key ON public.incident USING btree (key_hash) WHERE ((key_hash IS NOT NULL) AND (state = ANY (ARRAY['logged'::text, 'assigned'::text, 'in_progress'::text, 'on_hold'::text, 'escalated'::text])));

CREATE INDEX incident_owner ON public.incident USING btree (lower(owner)) WHERE (owner <> ''::text);

CREATE INDEX incident_recorded_by ON public.incident USING btree (lower(recorded_by)) WHERE (recorded_by <> ''::text);

CREATE INDEX incident_reported ON public.incident USING btree (id) WHERE ((major OR (priority <= 2)) AND (kind = 'incident'::text) AND (state = ANY (ARRAY['resolved'::text, 'closed'::text])));

CREATE INDEX incident_security ON public.incident USING btree (id) WHERE security;

CREATE INDEX incident_solved ON public.incident USING btree (service, id) WHERE (solution <> ''::text);

CREATE INDEX incident_updated ON public.incident USING btree (updated_at, id);

CREATE INDEX incident_workload ON public.incident USING btree (assignee) WHERE ((assignee <> ''::text) AND (state = ANY (ARRAY['logged'::text, 'assigned'::text, 'in_progress'::text, 'on_hold'::text, 'escalated'::text])));

CREATE INDEX mail_acknowledged ON public.mail USING btree (acknowledged, received_at) WHERE (acknowledged IS NOT NULL);

CREATE INDEX mail_incident ON public.mail USING btree (incident_id);

CREATE INDEX mail_received ON public.mail USING btree (received_at);

CREATE INDEX message_attempt_message ON public.message_attempt USING btree (message, id);

CREATE INDEX monitor_due ON public.monitor USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX notification_rule_method ON public.notification_rule USING btree (method_id);

CREATE INDEX outbox_bundle ON public.outbox USING btree (bundle) WHERE ((bundle IS NOT NULL) AND (state = 'pending'::text));

CREATE INDEX outbox_created ON public.outbox USING btree (created_at, id);

CREATE INDEX outbox_due ON public.outbox USING btree (urgency, next_attempt_at) WHERE (state = 'pending'::text);

CREATE INDEX outbox_incident ON public.outbox USING btree (incident_id);

CREATE INDEX outbox_on_call ON public.outbox USING btree (recipient, created_at) WHERE (role = 'on_call'::text);

CREATE INDEX outbox_pending ON public.outbox USING btree (next_attempt_at) WHERE (state = 'pending'::text);

CREATE INDEX outbox_undelivered ON public.outbox USING btree (settled_at) WHERE ((state = 'dead'::text) AND (NOT noted) AND (incident_id IS NOT NULL));

CREATE INDEX person_calendar_due ON public.person_calendar USING btree (next_at);

CREATE UNIQUE INDEX person_email ON public.person USING btree (lower(email)) WHERE (email <> ''::text);

CREATE UNIQUE INDEX person_subject ON public.person USING btree (oidc_issuer, oidc_subject) WHERE (oidc_subject IS NOT NULL);

CREATE INDEX proposed_link_master ON public.proposed_link USING btree (master_id);

CREATE INDEX push_subscription_person ON public.push_subscription USING btree (person_id);

CREATE INDEX quarantine_of_source ON public.quarantine USING btree (source, id) INCLUDE (received_at) WHERE (state = 'pending'::text);

CREATE INDEX quarantine_pending ON public.quarantine USING btree (id) WHERE (state = 'pending'::text);

CREATE INDEX quarantine_settled ON public.quarantine USING btree (id) WHERE (state <> 'pending'::text);

CREATE INDEX schedule_override_end ON public.schedule_override USING btree (schedule_id, ends_at) WHERE (withdrawn_at IS NULL);

CREATE INDEX schedule_swap_of_schedule ON public.schedule_swap USING btree (schedule_id, id);

CREATE INDEX set_aside_answers ON public.set_aside USING btree (answers_id) WHERE (answers_id IS NOT NULL);

CREATE INDEX set_aside_received ON public.set_aside USING btree (received_at);

CREATE INDEX set_aside_state ON public.set_aside USING btree (state, id);

CREATE INDEX shift_end ON public.shift USING btree (ends_at);

CREATE UNIQUE INDEX shift_start ON public.shift USING btree (group_id, starts_at);

CREATE INDEX silence_ends ON public.silence USING btree (ends_at);

CREATE INDEX silence_of_integration ON public.silence USING btree (integration_id, ends_at DESC, id);

CREATE INDEX staff_group_member_person ON public.staff_group_member USING btree (person_id);

CREATE INDEX staff_group_schedule ON public.staff_group USING btree (schedule_id) WHERE (schedule_id IS NOT NULL);

CREATE INDEX timeline_feed ON public.timeline USING btree (xid, incident_id, seq);

CREATE INDEX timer_due ON public.timer USING btree (shard, due_at) WHERE armed;

ALTER INDEX public.alert_event_pkey ATTACH PARTITION public.alert_event_default_pkey;

ALTER INDEX public.receipt_pkey ATTACH PARTITION public.receipt_default_pkey;

ALTER TABLE ONLY public.absence
    ADD CONSTRAINT absence_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES public.integration(id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.attachment_part
    ADD CONSTRAINT attachment_part_attachment_id_fkey FOREIGN KEY (attachment_id) REFERENCES public.attachment(id);

ALTER TABLE ONLY public.body_mapping
    ADD CONSTRAINT body_mapping_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES public.integration(id);

ALTER TABLE ONLY public.calendar_feed
    ADD CONSTRAINT calendar_feed_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.calendar_feed
    ADD CONSTRAINT calendar_feed_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.schedule(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.call
    ADD CONSTRAINT call_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES public.integration(id);

ALTER TABLE ONLY public.chat_code
    ADD CONSTRAINT chat_code_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.chat_identity
    ADD CONSTRAINT chat_identity_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.ci_dependency
    ADD CONSTRAINT ci_dependency_ci_fkey FOREIGN KEY (ci) REFERENCES public.ci(name);

ALTER TABLE ONLY public.ci_dependency
    ADD CONSTRAINT ci_dependency_depends_on_fkey FOREIGN KEY (depends_on) REFERENCES public.ci(name);

ALTER TABLE ONLY public.ci
    ADD CONSTRAINT ci_service_fkey FOREIGN KEY (service) REFERENCES public.service(slug);

ALTER TABLE ONLY public.contact_code
    ADD CONSTRAINT contact_code_method_id_fkey FOREIGN KEY (method_id) REFERENCES public.contact_method(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_method
    ADD CONSTRAINT contact_method_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.escalation_policy_version
    ADD CONSTRAINT escalation_policy_version_slug_fkey FOREIGN KEY (slug) REFERENCES public.escalation_policy(slug) ON DELETE CASCADE;

ALTER TABLE ONLY public.handover_item
    ADD CONSTRAINT handover_item_handover_id_fkey FOREIGN KEY (handover_id) REFERENCES public.handover(id);

ALTER TABLE ONLY public.handover
    ADD CONSTRAINT handover_shift_id_fkey FOREIGN KEY (shift_id) REFERENCES public.shift(id);

ALTER TABLE ONLY public.heartbeat
    ADD CONSTRAINT heartbeat_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES public.integration(id);

ALTER TABLE ONLY public.message_attempt
    ADD CONSTRAINT message_attempt_message_fkey FOREIGN KEY (message) REFERENCES public.outbox(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.monitor
    ADD CONSTRAINT monitor_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES public.integration(id);

ALTER TABLE ONLY public.notification_rule
    ADD CONSTRAINT notification_rule_method_id_fkey FOREIGN KEY (method_id) REFERENCES public.contact_method(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notification_rule
    ADD CONSTRAINT notification_rule_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.person_calendar
    ADD CONSTRAINT person_calendar_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.person_pause
    ADD CONSTRAINT person_pause_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.push_subscription
    ADD CONSTRAINT push_subscription_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.schedule_gap
    ADD CONSTRAINT schedule_gap_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.schedule(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.schedule_override
    ADD CONSTRAINT schedule_override_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.schedule(id);

ALTER TABLE ONLY public.schedule_override
    ADD CONSTRAINT schedule_override_swap_id_fkey FOREIGN KEY (swap_id) REFERENCES public.schedule_swap(id);

ALTER TABLE ONLY public.schedule_swap
    ADD CONSTRAINT schedule_swap_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.schedule(id);

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_desk_group_fkey FOREIGN KEY (desk_group) REFERENCES public.staff_group(slug);

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_owner_group_fkey FOREIGN KEY (owner_group) REFERENCES public.staff_group(slug);

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_tier2_group_fkey FOREIGN KEY (tier2_group) REFERENCES public.staff_group(slug);

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_tier3_group_fkey FOREIGN KEY (tier3_group) REFERENCES public.staff_group(slug);

ALTER TABLE ONLY public.set_aside
    ADD CONSTRAINT set_aside_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES public.integration(id);

ALTER TABLE ONLY public.shift
    ADD CONSTRAINT shift_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.staff_group(id);

ALTER TABLE ONLY public.silence
    ADD CONSTRAINT silence_integration_id_fkey FOREIGN KEY (integration_id) REFERENCES public.integration(id);

ALTER TABLE ONLY public.staff_group_member
    ADD CONSTRAINT staff_group_member_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.staff_group(id);

ALTER TABLE ONLY public.staff_group_member
    ADD CONSTRAINT staff_group_member_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.person(id);

ALTER TABLE ONLY public.staff_group
    ADD CONSTRAINT staff_group_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.schedule(id);
