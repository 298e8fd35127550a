using System.Text.Json.Nodes;

namespace TheBot.Tests.Graph;

/// <summary>What the replaced system's clients do to messages, and the frames that they get for it, across two replicas.</summary>
[Collection(SharedGraph.Name)]
public class SeedActionTests(ChatGraph graph)
{
    private Uri A => graph.Replicas[0];

    private Uri B => graph.Replicas[1];

    [Fact]
    public async Task An_edit_is_confirmed_with_the_id_as_it_came_and_shown_to_everybody()
    {
        var school = await graph.NewClassAsync();
        await using var student = await OpenAsync(school.Student, school, A);
        await using var parent = await OpenAsync(school.Guardian, school, B);
        var id = await SayAsync(student, "в пять");

        await student.SendAsync(new { type = "message_edit", message_id = $"{id}", content = " в шесть " });
        var confirmed = await student.NextAsync("message_edit_confirmed");
        await student.SendAsync(new { type = "message_edit", data = new { message_id = id, content = "в семь" } });
        var confirmedAgain = await student.NextAsync("message_edit_confirmed");
        var edited = await parent.NextAsync("message_edited");
        var editedAgain = await parent.NextAsync("message_edited");
        await student.NextAsync("message_edited", f => (string)f["content"]! == "в семь");

        Assert.Equal($$"""{"type":"message_edit_confirmed","message_id":"{{id}}","status":"edited"}""", confirmed.ToJsonString());
        Assert.Equal($$"""{"type":"message_edit_confirmed","message_id":{{id}},"status":"edited"}""", confirmedAgain.ToJsonString());
        Assert.Equal(["type", "message_id", "content", "is_edited", "edited_at"], edited.Select(f => f.Key));
        Assert.Equal((id, "в шесть", true), ((long)edited["message_id"]!, (string)edited["content"]!, (bool)edited["is_edited"]!));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$", (string)edited["edited_at"]!);
        Assert.Equal("в семь", (string)editedAgain["content"]!);
        var order = student.Seen.Select(f => (string)f["type"]!).ToList();
        Assert.True(order.IndexOf("message_edit_confirmed") < order.IndexOf("message_edited"), string.Join(' ', order));
    }

    [Fact]
    public async Task A_burst_of_edits_ends_with_the_last()
    {
        var school = await graph.NewClassAsync();
        await using var student = await OpenAsync(school.Student, school, A);
        await using var parent = await OpenAsync(school.Guardian, school, B);
        var id = await SayAsync(student, "0");

        for (var i = 1; i <= 40; i++) await student.SendAsync(new { type = "message_edit", message_id = id, content = $"{i}" });
        await parent.NextAsync("message_edited", f => (string)f["content"]! == "40");

        Assert.Equal(
            Enumerable.Range(1, 40).Select(i => $"{i}"),
            parent.Seen.Where(f => (string)f["type"]! == "message_edited").Select(f => (string)f["content"]!));
    }

