using TheBot.Data.Rooms;

namespace TheBot.Data.Log;

/// <summary>The statements of <see cref="RoomLog"/>.</summary>
internal static class RoomLogSql
{
    /// <summary>Where the first statement of an append leaves the ids of the rooms it locked for the second; lives as long as the transaction.</summary>
    private const string LockedRooms = "thebot.locked_rooms";

    /// <summary>
    /// For the rest of the transaction no table is read from end to end. A statement keeps the plan it got when a school was new and its tables
    /// were small, until somebody counts them again; and small tables would be read whole for each draft (of 50 rooms and 200 people: 55 µs a
    /// message instead of 35). For the same reason the append looks everything up draft by draft (LIMIT 1 leaves no other way to join), and a client id as
    /// the first from there on in the order of the one index that has it: to a table that was counted while empty, the index of (room, seq) seems as good
    /// for a plain comparison, and would be read from the room's first message on.
    /// </summary>
    private const string ByIndexOnly = "set_config('enable_seqscan', 'off', true)";

    /// <summary>$1 rooms. A room that somebody holds is left out: it waits in a queue of its own and holds up no other.</summary>
    public const string LockFreeRooms =
        $"""
        SELECT set_config('{LockedRooms}', coalesce(string_agg(id::text, ','), ''), true), {ByIndexOnly}
        FROM (SELECT id FROM rooms WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS free
        """;

    /// <summary>$1 rooms; waits for those that somebody holds.</summary>
    public const string LockRooms =
        $"""
        SELECT set_config('{LockedRooms}', coalesce(string_agg(id::text, ','), ''), true), {ByIndexOnly}
        FROM (SELECT id FROM rooms WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) AS mine
        """;

    /// <summary>
    /// For the rest of the transaction a lock is waited for so long and no longer: much longer than another replica's batch takes, much shorter
    /// than anybody notices.
    /// </summary>
    public const string BriefLocks = "SELECT set_config('lock_timeout', '50ms', true)";

    /// <summary>
    /// $1 room, $2 sender, $3 client id, $4 content, $5 reply to, $6 body hash: one element a draft, in the order of acceptance, each client id once.
    /// A statement of its own after the lock, because READ COMMITTED gives it a snapshot that is younger than the lock: members, client ids
    /// and head are those that the last holder left. Answers one row a draft, with its place among them (from 1), in any order.
    /// </summary>
    /// <remarks>
    /// Most of what Postgres does for a message happens here, so each row is looked up once and by hand instead of through <c>room_readers</c>,
    /// and ids are drawn before the rows are written, which saves finding them again: 46 drafts take 1.5 ms instead of 3.6.
    /// </remarks>
    public const string Append =
        $"""
        WITH room AS MATERIALIZED (
            SELECT id, kind, created_by, slow_mode_seconds, head_seq, writable AND NOT locked AND {RoomRightsSql.StillContacts} AS open,
                greatest(clock_timestamp(), updated_at) AS at
            FROM rooms room
            WHERE id = ANY (string_to_array(current_setting('{LockedRooms}'), ',')::bigint[])
        ),
        asked AS MATERIALIZED (
            SELECT draft.*, room.head_seq, room.at, room.slow_mode_seconds, known.id AS known_id, u.first_name, u.last_name, u.role, u.avatar,
                CASE
                    WHEN room.id IS NULL THEN 'held'
                    WHEN known.id IS NOT NULL THEN 'known'
                    WHEN r.standing IS NULL THEN 'no_access'
                    WHEN r.standing <> 'member' THEN 'not_member'
                    WHEN NOT room.open THEN 'read_only'
                    WHEN m.muted_until > room.at THEN 'muted'
                    WHEN draft.reply_to IS NOT NULL AND NOT EXISTS (
                        SELECT FROM messages m WHERE m.id = draft.reply_to AND m.room_id = draft.room_id AND m.deleted_at IS NULL) THEN 'reply_not_found'
                    ELSE 'new'
                END AS finding,
                room.slow_mode_seconds > 0 AND NOT {RoomRightsSql.Moderates} AS slow
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
                 WITH ORDINALITY AS draft (room_id, sender_id, client_id, content, reply_to, body_hash, ord)
            LEFT JOIN room ON room.id = draft.room_id
            LEFT JOIN LATERAL (SELECT * FROM users u WHERE u.id = draft.sender_id LIMIT 1) AS u ON true
            LEFT JOIN LATERAL (
                SELECT * FROM room_members m
                WHERE m.room_id = draft.room_id AND m.user_id = draft.sender_id
                LIMIT 1) AS m ON true
            LEFT JOIN LATERAL (
                SELECT id, client_id FROM messages m
                WHERE m.room_id = draft.room_id AND m.sender_id = draft.sender_id AND m.client_id >= draft.client_id
                ORDER BY m.client_id
                LIMIT 1) AS known ON known.client_id = draft.client_id
            CROSS JOIN LATERAL (SELECT {RoomRightsSql.Standing} AS standing) AS r
        ),
        paced AS MATERIALIZED (
            SELECT asked.*, CASE WHEN finding = 'new' AND slow THEN coalesce(
                (
                    SELECT ceil(extract(epoch FROM max(m.created_at) - asked.at) + asked.slow_mode_seconds)::int
                    FROM messages m
                    WHERE m.room_id = asked.room_id AND m.sender_id = asked.sender_id
                      AND m.created_at > asked.at - make_interval(secs => asked.slow_mode_seconds)),
                CASE WHEN EXISTS (
                    SELECT FROM asked earlier
                    WHERE earlier.room_id = asked.room_id AND earlier.sender_id = asked.sender_id AND earlier.finding = 'new' AND earlier.ord < asked.ord)
                THEN slow_mode_seconds END)
            END AS wait
            FROM asked
        ),
        judged AS MATERIALIZED (
            SELECT *, CASE verdict WHEN 'new' THEN nextval('messages_id_seq') END AS id
            FROM (
                SELECT *, CASE WHEN wait IS NULL THEN finding ELSE 'slow_mode' END AS verdict,
                    head_seq + count(*) FILTER (WHERE finding = 'new' AND wait IS NULL) OVER (PARTITION BY room_id ORDER BY ord) AS seq
                FROM paced) AS numbered
        ),
        message AS (
            INSERT INTO messages (id, room_id, seq, sender_id, client_id, body_hash, content, type, reply_to, created_at, updated_at)
            SELECT id, room_id, seq, sender_id, client_id, body_hash, content, 'text', reply_to, at, at FROM judged WHERE verdict = 'new'
        ),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, created_at)
            SELECT room_id, seq, 1, id, sender_id, at FROM judged WHERE verdict = 'new'
        ),
        head AS (
            UPDATE rooms SET head_seq = grown.seq, updated_at = grown.at
            FROM (SELECT room_id, max(seq) AS seq, max(at) AS at FROM judged WHERE verdict = 'new' GROUP BY room_id) AS grown
            WHERE rooms.id = grown.room_id
        )
        SELECT ord, verdict, id, seq, at, first_name, last_name, role, avatar, known_id, wait FROM judged
        """;

