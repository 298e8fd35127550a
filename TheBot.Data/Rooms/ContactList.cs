using Npgsql;
using NpgsqlTypes;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.Data.Rooms;

/// <summary>Who may write to whom (the view <c>user_contacts</c>): one command, however many they are.</summary>
public sealed class ContactList(NpgsqlDataSource database)
{
    // $1 whose, $2 part of the name, $3 after this place (name, id), $4, $5 rows at most, $6 whether subjects are told apart.
    // The database may have been made with the locale C, whose lower() knows no Cyrillic: names are compared by ICU's. The room in which the two meet: the course's room with a teacher or tutor, else the one they have for themselves.
    private const string List =
        """
        WITH contact AS MATERIALIZED (
            SELECT DISTINCT c.contact_id, CASE WHEN $6 THEN c.subject_id END AS subject_id, u.first_name, u.last_name, u.role, u.avatar, u.email,
                btrim(u.first_name || ' ' || u.last_name) AS sort
            FROM user_contacts c
            JOIN users u ON u.id = c.contact_id
            WHERE c.user_id = $1 AND ($2::text IS NULL OR position(
                  lower($2 COLLATE "und-x-icu") IN lower((u.first_name || ' ' || u.last_name) COLLATE "und-x-icu")) > 0)
              AND ($3::text IS NULL OR (btrim(u.first_name || ' ' || u.last_name), u.id) > ($3, $4))
            ORDER BY sort, c.contact_id, subject_id
            LIMIT $5
        ),
        meeting AS MATERIALIZED (
            SELECT DISTINCT ON (other.user_id, e.subject_id) other.user_id, e.subject_id, room.id, room.kind
            FROM room_members mine
            JOIN rooms room ON room.id = mine.room_id AND room.kind IN ('forum_subject', 'forum_tutor', 'direct')
            JOIN room_members other ON other.room_id = mine.room_id AND other.user_id IN (SELECT contact_id FROM contact) AND cardinality(other.reasons) > 0
            LEFT JOIN enrollments e ON e.id = room.enrollment_id
            WHERE mine.user_id = $1 AND cardinality(mine.reasons) > 0
              AND CASE room.kind WHEN 'forum_subject' THEN 'teacher' = ANY (mine.reasons || other.reasons)
                                 WHEN 'forum_tutor' THEN 'tutor' = ANY (mine.reasons || other.reasons)
                                 ELSE true END
            ORDER BY other.user_id, e.subject_id, room.writable DESC, room.id
        )
        SELECT c.contact_id, c.first_name, c.last_name, c.role, c.avatar, c.email, s.id, s.name, met.id, met.kind
        FROM contact c
        LEFT JOIN subjects s ON s.id = c.subject_id
        LEFT JOIN LATERAL (
            SELECT m.id, m.kind
            FROM meeting m
            WHERE m.user_id = c.contact_id AND (c.subject_id IS NULL OR m.kind <> 'forum_subject' OR m.subject_id = c.subject_id)
            ORDER BY m.id
            LIMIT 1) AS met ON true
        ORDER BY c.sort, c.contact_id, s.name
        """;

    /// <summary>People whom somebody may write to, by name.</summary>
    /// <param name="userId">Whose contacts.</param>
    /// <param name="search">Part of the full name, in any case; null = all.</param>
    /// <param name="after">The last one of the page before, by full name and id.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="bySubject">A line for each subject that the two have to do with; otherwise one a person.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<List<Contact>> ReadAsync(
        long userId, string? search, (string Name, long Id)? after, int limit, bool bySubject, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(List);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)search ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)after?.Name ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after?.Id ?? 0 });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = bySubject });
        var contacts = new List<Contact>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            contacts.Add(new Contact(
                MessageColumns.SenderFrom(row, row.GetInt64(0), 1),
                row.GetString(1),
                row.GetString(2),
                MessageColumns.AvatarUrl(row, 4),
                row.IsDBNull(5) ? null : row.GetString(5),
                row.IsDBNull(6) ? null : row.GetInt64(6),
                row.IsDBNull(7) ? null : row.GetString(7),
                row.IsDBNull(8) ? null : row.GetInt64(8)));
        }

        return contacts;
    }

    /// <summary>Somebody as a contact, with the room of a course in which the two meet already (a direct room is theirs to open).</summary>
    /// <param name="userId">Who asks.</param>
    /// <param name="contactId">The other.</param>
    /// <param name="subjectId">Of which subject; null = any.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>Null = they may not write to each other, or not about this subject.</returns>
    public async Task<Contact?> FindAsync(long userId, long contactId, long? subjectId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT u.first_name, u.last_name, u.role, u.avatar, u.email, c.subject_id, room.id
            FROM user_contacts c
            JOIN users u ON u.id = c.contact_id
            LEFT JOIN LATERAL (
                SELECT room.id
                FROM room_members mine
                JOIN room_members other ON other.room_id = mine.room_id AND other.user_id = $2 AND cardinality(other.reasons) > 0
                JOIN rooms room ON room.id = mine.room_id AND room.writable
                JOIN enrollments e ON e.id = room.enrollment_id AND ($3::bigint IS NULL OR room.kind <> 'forum_subject' OR e.subject_id = $3)
                WHERE mine.user_id = $1 AND cardinality(mine.reasons) > 0
                  AND CASE room.kind WHEN 'forum_subject' THEN 'teacher' = ANY (mine.reasons || other.reasons)
                                     WHEN 'forum_tutor' THEN 'tutor' = ANY (mine.reasons || other.reasons) END
                ORDER BY room.id
                LIMIT 1) AS room ON true
            WHERE c.user_id = $1 AND c.contact_id = $2 AND ($3::bigint IS NULL OR c.subject_id IS NULL OR c.subject_id = $3)
            ORDER BY room.id NULLS LAST
            LIMIT 1
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = contactId });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = (object?)subjectId ?? DBNull.Value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (!await row.ReadAsync(cancellationToken).ConfigureAwait(false)) return null;
        return new Contact(
            MessageColumns.SenderFrom(row, contactId, 0),
            row.GetString(0),
            row.GetString(1),
            MessageColumns.AvatarUrl(row, 3),
            row.IsDBNull(4) ? null : row.GetString(4),
            row.IsDBNull(5) ? null : row.GetInt64(5),
            null,
            row.IsDBNull(6) ? null : row.GetInt64(6));
    }
}

/// <summary>Somebody whom one may write to.</summary>
/// <param name="Person">Who.</param>
/// <param name="FirstName">May be empty.</param>
/// <param name="LastName">May be empty.</param>
/// <param name="Avatar">Address, or null.</param>
/// <param name="Email">Or null.</param>
/// <param name="SubjectId">What the two have to do with each other, or null.</param>
/// <param name="SubjectName">Its name.</param>
/// <param name="RoomId">Where they meet, or null.</param>
public sealed record Contact(
    Person Person, string FirstName, string LastName, string? Avatar, string? Email, long? SubjectId, string? SubjectName, long? RoomId);
