using TheBot.Data.Schema;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Migrator;

/// <summary>A school with everything broken in it that doctor looks for, as scripts, half a restore or a lost index would leave it.</summary>
internal sealed class BrokenSchool : IAsyncDisposable
{
    /// <summary>Says something in a room as the API would: $1 room, $2 who, $3 client id, $4 words.</summary>
    public const string Say =
        """
        WITH room AS (UPDATE rooms SET head_seq = head_seq + 1 WHERE id = $1 RETURNING id, head_seq),
        message AS (
            INSERT INTO messages (room_id, seq, sender_id, client_id, body_hash, content, type, created_at, updated_at)
            SELECT id, head_seq, $2, $3, 0, $4, 'text', clock_timestamp(), clock_timestamp() FROM room
            RETURNING id, room_id, seq, sender_id, created_at
        ),
        entry AS (INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, created_at) SELECT room_id, seq, 1, id, sender_id, created_at FROM message)
        SELECT id FROM message
        """;

    /// <summary>$1 room: one more like it. $2 whether it keeps its link.</summary>
    public const string Double =
        """
        WITH double AS (
            INSERT INTO rooms (kind, enrollment_id, name, description, created_by, head_seq, locked, slow_mode_seconds)
            SELECT kind, CASE WHEN $2 THEN enrollment_id END, name, description, created_by, (SELECT count(*) FROM room_members m WHERE m.room_id = rooms.id), false, 0
            FROM rooms WHERE id = $1
            RETURNING id
        ),
        member AS (
            INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq)
            SELECT double.id, m.user_id, m.reasons, 0, 0 FROM double, room_members m WHERE m.room_id = $1
        ),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, subject_id, data, created_at)
            SELECT double.id, row_number() OVER (ORDER BY m.user_id), 10, m.user_id, '{}', clock_timestamp() FROM double, room_members m WHERE m.room_id = $1
        )
        SELECT id FROM double
        """;

    private BrokenSchool(School school) => School = school;

    public School School { get; }
    public string ConnectionString => School.Database.ConnectionString;
    public long Student { get; private set; }
    public long Teacher { get; private set; }

    /// <summary>The room that stays, and the two that are the same room.</summary>
    public long Kept { get; private set; }

    public long Linked { get; private set; }
    public long Lost { get; private set; }

    /// <param name="postgres">Where.</param>
    /// <param name="more">So many further rooms that are there twice.</param>
    public static async Task<BrokenSchool> OpenAsync(ScratchPostgres postgres, int more = 0)
    {
        var it = new BrokenSchool(await School.OpenAsync(postgres));
        await it.BreakAsync(more);
        return it;
    }

    public Task<long> SayAsync(long room, long who, string clientId, string words) => School.ScalarAsync<long>(Say, room, who, clientId, words);

    public Task<long> DoubleAsync(long room, bool linked) => School.ScalarAsync<long>(Double, room, linked);

    public ValueTask DisposeAsync() => School.DisposeAsync();

    private async Task BreakAsync(int more)
    {
        (Student, Teacher) = (await School.PersonAsync(Role.Student, "Анна"), await School.PersonAsync(Role.Teacher, "Пётр"));
        var subject = await School.SubjectAsync();
        var rooms = new List<long>();
        for (var i = 0; i < 8 + more; i++)
        {
            var student = i == 0 ? Student : await School.PersonAsync(Role.Student, $"Ученик{i}");
            rooms.Add((await School.EnrollAsync(student, subject, Teacher)).Rooms.Single().Id);
        }

        Kept = rooms[0];
        foreach (var index in new[] { "ix_rooms_kind_enrollment_id", "ix_messages_room_id_sender_id_client_id" }) await School.ExecuteAsync($"DROP INDEX {index}");
        (Linked, Lost) = (await DoubleAsync(Kept, linked: true), await DoubleAsync(Kept, linked: false));
        foreach (var room in rooms.Skip(8)) await SayAsync(await DoubleAsync(room, linked: true), Teacher, "t", $"в двойнике {room}");

        // one client id in all three; a reply, a reaction, a pin, an edit and a deletion in a double
        var first = await SayAsync(Kept, Student, "c1", "один");
        var second = await SayAsync(Linked, Student, "c1", "два");
        var third = await SayAsync(Linked, Teacher, "t1", "три");
        await SayAsync(Lost, Student, "c1", "четыре");
        var deleted = await SayAsync(Lost, Teacher, "t1", "пять");
        await School.ExecuteAsync("UPDATE messages SET reply_to = $1 WHERE id = $2", first, third);
        await School.ExecuteAsync("INSERT INTO reactions VALUES ($1, $2, '👍', now())", third, Student);
        await School.ExecuteAsync("INSERT INTO pins VALUES ($1, $2, $3, now())", second, Linked, Teacher);
        await School.ExecuteAsync("INSERT INTO message_edits VALUES ($1, 3, 'двв', now())", second);
        await School.ExecuteAsync("UPDATE messages SET deleted_at = now(), deleted_by = sender_id WHERE id = $1", deleted);
        await School.ExecuteAsync("UPDATE room_members SET read_seq = (SELECT head_seq FROM rooms WHERE id = room_id) WHERE room_id IN ($1, $2) AND user_id = $3", Kept, Linked, Student);

        await SayAsync(rooms[1], Teacher, "t2", "строка потеряна");
        var stray = await SayAsync(rooms[2], Teacher, "t3", "ответ в другую комнату");
        foreach (var (sql, values) in new (string, object[])[]
        {
            ("DELETE FROM room_events WHERE room_id = $1 AND seq = 3", [rooms[1]]),
            ("UPDATE messages SET reply_to = $1 WHERE id = $2", [first, stray]),
            ("UPDATE rooms SET head_seq = head_seq - 1 WHERE id = $1", [rooms[3]]),
            ("UPDATE user_heads SET head_seq = head_seq + 1 WHERE user_id = $1", [Student]),
            ("INSERT INTO reactions VALUES (999999, $1, 'x', now())", [Student]),
            ("UPDATE room_members SET read_seq = 500 WHERE room_id = $1", [rooms[4]]),
            ("INSERT INTO replicas VALUES (gen_random_uuid(), now() - interval '1 hour')", []),
            ("DELETE FROM room_members WHERE room_id = $1 AND user_id = $2", [rooms[5], Teacher]),
            ("INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) VALUES ($1, $2, '{added:1}', 0, 0)", [rooms[6], Student]),
        })
        {
            await School.ExecuteAsync(sql, values);
        }
    }
}