    [Fact]
    public async Task A_deleted_text_is_in_nobodys_history_and_in_no_resume_on_either_replica()
    {
        var school = await graph.NewClassAsync();
        await using var student = await OpenAsync(school.Student, school, A);
        await using var teacher = await OpenAsync(school.Teacher, school, B);
        var secret = $"тайное {Guid.NewGuid()}";
        var id = await SayAsync(student, secret);
        await teacher.NextAsync("chat_message");

        await teacher.SendAsync(new { type = "message_delete", message_id = id });
        var confirmed = await teacher.NextAsync("message_delete_confirmed");
        var deleted = await student.NextAsync("message_deleted");

        Assert.Equal($$"""{"type":"message_delete_confirmed","message_id":{{id}},"status":"deleted"}""", confirmed.ToJsonString());
        Assert.Equal($$"""{"type":"message_deleted","message_id":{{id}},"deleted_by":{{school.Teacher.Id}},"deleted_by_role":"moderator"}""", deleted.ToJsonString());
        foreach (var replica in graph.Replicas)
        {
            await using var resumed = await SeedSocket.ConnectAsync(replica, $"/ws/chat/{school.SubjectRoom}/?since=0&token={school.Guardian.Token}");
            await resumed.NextAsync("message_deleted");
            await using var fresh = await ChatGraph.SeedAsync(school.Guardian, school.SubjectRoom, replica);
            Assert.Empty((await fresh.NextAsync("room_history"))["messages"]!.AsArray());
            Assert.All(resumed.Seen, f => Assert.DoesNotContain(secret, (string?)f["message"]?["content"] ?? "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Pins_and_the_lock_turn_over()
    {
        var school = await graph.NewClassAsync();
        await using var student = await OpenAsync(school.Student, school, A);
        await using var teacher = await OpenAsync(school.Teacher, school, B);
        var id = await SayAsync(student, "расписание");

        await teacher.SendAsync(new { type = "pin_message", message_id = id, room_id = school.SubjectRoom });
        var pinned = await student.NextAsync("message_pinned");
        await teacher.SendAsync(new { type = "pin_message", message_id = id });
        var unpinned = await student.NextAsync("message_pinned");
        await teacher.SendAsync(new { type = "lock_chat" });
        var locked = await student.NextAsync("chat_locked");
        await student.SendAsync(new { type = "chat_message", content = "можно?" });
        var refused = await student.NextAsync("error");
        await teacher.SendAsync(new { type = "lock_chat" });
        var opened = await student.NextAsync("chat_locked");

        Assert.Equal($$$"""{"type":"message_pinned","data":{"message_id":{{{id}}},"is_pinned":true,"thread_id":"{{{id}}}"}}""", pinned.ToJsonString());
        Assert.False((bool)unpinned["data"]!["is_pinned"]!);
        Assert.Equal($$$"""{"type":"chat_locked","data":{"chat_id":"{{{school.SubjectRoom}}}","is_active":false}}""", locked.ToJsonString());
        Assert.Equal("read_only", (string)refused["code"]!);
        Assert.True((bool)opened["data"]!["is_active"]!);
    }

    [Fact]
    public async Task Refusals_have_the_seeds_codes_and_words_and_leave_the_socket_open()
    {
        var school = await graph.NewClassAsync();
        await using var student = await OpenAsync(school.Student, school, A);
        await using var parent = await OpenAsync(school.Guardian, school, A);
        var id = await SayAsync(student, "раз");

        await ExpectAsync(parent, new { type = "message_edit", message_id = id, content = "два" }, "access_denied", "You can only edit your own messages");
        await ExpectAsync(parent, new { type = "message_delete", message_id = id }, "access_denied", "You can only delete your own messages");
        await ExpectAsync(parent, new { type = "pin_message", message_id = id }, "access_denied", "Permission denied. Moderation rights required.");
        await ExpectAsync(parent, new { type = "lock_chat" }, "access_denied", "Permission denied. Moderation rights required.");
        await ExpectAsync(student, new { type = "message_edit", message_id = id, content = "  " }, "validation_error", "Message content required");
        await ExpectAsync(student, new { type = "message_edit", content = "два" }, "validation_error", "Message ID required");
        await ExpectAsync(student, new { type = "message_delete", message_id = "abc" }, "validation_error", "Message ID required");
        await ExpectAsync(student, new { type = "message_delete", message_id = 9_000_000_000 }, "not_found", "Message not found");
        await student.SendAsync(new { type = "message_delete", message_id = id });
        await student.NextAsync("message_delete_confirmed");
        await ExpectAsync(student, new { type = "message_delete", message_id = id }, "validation_error", "Message already deleted");
        await ExpectAsync(student, new { type = "message_edit", message_id = id, content = "два" }, "validation_error", "Cannot edit deleted message");
        await student.SendAsync(new { type = "mark_read", message_id = id });
        await student.SendAsync(new { type = "ping" });
        await student.NextAsync("pong");
    }

    private static async Task ExpectAsync(SeedSocket socket, object frame, string code, string text)
    {
        await socket.SendAsync(frame);
        var error = await socket.NextAsync("error");
        Assert.Equal((code, text, text), ((string)error["code"]!, (string)error["error"]!, (string)error["message"]!));
    }

    private static async Task<SeedSocket> OpenAsync(Person who, SchoolClass school, Uri replica)
    {
        var socket = await ChatGraph.SeedAsync(who, school.SubjectRoom, replica);
        await socket.NextAsync("user_joined", f => (long)f["user"]!["id"]! == who.Id);
        return socket;
    }

    private static async Task<long> SayAsync(SeedSocket socket, string text)
    {
        await socket.SendAsync(new { type = "chat_message", content = text });
        return (long)(await socket.NextAsync("message_sent"))["message_id"]!;
    }
}
