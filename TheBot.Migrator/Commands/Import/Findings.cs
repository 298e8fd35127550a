using System.Text.Json.Serialization;
using Npgsql;

namespace TheBot.Migrator.Commands.Import;

/// <summary>What an import did not take over as it was, or found to be odd: kept in <c>legacy.findings</c> until the next run.</summary>
internal static class Findings
{
    /// <summary>Examples of each kind that are shown; the table has them all.</summary>
    private const int Examples = 5;

    /// <summary>About people, roster and rooms: all of them, at every run.</summary>
    public const string OfPlan =
        """
        DELETE FROM legacy.findings WHERE NOT of_content;
        INSERT INTO legacy.findings (kind, room_id, user_id, message_id, note, of_content)
        SELECT 'role_unknown', NULL::bigint, u.id, NULL::bigint, 'role "' || u.role || '" became student', false
        FROM legacy_user u WHERE u.role NOT IN ('student', 'teacher', 'tutor', 'parent')
        UNION ALL
        SELECT 'password_unknown', NULL, u.id, NULL, 'a password of the format ' || split_part(u.password, '$', 1) || ' opens nothing here', false
        FROM legacy_user u WHERE u.password <> '' AND u.password NOT LIKE 'pbkdf2_sha256$%' AND u.password NOT LIKE '!%'
        UNION ALL
        SELECT 'enrollment_broken', NULL, e.student_id, NULL, 'enrollment ' || e.id || ' names somebody or something that is not there', false
        FROM legacy_enrollment e WHERE NOT EXISTS (SELECT FROM sound_enrollment s WHERE s.id = e.id)
        UNION ALL
        SELECT 'guardian_broken', NULL, p.user_id, NULL, 'parent ' || p.parent_id || ' is not there, or the student', false
        FROM legacy_student p
        WHERE p.parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM sound_guardian g WHERE g.student_id = p.user_id AND g.guardian_id = p.parent_id)
        UNION ALL
        SELECT 'tutor_broken', NULL, p.user_id, NULL, 'tutor ' || p.tutor_id || ' is not there, or the student', false
        FROM legacy_student p
        WHERE p.tutor_id IS NOT NULL AND NOT EXISTS (SELECT FROM sound_tutor t WHERE t.student_id = p.user_id AND t.tutor_id = p.tutor_id)
        UNION ALL
        SELECT 'token_broken', NULL, l.user_id, NULL, 'a token of somebody who is not there', false
        FROM legacy_token l WHERE NOT EXISTS (SELECT FROM legacy_user u WHERE u.id = l.user_id)
        UNION ALL
        SELECT 'seat_broken', s.room_id, s.user_id, NULL, 'a member or a room that is not there', false
        FROM legacy_seat s
        WHERE NOT EXISTS (SELECT FROM legacy_user u WHERE u.id = s.user_id) OR NOT EXISTS (SELECT FROM legacy_room r WHERE r.id = s.room_id)
        UNION ALL
        SELECT 'room_admin', s.room_id, s.user_id, NULL, 'was an administrator of this room; here its maker moderates it', false
        FROM legacy_seat s
        JOIN plan p ON p.legacy_id = s.room_id AND p.kind = 'group'
        JOIN room_to_be r ON r.id = p.room_id AND r.created_by IS DISTINCT FROM s.user_id
        WHERE s.is_admin
        UNION ALL
        SELECT 'rooms_merged', p.room_id, NULL, NULL, 'room ' || p.legacy_id || ' "' || r.name || '" is part of it', false
        FROM plan p JOIN legacy_room r ON r.id = p.legacy_id WHERE p.legacy_id <> p.room_id
        UNION ALL
        SELECT 'enrollment_found', p.room_id, NULL, NULL, 'room ' || p.legacy_id || ' "' || r.name || '" had lost enrollment ' || p.enrollment_id, false
        FROM plan p JOIN legacy_room r ON r.id = p.legacy_id JOIN found_enrollment f ON f.room_id = p.legacy_id WHERE p.kind IN ('forum_subject', 'forum_tutor')
        UNION ALL
        SELECT 'enrollment_unknown', p.room_id, NULL, NULL, r.type || ' "' || r.name || '" has no enrollment that can be told for sure: a group of those who were in it', false
        FROM plan p JOIN lost_forum r ON r.id = p.legacy_id WHERE p.kind = 'group'
        UNION ALL
        SELECT 'room_kind', p.room_id, NULL, NULL, r.type || ' "' || r.name || '" became a group', false
        FROM plan p JOIN legacy_room r ON r.id = p.legacy_id WHERE p.kind = 'group' AND r.type NOT IN ('group', 'forum_subject', 'forum_tutor', 'lost')
        UNION ALL
        SELECT 'room_lost', p.room_id, NULL, NULL, 'messages without a room: a group that only they were left of', false
        FROM plan p JOIN legacy_room r ON r.id = p.legacy_id WHERE r.type = 'lost'
        UNION ALL
        SELECT 'room_nameless', r.id, NULL, NULL, 'had no name, is called "' || r.name || '"', false
        FROM room_to_be r JOIN legacy_room l ON l.id = r.id WHERE btrim(l.name) = '' AND r.name LIKE 'Комната %' AND l.type <> 'lost'
        UNION ALL
        SELECT 'former_member', m.room_id, m.user_id, NULL, 'was in it by the old tables; the roster gives no reason, so no access', false
        FROM member_to_be m WHERE m.is_former
        """;

