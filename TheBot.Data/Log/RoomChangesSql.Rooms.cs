using TheBot.Data.Rooms;

namespace TheBot.Data.Log;

/// <summary>Changes of the room itself and of what its members may do.</summary>
internal static partial class RoomChangesSql
{
    /// <summary>$3 whether it shall be locked.</summary>
    public static readonly string SetLocked = ChangeRoom(
        verdict:
            """
            WHEN NOT actor.moderates THEN 'not_moderator'
            WHEN room.locked = $3 THEN 'unchanged'
            """,
        locked: "$3");

    /// <summary>$3 seconds between two messages of one member who does not moderate; 0 = none.</summary>
    public static readonly string SetSlowMode = ChangeRoom(
        verdict:
            """
            WHEN NOT actor.moderates THEN 'not_moderator'
            WHEN room.slow_mode_seconds = $3 THEN 'unchanged'
            """,
        slowMode: "$3");

    /// <summary>$3 name, $4 description, $5 the versions that the asking person knows, or null. Names of forum rooms follow the roster.</summary>
    public static readonly string Describe = ChangeRoom(
        verdict:
            """
            WHEN room.kind <> 'group' OR NOT actor.moderates THEN 'not_moderator'
            WHEN (room.name, room.description) = ($3, $4) THEN 'unchanged'
            WHEN room.version <> ALL ($5) THEN 'outdated'
            """,
        name: "$3",
        description: "$4");

    /// <summary>$3 whom, $4 until when (null = no longer), $5 the same as the wire has it. Who moderates is not muted.</summary>
    public const string Mute =
        $"""
        WITH {RoomAndActor},
        member AS MATERIALIZED (
            SELECT u.id AS member_id, u.role, btrim(u.first_name || ' ' || u.last_name) AS full_name, r.muted_until, {RoomRightsSql.Moderates} AS protected
            FROM room
            JOIN room_readers r ON r.room_id = room.id AND r.user_id = $3 AND r.standing = 'member'
            JOIN users u ON u.id = r.user_id
            LEFT JOIN room_members m ON m.room_id = r.room_id AND m.user_id = r.user_id
        ),
        judged AS MATERIALIZED (
            SELECT room.*, member.*, CASE
                WHEN actor.standing IS NULL THEN 'no_access'
                WHEN NOT actor.moderates THEN 'not_moderator'
                WHEN member.member_id IS NULL THEN 'no_such_member'
                WHEN member.protected THEN 'protected'
                WHEN $4::timestamptz IS NULL AND coalesce(member.muted_until <= room.at, true) THEN 'unchanged'
                WHEN member.muted_until = $4 THEN 'unchanged'
                ELSE 'changed'
            END AS verdict
            FROM (VALUES (1)) AS one
            LEFT JOIN room ON true
            LEFT JOIN actor ON true
            LEFT JOIN member ON true
        ),
        accepted AS MATERIALIZED (SELECT *, head_seq + 1 AS seq FROM judged WHERE verdict = 'changed'),
        written AS (
            INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq, muted_until)
            SELECT id, member_id, ARRAY[]::text[], 0, 0, $4 FROM accepted
            ON CONFLICT (room_id, user_id) DO UPDATE SET muted_until = excluded.muted_until
        ),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, actor_id, subject_id, data, created_at)
            SELECT id, seq, 12, $2, member_id, jsonb_build_object(
                'user', jsonb_build_object('id', member_id, 'full_name', full_name, 'role', role), 'muted_until', $5::text), at
            FROM accepted
        ),
        head AS (UPDATE rooms SET head_seq = accepted.seq, updated_at = accepted.at FROM accepted WHERE rooms.id = accepted.id)
        {Answer}
        """;

    /// <summary>A change of the room itself. The event says what the room is now, as the roster's events of this kind do.</summary>
    /// <param name="verdict">WHEN lines over <c>actor</c> and <c>room</c>, of which the first that holds refuses (or finds nothing to do).</param>
    /// <param name="name">What becomes of its name.</param>
    /// <param name="description">What becomes of its description.</param>
    /// <param name="locked">What becomes of its lock.</param>
    /// <param name="slowMode">What becomes of its slow mode.</param>
    private static string ChangeRoom(
        string verdict, string name = "name", string description = "description", string locked = "locked", string slowMode = "slow_mode_seconds") =>
        $"""
        WITH {RoomAndActor},
        judged AS MATERIALIZED (
            SELECT room.*, CASE
                WHEN actor.standing IS NULL THEN 'no_access'
        {verdict}
                ELSE 'changed'
            END AS verdict
            FROM (VALUES (1)) AS one
            LEFT JOIN room ON true
            LEFT JOIN actor ON true
        ),
        accepted AS MATERIALIZED (
            SELECT id, head_seq + 1 AS seq, at, writable, {name} AS name, {description} AS description, {locked} AS locked, {slowMode} AS slow_mode_seconds
            FROM judged
            WHERE verdict = 'changed'
        ),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, actor_id, data, created_at)
            SELECT id, seq, 20, $2, jsonb_build_object(
                'name', name, 'description', description, 'writable', writable, 'locked', locked, 'slow_mode_seconds', slow_mode_seconds), at
            FROM accepted
        ),
        head AS (
            UPDATE rooms
            SET head_seq = a.seq, updated_at = a.at, name = a.name, description = a.description, locked = a.locked, slow_mode_seconds = a.slow_mode_seconds
            FROM accepted a
            WHERE rooms.id = a.id
        )
        {Answer}
        """;
}
