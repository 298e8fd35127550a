using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace TheBot.Tests.Forum;

/// <summary>The Forum page's calls, field by field as the replaced system answered them; and what it does reaches everybody.</summary>
[Collection(SharedGraph.Name)]
public sealed class ForumPageTests(ChatGraph graph)
{
    private static readonly string[] MessageFields =
    [
        "id", "room", "thread", "sender", "sender_name", "sender_role", "sender_avatar", "content", "message_type", "file", "file_url", "file_name", "file_size",
        "file_type", "image", "image_url", "is_image", "is_edited", "reply_to", "created_at", "updated_at", "is_read", "is_pinned", "replies_count", "seq", "client_id",
    ];

    [Fact]
    public async Task A_message_sent_by_the_page_is_answered_in_full_and_shown_to_everybody_at_once()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student, graph.Replicas[0]);
        await using var teacher = await ChatGraph.SeedAsync(school.Teacher, school.SubjectRoom, graph.Replicas[1]);
        await teacher.NextAsync("room_history");

        using var answer = await student.PostAsJsonAsync(Address(school, "send_message/"), new { content = " привет ", message_type = "text" });
        var sent = await ReadAsync(answer);
        var heard = await teacher.NextAsync("chat_message");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(["success", "message"], sent.Select(f => f.Key));
        Assert.Equal(MessageFields, sent["message"]!.AsObject().Select(f => f.Key));
        Assert.Equal(("привет", school.SubjectRoom, "student"), ((string)sent["message"]!["content"]!, (long)sent["message"]!["room"]!, (string)sent["message"]!["sender_role"]!));
        Assert.Equal(["id", "full_name", "role"], sent["message"]!["sender"]!.AsObject().Select(f => f.Key));
        Assert.Equal(sent["message"]!.ToJsonString(), heard["message"]!.ToJsonString());
    }

    [Fact]
    public async Task A_form_is_as_good_as_json_and_a_file_is_refused_with_a_word()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        using var plain = new MultipartFormDataContent { { new StringContent("из формы"), "content" }, { new StringContent("text"), "message_type" } };
        using var byForm = await student.PostAsync(Address(school, "send_message/"), plain);
        var first = (await ReadAsync(byForm))["message"]!;
        using var urlEncoded = new FormUrlEncodedContent([new("content", "ответ"), new("reply_to", $"{first["id"]}")]);
        using var reply = await student.PostAsync(Address(school, "send_message"), urlEncoded);
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (byForm.StatusCode, reply.StatusCode));
        Assert.Equal((long)first["id"]!, (long)(await ReadAsync(reply))["message"]!["reply_to"]!);

        using var small = new MultipartFormDataContent { { new StringContent("с файлом"), "content" }, { new ByteArrayContent([1, 2, 3]), "file", "a.png" } };
        using var large = new MultipartFormDataContent { { new ByteArrayContent(new byte[2_000_000]), "file", "b.pdf" } };
        using var broken = new StringContent("--x\r\nnonsense");
        broken.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        foreach (var content in new HttpContent[] { small, large, broken })
        {
            using var refused = await student.PostAsync(Address(school, "send_message/"), content);
            Assert.Equal((HttpStatusCode.BadRequest, "Files are not accepted here; send the text without one"), (refused.StatusCode, await ErrorAsync(refused)));
        }

        var page = await student.GetFromJsonAsync<JsonObject>(Address(school, "messages/"));
        Assert.Equal(["из формы", "ответ"], page!["results"]!.AsArray().Select(m => (string)m!["content"]!));
    }

    [Theory]
    [InlineData("{}", "Message content required")]
    [InlineData("""{"content":"   "}""", "Message content required")]
    [InlineData("""{"content":5}""", "content must be a string")]
    [InlineData("""{"content":"а","message_type":"system"}""", "message_type can only be text")]
    [InlineData("""{"content":"а","reply_to":"да"}""", "reply_to must be a message's id")]
    [InlineData("""{"content":"\u0000"}""", "Message content contains a NUL or half of a surrogate pair")]
    [InlineData("""{"content":"\ud800"}""", "A text contains half of a surrogate pair")]
    [InlineData("[1]", "The body must be a JSON object")]
    [InlineData("да", "The body is neither JSON nor a form")]
    public async Task A_send_that_breaks_a_rule_is_told_which(string body, string error)
    {
        var room = (await graph.ForumAsync("demo.student"))[0]["id"];
        using var student = await graph.RestAsync("demo.student");
        using var refused = await student.PostAsync($"/api/chat/forum/{room}/send_message/", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal((HttpStatusCode.BadRequest, $$"""{"success":false,"error":"{{error}}"}"""), (refused.StatusCode, await refused.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task The_pages_history_has_its_shape_its_filters_and_marks_of_reading_and_answers()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        using var teacher = graph.Rest(school.Teacher);
        var first = await SendAsync(student, school, new { content = "Когда Контрольная?" });
        await SendAsync(teacher, school, new { content = "Завтра", reply_to = (long)first["id"]! });
        await SendAsync(student, school, new { content = "Спасибо", reply_to = $"{first["id"]}" });
        using var read = await teacher.PostAsync(Address(school, "mark_read/"), null);
        Assert.Equal($$"""{"success":true,"chat_id":"{{school.SubjectRoom}}"}""", await read.Content.ReadAsStringAsync());

        var page = (await teacher.GetFromJsonAsync<JsonObject>(Address(school, "messages/?limit=100&offset=0")))!;
        Assert.Equal(["success", "chat_id", "limit", "offset", "count", "results"], page.Select(f => f.Key));
        Assert.Equal($$"""[true,"{{school.SubjectRoom}}",100,0,3]""", new JsonArray([.. page.Take(5).Select(f => f.Value!.DeepClone())]).ToJsonString());
        Assert.Equal(MessageFields, page["results"]![0]!.AsObject().Select(f => f.Key));
        Assert.Equal(["Когда Контрольная?", "Завтра", "Спасибо"], Texts(page));
        Assert.Equal([2, 0, 0], page["results"]!.AsArray().Select(m => (int)m!["replies_count"]!));
        Assert.All(page["results"]!.AsArray(), m => Assert.True((bool)m!["is_read"]!));

        var unread = (await student.GetFromJsonAsync<JsonObject>(Address(school, "messages/")))!;
        Assert.All(unread["results"]!.AsArray(), m => Assert.False((bool)m!["is_read"]!));
        Assert.Equal(["Когда Контрольная?"], Texts((await student.GetFromJsonAsync<JsonObject>(Address(school, $"messages/?search={Uri.EscapeDataString("контр")}")))!));
        Assert.Equal(["Завтра"], Texts((await student.GetFromJsonAsync<JsonObject>(Address(school, $"messages/?sender={school.Teacher.Id}&message_type=text")))!));
        foreach (var query in new[] { "limit=0", "limit=101", "limit=x", "offset=-1", "offset=x", "sender=x", "limit=99999999999999999999", "search=%00" })
        {
            using var refused = await student.GetAsync(Address(school, $"messages/?{query}"));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.StartsWith(query.Split('=')[0], await ErrorAsync(refused), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Edit_delete_pin_lock_and_mute_answer_as_before_and_reach_the_sockets()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        using var teacher = graph.Rest(school.Teacher);
        await using var parent = await ChatGraph.SeedAsync(school.Guardian, school.SubjectRoom, graph.Replicas[1]);
        await parent.NextAsync("room_history");
        var (id, room) = ((long)(await SendAsync(student, school, new { content = "раз" }))["id"]!, school.SubjectRoom);

        using var edit = await student.PatchAsJsonAsync(Address(school, $"messages/{id}/edit/"), new { content = "два" });
        var edited = await ReadAsync(edit);
        Assert.Equal(["success", "message"], edited.Select(f => f.Key));
        Assert.Equal(("два", true), ((string)edited["message"]!["content"]!, (bool)edited["message"]!["is_edited"]!));
        Assert.Equal(id, (long)(await parent.NextAsync("message_edited"))["message_id"]!);

        using var pin = await teacher.PostAsync(Address(school, $"messages/{id}/pin/"), null);
        Assert.Equal($$"""{"success":true,"message_id":"{{id}}","thread_id":"{{id}}","is_pinned":true,"action":"pinned"}""", await pin.Content.ReadAsStringAsync());
        using var unpin = await teacher.PostAsync(Address(school, $"messages/{id}/pin/"), null);
        Assert.Equal($$"""{"success":true,"message_id":"{{id}}","thread_id":"{{id}}","is_pinned":false,"action":"unpinned"}""", await unpin.Content.ReadAsStringAsync());
        Assert.True((bool)(await parent.NextAsync("message_pinned"))["data"]!["is_pinned"]!);

        using var mute = await teacher.PostAsync(Address(school, $"participants/{school.Student.Id}/mute/"), null);
        Assert.Equal(
            $$"""{"success":true,"chat_id":"{{room}}","user_id":"{{school.Student.Id}}","is_muted":true,"action":"muted"}""", await mute.Content.ReadAsStringAsync());
        Assert.True((bool)(await parent.NextAsync("user_muted"))["data"]!["is_muted"]!);
        using var silent = await student.PostAsJsonAsync(Address(school, "send_message/"), new { content = "?" });
        Assert.Equal(HttpStatusCode.Forbidden, silent.StatusCode);
        using var unmute = await teacher.PostAsync(Address(school, $"participants/{school.Student.Id}/mute/"), null);
        Assert.Equal("unmuted", (string)(await ReadAsync(unmute))["action"]!);

        using var shut = await teacher.PostAsync(Address(school, "lock/"), null);
        Assert.Equal($$"""{"success":true,"chat_id":"{{room}}","is_locked":true,"is_active":false,"action":"locked"}""", await shut.Content.ReadAsStringAsync());
        using var inactive = await student.PostAsJsonAsync(Address(school, "send_message/"), new { content = "?" });
        Assert.Equal((HttpStatusCode.BadRequest, "Chat is inactive"), (inactive.StatusCode, await ErrorAsync(inactive)));
        using var open = await teacher.PostAsync(Address(school, "lock/"), null);
        Assert.Equal($$"""{"success":true,"chat_id":"{{room}}","is_locked":false,"is_active":true,"action":"unlocked"}""", await open.Content.ReadAsStringAsync());

        using var delete = await teacher.DeleteAsync(Address(school, $"messages/{id}/delete/"));
        var deleted = await ReadAsync(delete);
        Assert.Equal(["success", "message_id", "deleted_by", "deleted_by_role", "deleted_at"], deleted.Select(f => f.Key));
        Assert.Equal(($"{id}", school.Teacher.Id, "moderator"), ((string)deleted["message_id"]!, (long)deleted["deleted_by"]!, (string)deleted["deleted_by_role"]!));
        Assert.EndsWith("+00:00", (string)deleted["deleted_at"]!, StringComparison.Ordinal);
        Assert.Equal(id, (long)(await parent.NextAsync("message_deleted"))["message_id"]!);
        Assert.DoesNotContain(parent.Seen, f => (string)f["type"]! == "error");
    }

    [Fact]
    public async Task Contacts_and_starting_a_chat_have_the_pages_fields()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        using var teacher = graph.Rest(school.Teacher);
        var contacts = (await student.GetFromJsonAsync<JsonObject>("/api/chat/available-contacts/"))!;
        var contact = contacts["results"]!.AsArray().Single(c => (long)c!["id"]! == school.Teacher.Id)!.AsObject();
        Assert.Equal(["success", "count", "results"], contacts.Select(f => f.Key));
        Assert.Equal(
            ["id", "user_id", "email", "first_name", "last_name", "full_name", "role", "is_teacher", "is_tutor", "avatar", "avatar_url", "subject", "has_active_chat", "chat_id"],
            contact.Select(f => f.Key));
        Assert.Equal(["id", "name"], contact["subject"]!.AsObject().Select(f => f.Key));
        Assert.Equal((true, false, true, school.SubjectRoom), ((bool)contact["is_teacher"]!, (bool)contact["is_tutor"]!, (bool)contact["has_active_chat"]!, (long)contact["chat_id"]!));
        await SendAsync(teacher, school, new { content = "здравствуйте" });

        using var started = await student.PostAsJsonAsync("/api/chat/initiate-chat/", new { contact_user_id = school.Teacher.Id, subject_id = (long)contact["subject"]!["id"]! });
        var answer = await ReadAsync(started);
        var chat = answer["chat"]!.AsObject();
        Assert.Equal((HttpStatusCode.OK, false), (started.StatusCode, (bool)answer["created"]!));
        Assert.Equal(["success", "created", "chat"], answer.Select(f => f.Key));
        Assert.Equal(["id", "room_id", "type", "other_user", "created_at", "last_message", "unread_count", "name"], chat.Select(f => f.Key));
        Assert.Equal(["id", "first_name", "last_name", "email", "avatar"], chat["other_user"]!.AsObject().Select(f => f.Key));
        Assert.Equal(["id", "content", "sender_id", "created_at"], chat["last_message"]!.AsObject().Select(f => f.Key));
        Assert.Equal(
            (school.SubjectRoom, $"chat_room_{school.SubjectRoom}", "forum_subject", school.Teacher.Id, 1),
            ((long)chat["id"]!, (string)chat["room_id"]!, (string)chat["type"]!, (long)chat["other_user"]!["id"]!, (int)chat["unread_count"]!));

        foreach (var (body, status) in new (object, HttpStatusCode)[]
        {
            (new { contact_user_id = school.Guardian.Id }, HttpStatusCode.Forbidden), (new { contact_user_id = school.Student.Id }, HttpStatusCode.Forbidden),
            (new { contact_user_id = school.Teacher.Id, subject_id = 9_000_000_000 }, HttpStatusCode.Forbidden), (new { }, HttpStatusCode.BadRequest),
            (new { contact_user_id = "кто" }, HttpStatusCode.BadRequest),
        })
        {
            using var refused = await student.PostAsJsonAsync("/api/chat/initiate-chat/", body);
            Assert.Equal(status, refused.StatusCode);
            Assert.Equal(["success", "error"], (await ReadAsync(refused)).Select(f => f.Key));
        }
    }

    [Fact]
    public async Task A_stranger_hears_what_they_would_of_a_room_that_is_not_there()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        using var outsider = graph.Rest(await graph.NewPersonAsync("teacher"));
        var id = (long)(await SendAsync(student, school, new { content = "наше" }))["id"]!;
        foreach (var room in new[] { school.SubjectRoom, 9_000_000_000 })
        {
            var address = $"/api/chat/forum/{room}";
            foreach (var asked in new[]
            {
                outsider.GetAsync($"{address}/messages/"), outsider.PostAsJsonAsync($"{address}/send_message/", new { content = "?" }),
                outsider.PatchAsJsonAsync($"{address}/messages/{id}/edit/", new { content = "?" }), outsider.DeleteAsync($"{address}/messages/{id}/delete/"),
                outsider.PostAsync($"{address}/messages/{id}/pin/", null), outsider.PostAsync($"{address}/lock/", null),
                outsider.PostAsync($"{address}/participants/{school.Student.Id}/mute/", null), outsider.PostAsync($"{address}/mark_read/", null),
            })
            {
                using var answer = await asked;
                Assert.Equal((HttpStatusCode.NotFound, """{"success":false,"error":"Chat not found"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
            }
        }
    }

    [Theory]
    [InlineData("GET", "/api/chat/rooms/", "/api/v1/rooms")]
    [InlineData("POST", "/api/chat/rooms/5/join/", "/api/v1/rooms")]
    [InlineData("DELETE", "/api/chat/messages/7/", "/api/v1/rooms/{room}/messages")]
    [InlineData("GET", "/api/chat/participants/", "/api/v1/rooms/{room}/members")]
    [InlineData("POST", "/api/chat/threads/3/pin/", "/api/v1/rooms/{room}/messages")]
    [InlineData("GET", "/api/chat/general/", "/api/v1/rooms")]
    [InlineData("GET", "/api/chat/admin/stats/", "/api/v1/rooms")]
    [InlineData("GET", "/ws/dashboard/5/", "/ws")]
    [InlineData("GET", "/ws/invoices/", "/ws")]
    public async Task What_is_no_more_names_what_there_is(string method, string path, string successor)
    {
        using var nobody = await graph.RestAsync(null);
        using var answer = await nobody.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        var problem = await ReadAsync(answer);

        Assert.Equal((HttpStatusCode.Gone, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal(("gone", successor), ((string)problem["code"]!, (string)problem["successor"]!));
    }

    private static string Address(SchoolClass school, string rest) => $"/api/chat/forum/{school.SubjectRoom}/{rest}";

    private static IEnumerable<string> Texts(JsonObject page) => page["results"]!.AsArray().Select(m => (string)m!["content"]!);

    private static async Task<JsonNode> SendAsync(HttpClient rest, SchoolClass school, object body)
    {
        using var answer = await rest.PostAsJsonAsync(Address(school, "send_message/"), body);
        return (await ReadAsync(answer))["message"]!;
    }

    private static async Task<string> ErrorAsync(HttpResponseMessage answer) => (string)(await ReadAsync(answer))["error"]!;

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
}