    /// <summary>About messages: of the rooms that this run made.</summary>
    public const string OfContent =
        """
        INSERT INTO legacy.findings (kind, room_id, user_id, message_id, note, of_content)
        SELECT 'sender_unknown', p.room_id, m.sender_id, m.id, 'its sender is not there; kept under an account that opens nothing', true
        FROM legacy_message m JOIN plan p ON p.legacy_id = m.room_id WHERE NOT EXISTS (SELECT FROM legacy_user u WHERE u.id = m.sender_id)
        UNION ALL
        SELECT 'type_unknown', p.room_id, NULL, m.id, 'type "' || m.type || '" became text', true
        FROM legacy_message m JOIN plan p ON p.legacy_id = m.room_id WHERE m.type NOT IN ('text', 'image', 'file', 'system')
        UNION ALL
        SELECT 'reply_dropped', p.room_id, NULL, m.id, 'answered message ' || m.reply_to_id || ' of another room, or none', true
        FROM legacy_message m
        JOIN plan p ON p.legacy_id = m.room_id
        LEFT JOIN (legacy_message a JOIN plan answered ON answered.legacy_id = a.room_id) ON a.id = m.reply_to_id
        WHERE m.reply_to_id IS NOT NULL AND answered.room_id IS DISTINCT FROM p.room_id
        UNION ALL
        SELECT 'order_by_time', o.room_id, NULL, o.message_id, 'stands behind a message with a higher id that is older', true
        FROM (
            SELECT room_id, message_id, max(message_id) OVER (PARTITION BY room_id ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM line
            WHERE kind = 1) AS o
        WHERE o.before > o.message_id
        UNION ALL
        SELECT 'pin_empty', p.room_id, NULL, NULL, 'the pinned thread "' || h.title || '" has no message', true
        FROM legacy_thread h
        JOIN plan p ON p.legacy_id = h.room_id
        JOIN touched t ON t.room_id = p.room_id
        WHERE h.is_pinned AND NOT EXISTS (SELECT FROM legacy_message m WHERE m.thread_id = h.id AND NOT m.is_deleted)
        """;

    private const string Counts = "SELECT kind, count(*) FROM legacy.findings GROUP BY kind ORDER BY kind";

    private const string First =
        "SELECT room_id, user_id, message_id, note FROM legacy.findings WHERE kind = $1 ORDER BY room_id, user_id, message_id, note LIMIT $2";

    /// <summary>All kinds with how many there are and the first few; all of them are in the table.</summary>
    public static async Task<List<FindingKind>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var kinds = new List<FindingKind>();
        await using (var counts = new NpgsqlCommand(Counts, connection))
        {
            await using var row = await counts.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false)) kinds.Add(new FindingKind(row.GetString(0), row.GetInt64(1), []));
        }

        foreach (var kind in kinds)
        {
            await using var first = new NpgsqlCommand(First, connection);
            first.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kind.Kind });
            first.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Examples });
            await using var row = await first.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
                kind.First.Add(new Finding(Id(row, 0), Id(row, 1), Id(row, 2), row.GetString(3)));
        }

        return kinds;
    }

    private static long? Id(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetInt64(at);
}

/// <summary>All findings of a kind.</summary>
internal sealed record FindingKind(string Kind, long Count, List<Finding> First);

/// <summary>One of them; ids are null where it is not about such a thing.</summary>
internal sealed record Finding(long? RoomId, long? UserId, long? MessageId, string Note)
{
    [JsonIgnore]
    public string Where => string.Join(", ", new[] { ("room", RoomId), ("user", UserId), ("message", MessageId) }.Where(p => p.Item2 is not null).Select(p => $"{p.Item1} {p.Item2}"));
}
