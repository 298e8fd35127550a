namespace TheBot.Data.Roster;

/// <summary>What a deleted person was called.</summary>
internal static partial class RoomProvisionerSql
{
    /// <summary>$1 a deleted person, $2 the name they have now: what the logs say of them says it by that. No event moves; who resumes reads it so from now on.</summary>
    public const string ForgetNameInEvents =
        """
        UPDATE room_events SET data = jsonb_set(data, '{user,full_name}', to_jsonb($2::text))
        WHERE subject_id = $1 AND kind IN (10, 11, 12) AND data #>> '{user,full_name}' <> $2
        """;

    /// <summary>
    /// $1 a deleted person, $2 the name that they had, $3 the one that they have now: how their forum rooms were called and described at some time is no longer told, only how they are now. Rooms that follow
    /// later have the name in them still.
    /// </summary>
    public const string ForgetNameInRooms =
        """
        UPDATE room_events e SET data = e.data || jsonb_build_object('name', replace(r.name, $2, $3), 'description', replace(r.description, $2, $3))
        FROM room_members m
        JOIN rooms r ON r.id = m.room_id AND r.enrollment_id IS NOT NULL
        WHERE m.user_id = $1 AND e.room_id = r.id AND e.kind = 20
        """;

    /// <summary>$1 a deleted person: their rooms of two are named as if they were made now. The caller holds the rooms.</summary>
    public const string ForgetNameInDirectRooms =
        """
        UPDATE rooms r
        SET name = left(btrim(a.first_name || ' ' || a.last_name) || ' ↔ ' || btrim(b.first_name || ' ' || b.last_name), 200)
        FROM room_members own
        JOIN room_members other ON other.room_id = own.room_id AND other.user_id <> own.user_id
        JOIN users a ON a.id = own.user_id
        JOIN users b ON b.id = other.user_id
        WHERE own.user_id = $1 AND r.id = own.room_id AND r.kind = 'direct'
        """;
}
