using System.Net.Http.Json;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TheBot.Tests.Forum;

/// <summary>What the Forum page gets, byte by byte: every field in its place, with its type and value.</summary>
[Collection(SharedGraph.Name)]
public sealed class ForumShapeTests(ChatGraph graph)
{
    private const string Moment = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task A_message_and_the_room_that_shows_it()
    {
        var school = await graph.NewClassAsync();
        var (room, student, teacher, parent) = (school.SubjectRoom, school.Student.Id, school.Teacher.Id, school.Guardian.Id);
        using var author = graph.Rest(school.Student);
        using var reader = graph.Rest(school.Teacher);
        using var sent = await author.PostAsJsonAsync($"/api/chat/forum/{room}/send_message/", new { content = new string('я', 120) });
        var message = (await sent.Content.ReadFromJsonAsync<JsonObject>())!["message"]!;
        var (id, at, seq) = ((long)message["id"]!, (string)message["created_at"]!, (long)message["seq"]!);
        var sender = $$"""{"id":{{student}},"full_name":"Тест student","role":"student"}""";
        var full =
            $$"""
            {"id":{{id}},"room":{{room}},"thread":null,"sender":{{sender}},"sender_name":"Тест student","sender_role":"student","sender_avatar":null,"content":"{{new string('я', 120)}}","message_type":"text",
            "file":null,"file_url":null,"file_name":null,"file_size":null,"file_type":null,"image":null,"image_url":null,"is_image":false,"is_edited":false,"reply_to":null,
            "created_at":"{{at}}","updated_at":"{{at}}","is_read":false,"is_pinned":false,"replies_count":0,"seq":{{seq}},"client_id":null}
            """;
        Assert.Matches(Moment, at);
        AssertSame($$"""{"success":true,"message":{{full}}}""", new JsonObject { ["success"] = true, ["message"] = message.DeepClone() });

        var page = (await reader.GetFromJsonAsync<JsonObject>($"/api/chat/forum/{room}/messages/?limit=10"))!;
        AssertSame($$"""{"success":true,"chat_id":"{{room}}","limit":10,"offset":0,"count":1,"results":[{{full}}]}""", page);

        var list = (await reader.GetFromJsonAsync<JsonObject>("/api/chat/forum/"))!;
        var listed = list["results"]!.AsArray().Single()!;
        Assert.Matches(Moment, (string)listed["created_at"]!);
        var people = new[] { (student, "student"), (teacher, "teacher"), (parent, "parent") }.Order().Select(p => $$"""{"id":{{p.Item1}},"full_name":"Тест {{p.Item2}}","role":"{{p.Item2}}"}""");
        AssertSame(
            $$"""
            {"success":true,"count":1,"results":[{"id":{{room}},"name":"Физика - Тест student ↔ Тест teacher","description":"Физика: ученик Тест student, учитель Тест teacher",
            "type":"forum_subject","participants_count":3,"participants":[{{string.Join(',', people)}}],"subject":{"id":{{listed["subject"]!["id"]}},"name":"Физика"},"is_active":true,
            "created_at":"{{listed["created_at"]}}","updated_at":"{{at}}","last_message":{"id":{{id}},"content":"{{new string('я', 100)}}","sender":{{sender}},"created_at":"{{at}}"},"unread_count":1}]}
            """,
            list);
    }

    [Fact]
    public async Task A_contact_and_the_chat_that_is_begun_with_them()
    {
        var school = await graph.NewClassAsync();
        var (room, teacher) = (school.SubjectRoom, school.Teacher.Id);
        using var student = graph.Rest(school.Student);
        using var other = graph.Rest(school.Teacher);
        using var sent = await other.PostAsJsonAsync($"/api/chat/forum/{room}/send_message/", new { content = "здравствуйте" });
        var message = (await sent.Content.ReadFromJsonAsync<JsonObject>())!["message"]!;

        var contact = (await student.GetFromJsonAsync<JsonObject>("/api/chat/available-contacts/"))!["results"]!.AsArray().Single(c => (long)c!["id"]! == teacher)!;
        var subject = (long)contact["subject"]!["id"]!;
        AssertSame(
            $$"""
            {"id":{{teacher}},"user_id":{{teacher}},"email":"","first_name":"Тест","last_name":"teacher","full_name":"Тест teacher","role":"teacher","is_teacher":true,"is_tutor":false,
            "avatar":null,"avatar_url":null,"subject":{"id":{{subject}},"name":"Физика"},"has_active_chat":true,"chat_id":{{room}}}
            """,
            contact);

        using var begun = await student.PostAsJsonAsync("/api/chat/initiate-chat/", new { contact_user_id = teacher, subject_id = subject });
        var chat = (await begun.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.Matches(Moment, (string)chat["chat"]!["created_at"]!);
        AssertSame(
            $$$"""
            {"success":true,"created":false,"chat":{"id":{{{room}}},"room_id":"chat_room_{{{room}}}","type":"forum_subject",
            "other_user":{"id":{{{teacher}}},"first_name":"Тест","last_name":"teacher","email":"","avatar":null},"created_at":"{{{chat["chat"]!["created_at"]}}}",
            "last_message":{"id":{{{message["id"]}}},"content":"здравствуйте","sender_id":{{{teacher}}},"created_at":"{{{message["created_at"]}}}"},"unread_count":1,
            "name":"Физика - Тест student ↔ Тест teacher"}}
            """,
            chat);
    }

    /// <summary>The same fields in the same order with the same values; lines of the expectation are for the eye.</summary>
    private static void AssertSame(string expected, JsonNode actual) =>
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(Readable), actual.ToJsonString(Readable));
}
