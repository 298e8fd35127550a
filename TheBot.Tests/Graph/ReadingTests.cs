using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TheBot.Contracts;

namespace TheBot.Tests.Graph;

/// <summary>What people read: their rooms, and a room's history.</summary>
[Collection(SharedGraph.Name)]
public class ReadingTests(ChatGraph graph)
{
    [Fact]
    public async Task An_enrollment_shows_its_room_to_student_teacher_and_guardian_and_to_nobody_else()
    {
        var school = await graph.NewClassAsync();
        foreach (var person in new[] { school.Student, school.Teacher, school.Guardian })
        {
            using var rest = graph.Rest(person);
            var room = Assert.Single((await rest.GetFromJsonAsync<JsonObject>("/api/chat/forum/", Deadline.Token()))!["results"]!.AsArray())!;
            Assert.Equal(school.SubjectRoom, (long)room["id"]!);
            Assert.Equal(3, (int)room["participants_count"]!);
            Assert.Equal(
                new[] { school.Student.Id, school.Teacher.Id, school.Guardian.Id }.Order(),
                room["participants"]!.AsArray().Select(p => (long)p!["id"]!).Order());
        }

        using var outsider = graph.Rest(await graph.NewPersonAsync("teacher"));
        Assert.Equal(0, (int)(await outsider.GetFromJsonAsync<JsonObject>("/api/chat/forum/", Deadline.Token()))!["count"]!);
    }

    [Fact]
    public async Task The_demo_parent_answers_for_the_demo_student_and_shares_two_rooms_or_more()
    {
        var student = (await graph.ForumAsync("demo.student")).Select(r => (long)r["id"]!).ToHashSet();
        var parent = (await graph.ForumAsync("demo.parent")).Select(r => (long)r["id"]!).ToHashSet();
        Assert.True(student.Count >= 2);
        Assert.True(student.SetEquals(parent), "the parent sees the child's forum rooms, all of them and no other");
    }

    [Fact]
    public async Task The_forum_list_has_the_seeds_shape_and_right_numbers()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        var text = new string('ы', 150);
        foreach (var content in new[] { "первое", text }) await SendAsync(student, school.SubjectRoom, content);

        using var teacher = graph.Rest(school.Teacher);
        var list = (await teacher.GetFromJsonAsync<JsonObject>("/api/chat/forum", Deadline.Token()))!;

        Assert.Equal(["success", "count", "results"], list.Select(f => f.Key));
        var room = list["results"]![0]!.AsObject();
        Assert.Equal(
            ["id", "name", "description", "type", "participants_count", "participants", "subject", "is_active", "created_at", "updated_at", "last_message", "unread_count"],
            room.Select(f => f.Key));
        Assert.Equal(["id", "full_name", "role"], room["participants"]![0]!.AsObject().Select(f => f.Key));
        Assert.Equal(["id", "name"], room["subject"]!.AsObject().Select(f => f.Key));
        Assert.Equal(["id", "content", "sender", "created_at"], room["last_message"]!.AsObject().Select(f => f.Key));
        Assert.Equal("forum_subject", (string)room["type"]!);
        Assert.Contains(" ↔ ", (string)room["name"]!, StringComparison.Ordinal);
        Assert.Equal(text[..100], (string)room["last_message"]!["content"]!);
        Assert.Equal(2, (int)room["unread_count"]!);
        Assert.True((bool)room["is_active"]!);
    }

    [Fact]
    public async Task History_is_read_by_seq_from_the_newest_or_from_anywhere()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        var seqs = new List<long>();
        for (var i = 0; i < 9; i++) seqs.Add(await SendAsync(student, school.SubjectRoom, $"сообщение {i}"));

        async Task<IEnumerable<long>> Read(string query) =>
            (await student.GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{school.SubjectRoom}/messages?{query}", Deadline.Token()))!["results"]!.AsArray().Select(m => (long)m!["seq"]!);

        Assert.Equal(Enumerable.Range(0, 8).Select(i => seqs[0] + i), seqs[..8]);
        Assert.Equal(seqs, await Read(""));
        Assert.Equal(seqs[6..], await Read("limit=3"));
        Assert.Equal(seqs[3..6], await Read($"limit=3&before={seqs[6]}"));
        Assert.Equal(seqs[4..7], await Read($"limit=3&after={seqs[3]}"));
        Assert.Equal(seqs[3..7], await Read($"limit=4&around={seqs[4]}"));
        foreach (var bad in new[] { "limit=0", "limit=101", "limit=x", $"before=1&after=2" })
        {
            using var refused = await student.GetAsync($"/api/v1/rooms/{school.SubjectRoom}/messages?{bad}", Deadline.Token());
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal(ErrorCode.Validation, (string)(await refused.Content.ReadFromJsonAsync<JsonObject>())!["code"]!);
        }
    }

    [Fact]
    public async Task An_old_socket_that_names_a_seq_gets_what_it_missed_and_then_what_is_new()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        var seqs = new List<long>();
        for (var i = 0; i < 5; i++) seqs.Add(await SendAsync(student, school.SubjectRoom, $"пропущено {i}"));

        await using var teacher = await SeedSocket.ConnectAsync(graph.Replicas[1], $"/ws/chat/{school.SubjectRoom}/?token={school.Teacher.Token}&since={seqs[1]}");
        seqs.Add(await SendAsync(student, school.SubjectRoom, "новое"));
        await teacher.NextAsync("chat_message", f => (string)f["message"]!["content"]! == "новое");

        Assert.Equal(seqs[2..], teacher.Seen.Where(f => (string)f["type"]! == "chat_message").Select(f => (long)f["message"]!["seq"]!));
        Assert.DoesNotContain(teacher.Seen, f => (string)f["type"]! == "room_history");
    }

    private static async Task<long> SendAsync(HttpClient rest, long room, string content)
    {
        using var answer = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content }, Deadline.Token());
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (long)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["seq"]!;
    }
}
