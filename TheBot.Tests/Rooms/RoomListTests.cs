using System.Text.Json.Nodes;
using TheBot.Data.Schema;
using TheBot.Tests.Roster;
using Xunit.Abstractions;

namespace TheBot.Tests.Rooms;

/// <summary>What people find takes the same few SQL commands however much it is, and pages give everything once.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class RoomListTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    [Theory]
    [InlineData("/api/v1/rooms?limit=200")]
    [InlineData("/api/v1/contacts?limit=200")]
    [InlineData("/api/chat/forum/")]
    [InlineData("/api/chat/available-contacts/")]
    [InlineData("/api/chat/notifications/")]
    public async Task Ten_rooms_and_a_thousand_take_the_same_commands(string path)
    {
        await using var school = await School.OpenAsync(postgres);
        await using var api = await CountedApi.StartAsync(school.Database.ConnectionString);
        var (few, many) = (await TeacherAsync(school, "few", 10), await TeacherAsync(school, "many", 1000));
        await api.GetAsync(few, path); // whatever a first call has to find out

        var (little, takenByFew) = await api.GetAsync(few, path);
        var (much, takenByMany) = await api.GetAsync(many, path);

        output.WriteLine($"{path}: {takenByFew} SQL commands for 10 rooms, {takenByMany} for 1,000");
        Assert.Equal(takenByFew, takenByMany);
        Assert.InRange(takenByMany, 2, 3); // who asks, and one or two for the answer
        if (!path.Contains("notifications", StringComparison.Ordinal)) Assert.True(much.Length > 10 * little.Length, $"{much.Length} against {little.Length}");
        else Assert.Equal(1000, (int)JsonNode.Parse(much)!["total_rooms"]!);
    }

    [Fact]
    public async Task Pages_of_rooms_give_every_room_once_in_the_order_of_life()
    {
        await using var school = await School.OpenAsync(postgres);
        await using var api = await CountedApi.StartAsync(school.Database.ConnectionString);
        var token = await TeacherAsync(school, "many", 250);
        var all = await school.QueryAsync(
            """
            SELECT r.id FROM rooms r JOIN room_readers m ON m.room_id = r.id JOIN users u ON u.id = m.user_id
            WHERE u.first_name = 'many' ORDER BY r.updated_at DESC, r.id DESC
            """,
            row => row.GetInt64(0));

        var (seen, cursor) = (new List<long>(), "");
        do
        {
            var page = JsonNode.Parse((await api.GetAsync(token, $"/api/v1/rooms?limit=60{cursor}")).Body)!.AsArray();
            seen.AddRange(page.Select(room => (long)room!["id"]!));
            var last = page.Count == 60 ? page[^1]! : null;
            cursor = last is null ? "" : $"&cursor={DateTimeOffset.Parse((string)last["updated_at"]!, null).UtcTicks}.{last["id"]}";
        }
        while (cursor.Length > 0);

        Assert.Equal(all, seen);
        Assert.Equal(251, all.Count); // and the school's general room
    }

    /// <summary>A teacher with so many enrollments, a message in each room, and their token.</summary>
    private static async Task<string> TeacherAsync(School school, string name, int rooms)
    {
        var teacher = await school.PersonAsync(Role.Teacher, name);
        await school.ExecuteAsync(
            """
            WITH student AS (
                INSERT INTO users (username, first_name, last_name, role, is_administrator, is_active, is_demo)
                SELECT $2 || n, 'Ученик', n::text, 'student', false, true, false FROM generate_series(1, $3) AS n RETURNING id
            ),
            subject AS (INSERT INTO subjects (name) VALUES ('Физика') RETURNING id)
            INSERT INTO enrollments (student_id, subject_id, teacher_id, is_active) SELECT student.id, subject.id, $1, true FROM student, subject
            """,
            teacher, name, rooms);
        await school.Provisioner.ConvergeEverythingAsync(dryRun: false, Deadline.Token());
        await school.ExecuteAsync(
            """
            WITH said AS (
                INSERT INTO messages (room_id, seq, sender_id, client_id, body_hash, content, type, created_at, updated_at)
                SELECT r.id, r.head_seq + 1, e.student_id, 'x', 0, 'привет', 'text', r.updated_at, r.updated_at
                FROM rooms r JOIN enrollments e ON e.id = r.enrollment_id WHERE e.teacher_id = $1 RETURNING id, room_id, seq, sender_id, created_at
            ),
            entry AS (INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, created_at) SELECT room_id, seq, 1, id, sender_id, created_at FROM said)
            UPDATE rooms SET head_seq = said.seq FROM said WHERE rooms.id = said.room_id
            """,
            teacher);
        return await school.Database.LogInAsync(teacher);
    }
}
