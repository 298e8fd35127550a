namespace TheBot.Data.Rooms;

/// <summary>Who may do what in a room, as SQL: the table of docs/permissions.md. Everybody who judges asks these expressions.</summary>
/// <remarks>
/// Each expects <c>room</c> = the room, <c>r</c> = the person's row of <c>room_readers</c> (who may see it at all), <c>u</c> = their users row,
/// <c>m</c> = their row of <c>room_members</c> (left join: who only looks has none).
/// </remarks>
internal static class RoomRightsSql
{
    /// <summary>Deletes others' messages, pins, locks, mutes, sets slow mode; in a group also renames and manages members. Never in a direct room.</summary>
    /// <remarks>By reason and not by role: a teacher who is here as a parent moderates nothing.</remarks>
    public const string Moderates =
        """
        CASE room.kind
            WHEN 'direct' THEN false
            WHEN 'group' THEN u.is_administrator OR room.created_by = u.id
            ELSE u.is_administrator
                OR coalesce('teacher' = ANY (m.reasons), false)
                OR (room.kind = 'forum_tutor' AND coalesce('tutor' = ANY (m.reasons), false))
        END
        """;

    /// <summary>What <c>room_readers</c> says of one person in one room, from the three rows at hand; null = may not see it.</summary>
    public const string Standing =
        """
        CASE
            WHEN NOT u.is_active OR u.deleted_at IS NOT NULL THEN NULL
            WHEN room.kind = 'general' OR cardinality(m.reasons) > 0 THEN 'member'
            WHEN u.is_administrator AND room.kind IN ('forum_subject', 'forum_tutor') THEN 'observer'
        END
        """;

    /// <summary>Pins without moderating: tutors in forum rooms, and both sides of a direct room.</summary>
    public const string Pins = "r.standing = 'member' AND (room.kind = 'direct' OR (u.role = 'tutor' AND room.kind IN ('forum_subject', 'forum_tutor')))";

    /// <summary>What somebody who knew the room's settings knew; changes with each of them.</summary>
    public const string Version = "md5(jsonb_build_array(room.name, room.description, room.writable, room.locked, room.slow_mode_seconds)::text)";

    /// <summary>
    /// Whether the two of a direct room may still write to each other (<c>user_contacts</c>); true for every other room. For those who look back
    /// at what they wrote when they might: the room stays readable.
    /// </summary>
    public const string StillContacts =
        """
        (room.kind <> 'direct' OR still_contacts(room.direct_key))
        """;
}
