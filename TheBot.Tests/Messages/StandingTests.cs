using Npgsql;
using TheBot.Data.Log;

namespace TheBot.Tests.Messages;

/// <summary>Who may write is judged from a person's own rows, who may read by <c>room_readers</c>: of everybody in every kind of room both say the same.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class StandingTests(ScratchPostgres postgres)
{
    /// <summary>Active or not, administrator or not, deleted or not; never a member, one who left, a member.</summary>
    private const string Everybody =
        """
        INSERT INTO users (id, username, first_name, last_name, role, is_active, is_administrator, deleted_at, is_demo) OVERRIDING SYSTEM VALUE
        SELECT 1000 + u, 'person.' || u, 'Имя', u::text, 'teacher', u % 2 = 1, u / 2 % 2 = 1, CASE WHEN u / 4 % 2 = 1 THEN now() END, false
        FROM generate_series(0, 23) AS u;

        INSERT INTO rooms (kind, direct_key, name, head_seq, locked, slow_mode_seconds)
        SELECT kind, CASE kind WHEN 'direct' THEN '1000:1001' END, kind, 0, false, 0
        FROM unnest(ARRAY['general', 'direct', 'group', 'forum_subject', 'forum_tutor']) AS kind
        WHERE kind <> 'general' OR NOT EXISTS (SELECT FROM rooms WHERE rooms.kind = 'general');

        INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq)
        SELECT rooms.id, 1000 + u, CASE WHEN u / 8 = 2 THEN ARRAY['added:1'] ELSE '{}' END, 0, 0
        FROM rooms, generate_series(8, 23) AS u
        """;

    private const string Readers =
        """
        SELECT room.id, u.id, CASE WHEN r.standing = 'member' AND room.kind = 'direct' THEN 'of strangers' ELSE r.standing END
        FROM rooms room CROSS JOIN users u
        LEFT JOIN room_readers r ON r.room_id = room.id AND r.user_id = u.id
        ORDER BY room.id, u.id
        """;

    [Fact]
    public async Task Whoever_is_a_member_to_the_readers_view_may_write_and_nobody_else()
    {
        await using var database = NpgsqlDataSource.Create(await postgres.NewDatabaseAsync());
        await using (var everybody = database.CreateCommand(Everybody)) await everybody.ExecuteNonQueryAsync(Deadline.Token());
        var drafts = new List<MessageDraft>();
        var expected = new List<string>();
        await using (var readers = database.CreateCommand(Readers))
        await using (var rows = await readers.ExecuteReaderAsync(Deadline.Token()))
        {
            while (await rows.ReadAsync(Deadline.Token()))
            {
                drafts.Add(new MessageDraft(rows.GetInt64(0), rows.GetInt64(1), "once", "можно?", null));
                var verdict = rows.IsDBNull(2) ? AppendVerdict.NoAccess : rows.GetString(2) switch
                {
                    "member" => AppendVerdict.Stored,
                    "of strangers" => AppendVerdict.ReadOnly, // members who have ceased to be contacts
                    _ => AppendVerdict.NotMember,
                };
                expected.Add($"{rows.GetInt64(1)} in {rows.GetInt64(0)}: {verdict}");
            }
        }

        var results = await new RoomLog(database).AppendAsync(drafts, RoomLocks.Wait, Deadline.Token());

        Assert.Equal(expected, drafts.Zip(results, (draft, result) => $"{draft.SenderId} in {draft.RoomId}: {result.Verdict}"));
        Assert.Equal(4, results.Select(result => result.Verdict).Distinct().Count());
    }
}
