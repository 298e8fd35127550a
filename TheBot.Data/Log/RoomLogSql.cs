using TheBot.Data.Rooms;

namespace TheBot.Data.Log;

/// <summary>The statements of <see cref="RoomLog"/>.</summary>
internal static class RoomLogSql
{
    /// <summary>Where the first statement of an append leaves the ids of the rooms it locked for the second; lives as long as the transaction.</summary>
    private const string LockedRooms = "thebot.locked_rooms";

    /// <summary>$1 rooms. A room that somebody holds is left out: it waits in a queue of its own and holds up no other.</summary>
    public const string LockFreeRooms =
        $"""
        SELECT set_config('{LockedRooms}', coalesce(string_agg(id::text, ','), ''), true)
        FROM (SELECT id FROM rooms WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS free
        """;

    /// <summary>$1 rooms; waits for those that somebody holds.</summary>
    public const string LockRooms =
        $"""
        SELECT set_config('{LockedRooms}', coalesce(string_agg(id::text, ','), ''), true)
        FROM (SELECT id FROM rooms WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) AS mine
        """;

    /// <summary>Whether the sender of <c>asked</c> moderates its room: slow mode is not for them.</summary>
    private const string ModeratesAsked =
        $"""
        (
            SELECT {RoomRightsSql.Moderates}
            FROM rooms room
            JOIN room_readers r ON r.room_id = room.id AND r.user_id = asked.sender_id
            JOIN users u ON u.id = r.user_id
            LEFT JOIN room_members m ON m.room_id = room.id AND m.user_id = u.id
            WHERE room.id = asked.room_id)
        """;

    /// <summary>
    /// For the rest of the transaction a lock is waited for so long and no longer: much longer than another replica's batch takes, much shorter
    /// than anybody notices.
    /// </summary>
    public const string BriefLocks = "SELECT set_config('lock_timeout', '50ms', true)";

    /// <summary>
    /// $1 room, $2 sender, $3 client id, $4 content, $5 reply to, $6 body hash: one element a draft, in the order of acceptance.
    /// A statement of its own after the lock, because READ COMMITTED gives it a snapshot that is younger than the lock: members, client ids
    /// and head are those that the last holder left. Answers one row a draft, in order.
    /// </summary>
    public const string Append =
        $"""
        WITH room AS MATERIALIZED (
            SELECT id, kind, created_by, slow_mode_seconds, head_seq, writable AND NOT locked AND {RoomRightsSql.StillContacts} AS open,
                greatest(clock_timestamp(), updated_at) AS at
            FROM rooms room
            WHERE id = ANY (string_to_array(current_setting('{LockedRooms}'), ',')::bigint[])
        ),
        draft AS MATERIALIZED (
            SELECT *, row_number() OVER (PARTITION BY room_id, sender_id, client_id ORDER BY ord) AS nth
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
                 WITH ORDINALITY AS d (room_id, sender_id, client_id, content, reply_to, body_hash, ord)
        ),
        asked AS MATERIALIZED (
            SELECT draft.*, room.head_seq, room.at, room.slow_mode_seconds, known.id AS known_id,
                CASE
                    WHEN room.id IS NULL THEN 'held'
                    WHEN known.id IS NOT NULL THEN 'known'
                    WHEN draft.nth > 1 THEN 'repeat'
                    WHEN reader.standing IS NULL THEN 'no_access'
                    WHEN reader.standing <> 'member' THEN 'not_member'
                    WHEN NOT room.open THEN 'read_only'
                    WHEN reader.muted_until > room.at THEN 'muted'
                    WHEN draft.reply_to IS NOT NULL AND NOT EXISTS (
                        SELECT FROM messages m WHERE m.id = draft.reply_to AND m.room_id = draft.room_id AND m.deleted_at IS NULL) THEN 'reply_not_found'
                    ELSE 'new'
                END AS finding
            FROM draft
            LEFT JOIN room ON room.id = draft.room_id
            LEFT JOIN LATERAL (
                SELECT id FROM messages m
                WHERE m.room_id = draft.room_id AND m.sender_id = draft.sender_id AND m.client_id = draft.client_id
                LIMIT 1) AS known ON true
            LEFT JOIN LATERAL (
                SELECT standing, muted_until FROM room_readers r
                WHERE r.room_id = draft.room_id AND r.user_id = draft.sender_id
                LIMIT 1) AS reader ON true
        ),
        paced AS MATERIALIZED (
            SELECT asked.*,
                CASE WHEN asked.finding = 'new' AND asked.slow_mode_seconds > 0 AND NOT {ModeratesAsked} THEN coalesce(
                    (
                        SELECT ceil(extract(epoch FROM max(m.created_at) - asked.at) + asked.slow_mode_seconds)::int
                        FROM messages m
                        WHERE m.room_id = asked.room_id AND m.sender_id = asked.sender_id
                          AND m.created_at > asked.at - make_interval(secs => asked.slow_mode_seconds)),
                    CASE WHEN row_number() OVER (PARTITION BY asked.room_id, asked.sender_id, asked.finding ORDER BY asked.ord) > 1 THEN asked.slow_mode_seconds END)
                END AS wait
            FROM asked
        ),
        judged AS MATERIALIZED (SELECT *, CASE WHEN wait IS NULL THEN finding ELSE 'slow_mode' END AS verdict FROM paced),
        numbered AS MATERIALIZED (
            SELECT *, head_seq + row_number() OVER (PARTITION BY room_id ORDER BY ord) AS seq
            FROM judged
            WHERE verdict = 'new'
        ),
        message AS (
            INSERT INTO messages (room_id, seq, sender_id, client_id, body_hash, content, type, reply_to, created_at, updated_at)
            SELECT room_id, seq, sender_id, client_id, body_hash, content, 'text', reply_to, at, at FROM numbered ORDER BY ord
            RETURNING id, room_id, seq, sender_id, created_at
        ),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, created_at)
            SELECT room_id, seq, 1, id, sender_id, created_at FROM message
        ),
        head AS (
            UPDATE rooms SET head_seq = grown.seq, updated_at = grown.at
            FROM (SELECT room_id, max(seq) AS seq, max(at) AS at FROM numbered GROUP BY room_id) AS grown
            WHERE rooms.id = grown.room_id
        )
        SELECT judged.verdict, message.id, message.seq, message.created_at, author.first_name, author.last_name, author.role, author.avatar, judged.known_id,
            judged.wait
        FROM judged
        LEFT JOIN numbered ON numbered.ord = judged.ord
        LEFT JOIN message ON message.room_id = numbered.room_id AND message.seq = numbered.seq
        LEFT JOIN users author ON author.id = judged.sender_id
        ORDER BY judged.ord
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