    /// <summary>$1 message ids; the hash of what was sent first comes before the message's columns.</summary>
    public const string ById =
        $"""
        SELECT m.body_hash, {MessageColumns.Select}
        FROM messages m
        {MessageColumns.Joins}
        WHERE m.id = ANY ($1)
        """;

    private const string VisibleFrom = "(SELECT r.visible_from_seq FROM room_readers r WHERE r.room_id = $1 AND r.user_id = $4)";

    /// <summary>
    /// $1 room, $2 after seq, $3 rows at most, $4 the reader, or null for the replica's own feed. What happened later to a message that the reader may
    /// not see comes without the message.
    /// </summary>
    public const string Read =
        $"""
        SELECT {RoomEventColumns.Select}
        FROM room_events e
        LEFT JOIN messages m ON m.id = e.message_id AND ($4::bigint IS NULL OR m.seq > {VisibleFrom})
        {MessageColumns.Joins}
        WHERE e.room_id = $1 AND e.seq > $2 AND ($4::bigint IS NULL OR e.seq > {VisibleFrom})
        ORDER BY e.seq
        LIMIT $3
        """;

    /// <summary>$1 room, $2 reader, $3 rows at most. Standing and head with the newest messages up to that head, in one snapshot; no row = no access.</summary>
    public const string Snapshot =
        $"""
        SELECT r.standing, r.visible_from_seq, r.read_seq, room.head_seq, room.kind, last.*
        FROM room_readers r
        JOIN rooms room ON room.id = r.room_id
        LEFT JOIN LATERAL (
            SELECT {MessageColumns.Select}
            FROM messages m
            {MessageColumns.Joins}
            WHERE m.room_id = r.room_id AND m.seq > r.visible_from_seq AND m.deleted_at IS NULL
            ORDER BY m.seq DESC
            LIMIT $3) AS last ON true
        WHERE r.room_id = $1 AND r.user_id = $2
        ORDER BY last.seq
        """;

    /// <summary>$1 room, $2 reader, $3 after seq, $4 before seq, $5 rows at most; oldest first from 'after', else newest first.</summary>
    public static string History(bool ascending) =>
        $"""
        SELECT {MessageColumns.Select}
        FROM room_readers r
        JOIN messages m ON m.room_id = r.room_id
        {MessageColumns.Joins}
        WHERE r.room_id = $1 AND r.user_id = $2 AND m.seq > greatest(r.visible_from_seq, $3) AND m.seq < $4 AND m.deleted_at IS NULL
        ORDER BY m.seq {(ascending ? "ASC" : "DESC")}
        LIMIT $5
        """;

    public const string Heads = "SELECT id, head_seq FROM rooms WHERE id = ANY ($1)";
}
