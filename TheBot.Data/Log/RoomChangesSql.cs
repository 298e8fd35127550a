using TheBot.Data.Rooms;

namespace TheBot.Data.Log;

/// <summary>The statements of <see cref="RoomChanges"/>.</summary>
/// <remarks>
/// A change is three statements of one transaction: the room's lock; judging and writing, with a snapshot younger than the lock; reading back
/// what was written by the columns of every other reader. In each, $1 = room and $2 = who does it; $3 = the message.
/// </remarks>
internal static partial class RoomChangesSql
{
    /// <summary>Where the second statement leaves what the third may read back: the new event's seq, 0 = no event, empty = refused.</summary>
    private const string ReadBackFrom = "thebot.read_back";

    /// <summary>$1 room. Waits.</summary>
    public const string LockRoom = "SELECT id FROM rooms WHERE id = $1 FOR NO KEY UPDATE";

    /// <summary>The event (nulls where there is none) with the message as it is now; no row where the change was refused.</summary>
    public const string ReadBackMessage =
        $"""
        SELECT {RoomEventColumns.Select}
        FROM messages m
        LEFT JOIN room_events e ON e.room_id = m.room_id AND e.seq = nullif(current_setting('{ReadBackFrom}'), '')::bigint
        {MessageColumns.Joins}
        WHERE m.id = $2 AND m.room_id = $1 AND current_setting('{ReadBackFrom}') <> ''
        """;

    /// <summary>As <see cref="ReadBackMessage"/>, for an event that is about the room.</summary>
    public const string ReadBackEvent =
        $"""
        SELECT {RoomEventColumns.Select}
        FROM room_events e
        {RoomEventColumns.Joins}
        WHERE e.room_id = $1 AND e.seq = nullif(current_setting('{ReadBackFrom}'), '')::bigint
        """;

    /// <summary>$4 the new text. The text that it replaces is kept under the seq of the edit.</summary>
    public static readonly string Edit = Change(
        verdict:
            """
            WHEN actor.standing <> 'member' THEN 'not_member'
            WHEN message.sender_id <> $2 THEN 'not_author'
            WHEN message.deleted_at IS NOT NULL THEN 'deleted'
            WHEN NOT room.open THEN 'read_only'
            WHEN actor.muted_until > room.at THEN 'muted'
            WHEN message.content = $4 THEN 'unchanged'
            """,
        kind: "2",
        data: "NULL::jsonb",
        write:
            """
            kept AS (
                INSERT INTO message_edits (message_id, seq, content, edited_at) SELECT id, seq, content, at FROM accepted
            ),
            written AS (
                UPDATE messages SET content = $4, edited_at = accepted.at, updated_at = accepted.at FROM accepted WHERE messages.id = accepted.id
            )
            """);

    /// <summary>A deleted message is pinned no longer, so that no list of pins has to leave it out.</summary>
    public static readonly string Delete = Change(
        verdict:
            """
            WHEN message.sender_id = $2 AND actor.standing <> 'member' AND NOT actor.moderates THEN 'not_member'
            WHEN message.sender_id <> $2 AND NOT actor.moderates THEN 'not_author'
            WHEN message.deleted_at IS NOT NULL THEN 'deleted'
            """,
        kind: "3",
        data: "jsonb_build_object('deleted_by_role', CASE WHEN sender_id = $2 THEN 'author' ELSE 'moderator' END)",
        write:
            """
            unpinned AS (DELETE FROM pins USING accepted WHERE pins.message_id = accepted.id),
            written AS (
                UPDATE messages SET deleted_at = accepted.at, deleted_by = $2, updated_at = accepted.at FROM accepted WHERE messages.id = accepted.id
            )
            """);

    public static readonly string Pin = Change(
        verdict:
            """
            WHEN NOT actor.pins THEN 'not_moderator'
            WHEN message.deleted_at IS NOT NULL THEN 'deleted'
            WHEN EXISTS (SELECT FROM pins WHERE message_id = message.id) THEN 'unchanged'
            """,
        kind: "6",
        data: "jsonb_build_object('is_pinned', true)",
        write: "written AS (INSERT INTO pins (message_id, room_id, pinned_by, created_at) SELECT id, room_id, $2, at FROM accepted)");

    public static readonly string Unpin = Change(
        verdict:
            """
            WHEN NOT actor.pins THEN 'not_moderator'
            WHEN message.deleted_at IS NOT NULL THEN 'deleted'
            WHEN NOT EXISTS (SELECT FROM pins WHERE message_id = message.id) THEN 'unchanged'
            """,
        kind: "7",
        data: "jsonb_build_object('is_pinned', false)",
        write: "written AS (DELETE FROM pins USING accepted WHERE pins.message_id = accepted.id)");

    /// <summary>$4 the emoji.</summary>
    public static readonly string React = Change(
        verdict:
            $"""
            {MayReact}
            WHEN EXISTS (SELECT FROM reactions WHERE message_id = message.id AND user_id = $2 AND emoji = $4) THEN 'unchanged'
            """,
        kind: "4",
        data: "jsonb_build_object('emoji', $4)",
        write: "written AS (INSERT INTO reactions (message_id, user_id, emoji, created_at) SELECT id, $2, $4, at FROM accepted)");

    /// <summary>$4 the emoji.</summary>
    public static readonly string Unreact = Change(
        verdict:
            $"""
            {MayReact}
            WHEN NOT EXISTS (SELECT FROM reactions WHERE message_id = message.id AND user_id = $2 AND emoji = $4) THEN 'unchanged'
            """,
        kind: "5",
        data: "jsonb_build_object('emoji', $4)",
        write:
            """
            written AS (
                DELETE FROM reactions USING accepted WHERE reactions.message_id = accepted.id AND reactions.user_id = $2 AND reactions.emoji = $4
            )
            """);

    /// <summary>Room and actor as they are under the lock. No actor = no such room, or none that they may see.</summary>
    private const string RoomAndActor =
        $"""
        room AS MATERIALIZED (
            SELECT id, kind, name, description, writable, locked, slow_mode_seconds, created_by, direct_key, head_seq,
                writable AND NOT locked AND {RoomRightsSql.StillContacts} AS open, {RoomRightsSql.Version} AS version,
                greatest(clock_timestamp(), updated_at) AS at
            FROM rooms room
            WHERE id = $1
        ),
        actor AS MATERIALIZED (
            SELECT standing.*, moderates OR pins_too AS pins
            FROM (
                SELECT r.standing, r.visible_from_seq, r.muted_until, {RoomRightsSql.Moderates} AS moderates, {RoomRightsSql.Pins} AS pins_too
                FROM room
                JOIN room_readers r ON r.room_id = room.id AND r.user_id = $2
                JOIN users u ON u.id = r.user_id
                LEFT JOIN room_members m ON m.room_id = r.room_id AND m.user_id = r.user_id) AS standing
        )
        """;

    private const string MayReact =
        """
        WHEN actor.standing <> 'member' THEN 'not_member'
        WHEN message.deleted_at IS NOT NULL THEN 'deleted'
        WHEN NOT room.open THEN 'read_only'
        WHEN actor.muted_until > room.at THEN 'muted'
        """;

    private const string Answer =
        $"""
        SELECT verdict, head_seq, set_config('{ReadBackFrom}', CASE verdict WHEN 'changed' THEN (head_seq + 1)::text WHEN 'unchanged' THEN '0' ELSE '' END, true)
        FROM judged
        """;

    /// <summary>Judges, and where the change is accepted writes it with its event and the room's new head.</summary>
    /// <param name="verdict">WHEN lines over <c>actor</c>, <c>room</c> and <c>message</c>, of which the first that holds refuses (or finds nothing to do).</param>
    /// <param name="kind">The number of a <see cref="Schema.RoomEventKind"/>.</param>
    /// <param name="data">The event's data, over <c>accepted</c>.</param>
    /// <param name="write">CTEs that write from <c>accepted</c>: the message's columns with the event's <c>seq</c> and <c>at</c>.</param>
    private static string Change(string verdict, string kind, string data, string write) =>
        $"""
        WITH {RoomAndActor},
        message AS MATERIALIZED (
            SELECT m.id, m.room_id, m.sender_id, m.content, m.deleted_at
            FROM messages m
            JOIN actor ON m.seq > actor.visible_from_seq
            WHERE m.id = $3 AND m.room_id = $1
        ),
        judged AS MATERIALIZED (
            SELECT message.*, room.head_seq, room.at, CASE
                WHEN actor.standing IS NULL THEN 'no_access'
                WHEN message.id IS NULL AND EXISTS (
                    SELECT FROM messages m JOIN room_readers r ON r.room_id = m.room_id AND r.user_id = $2
                    WHERE m.id = $3 AND m.room_id <> $1 AND m.seq > r.visible_from_seq) THEN 'elsewhere'
                WHEN message.id IS NULL THEN 'not_found'
        {verdict}
                ELSE 'changed'
            END AS verdict
            FROM (VALUES (1)) AS one
            LEFT JOIN room ON true
            LEFT JOIN actor ON true
            LEFT JOIN message ON true
        ),
        accepted AS MATERIALIZED (SELECT *, head_seq + 1 AS seq FROM judged WHERE verdict = 'changed'),
        {write},
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, data, created_at)
            SELECT room_id, seq, {kind}, id, $2, {data}, at FROM accepted
        ),
        head AS (
            UPDATE rooms SET head_seq = accepted.seq, updated_at = accepted.at FROM accepted WHERE rooms.id = accepted.room_id
        )
        {Answer}
        """;
}
