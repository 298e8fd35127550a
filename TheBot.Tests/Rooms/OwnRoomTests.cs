using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Rooms;

/// <summary>Rooms that people open themselves: one for each pair, and groups of staff.</summary>
[Collection(SharedGraph.Name)]
public sealed class OwnRoomTests(ChatGraph graph)
{
    private Uri A => graph.Replicas[0];

    private Uri B => graph.Replicas[1];

    [Fact]
    public async Task A_hundred_parallel_calls_from_both_sides_give_one_room_with_both_in_it_once()
    {
        var school = await graph.NewClassAsync();
        HttpClient[] sides = [graph.Rest(school.Student, A), graph.Rest(school.Teacher, B), graph.Rest(school.Student, B), graph.Rest(school.Teacher, A)];
        long[] others = [school.Teacher.Id, school.Student.Id, school.Teacher.Id, school.Student.Id];

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => sides[i % 4].PutAsync($"/api/v1/rooms/direct/{others[i % 4]}", null, Deadline.Token())));

        Assert.Equal((1, 99), (answers.Count(answer => answer.StatusCode == HttpStatusCode.Created), answers.Count(answer => answer.StatusCode == HttpStatusCode.OK)));
        var rooms = new HashSet<long>();
        foreach (var answer in answers) rooms.Add((long)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]!);
        var room = Assert.Single(rooms);
        var members = (await sides[0].GetFromJsonAsync<JsonArray>($"/api/v1/rooms/{room}/members"))!.Select(member => (long)member!["user"]!["id"]!);
        Assert.Equal(new[] { school.Student.Id, school.Teacher.Id }.Order(), members);
        Assert.Equal(2, (long)(await sides[0].GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{room}"))!["head_seq"]!); // two came in, once each
        foreach (var side in sides) side.Dispose();
    }

    [Fact]
    public async Task Two_people_talk_in_their_room_and_each_sees_the_others_name()
    {
        var school = await graph.NewClassAsync();
        using var parent = graph.Rest(school.Guardian, A);
        using var teacher = graph.Rest(school.Teacher, B);
        await using var live = await SeedSocket.ConnectAsync(B, $"/ws?token={school.Teacher.Token}", subprotocol: V1Protocol.Subprotocol);
        await live.NextAsync(V1Type.Ready);

        var room = (await ReadAsync(await parent.PutAsync($"/api/v1/rooms/direct/{school.Teacher.Id}", null)))!;
        Assert.Equal((long)room["id"]!, (long)(await live.NextAsync(V1Type.RoomAdded))["room"]!);
        using var sent = await parent.PostAsJsonAsync($"/api/v1/rooms/{room["id"]}/messages", new { content = "как дела?" });
        Assert.Equal(HttpStatusCode.Created, sent.StatusCode);

        var seen = (await teacher.GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!.Single(r => (long)r!["id"]! == (long)room["id"]!)!;
        Assert.Equal(("direct", "Тест teacher", school.Teacher.Id), ((string)room["kind"]!, (string)room["name"]!, (long)room["other_user"]!["id"]!));
        Assert.Equal(("Тест parent", school.Guardian.Id, 1), ((string)seen["name"]!, (long)seen["other_user"]!["id"]!, (int)seen["unread"]!));
    }

    [Fact]
    public async Task Who_may_not_write_to_somebody_opens_no_room_with_them()
    {
        var (one, other) = (await graph.NewClassAsync(), await graph.NewClassAsync());
        foreach (var (who, whom) in new[]
        {
            (one.Student, other.Student), (one.Student, other.Teacher), (one.Student, one.Guardian), (one.Guardian, other.Guardian), (one.Teacher, other.Teacher), (one.Student, one.Student),
        })
        {
            using var rest = graph.Rest(who);
            using var refused = await rest.PutAsync($"/api/v1/rooms/direct/{whom.Id}", null);
            var problem = await ReadAsync(refused);
            Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.NotAContact), (refused.StatusCode, (string)problem!["code"]!));
            Assert.DoesNotContain((await rest.GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!, room => (string)room!["kind"]! == "direct");
        }
    }

    [Fact]
    public async Task A_direct_room_can_only_be_read_once_the_two_are_contacts_no_longer()
    {
        var school = await graph.NewClassAsync();
        using var student = graph.Rest(school.Student);
        var room = (long)(await ReadAsync(await student.PutAsync($"/api/v1/rooms/direct/{school.Teacher.Id}", null)))!["id"]!;
        using var before = await student.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "вопрос" });
        using var admin = await graph.RestAsync("demo.admin");
        using var ended = await admin.PutAsJsonAsync($"/api/v1/roster/enrollments/{school.EnrollmentId}/active", new { active = false });

        using var after = await student.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "ещё вопрос" });
        var history = (await student.GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{room}/messages"))!["results"]!.AsArray();

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (before.StatusCode, ended.StatusCode));
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.ReadOnly), (after.StatusCode, (string)(await ReadAsync(after))!["code"]!));
        Assert.Equal(["вопрос"], history.Select(message => (string)message!["content"]!));
        Assert.False((bool)(await student.GetFromJsonAsync<JsonObject>($"/api/v1/rooms/{room}"))!["writable"]!);
    }

    [Fact]
    public async Task A_group_is_its_makers_who_adds_removes_and_renames()
    {
        var school = await graph.NewClassAsync();
        using var teacher = graph.Rest(school.Teacher, A);
        using var student = graph.Rest(school.Student, B);
        using var parent = graph.Rest(school.Guardian, B);
        var group = (await ReadAsync(await teacher.PostAsJsonAsync("/api/v1/rooms", new { name = " Поход ", description = "в лес", member_ids = new[] { school.Student.Id } })))!;
        var room = $"/api/v1/rooms/{group["id"]}";
        using var early = await teacher.PostAsJsonAsync($"{room}/messages", new { content = "до мамы" });
        await using var live = await SeedSocket.ConnectAsync(A, $"/ws/chat/{group["id"]}/?token={school.Student.Token}");
        await live.NextAsync("room_history");

        using var added = await teacher.PutAsync($"{room}/members/{school.Guardian.Id}", null);
        using var later = await teacher.PostAsJsonAsync($"{room}/messages", new { content = "при маме" });
        Assert.Equal(HttpStatusCode.NoContent, added.StatusCode);
        Assert.Equal(["при маме"], (await parent.GetFromJsonAsync<JsonObject>($"{room}/messages"))!["results"]!.AsArray().Select(m => (string)m!["content"]!));
        Assert.Equal(("Поход", "в лес", 3), ((string)group["name"]!, (string)group["description"]!, (int)(await parent.GetFromJsonAsync<JsonObject>(room))!["members_count"]!));

        using var removed = await teacher.DeleteAsync($"{room}/members/{school.Student.Id}");
        Assert.Equal(CloseCode.NoAccess, await live.CloseCodeAsync());
        using var gone = await student.GetAsync(room);
        using var self = await parent.DeleteAsync($"{room}/members/{school.Guardian.Id}");
        using var left = await parent.GetAsync(room);
        using var maker = await teacher.DeleteAsync($"{room}/members/{school.Teacher.Id}");
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (removed.StatusCode, gone.StatusCode));
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (self.StatusCode, left.StatusCode));
        Assert.Equal(HttpStatusCode.NoContent, maker.StatusCode);
    }

    [Fact]
    public async Task A_group_that_is_asked_for_again_is_found_and_not_doubled()
    {
        var school = await graph.NewClassAsync();
        HttpClient[] replicas = [graph.Rest(school.Teacher, A), graph.Rest(school.Teacher, B)];
        var body = new { name = "Хор", member_ids = new[] { school.Student.Id }, client_id = "choir-1" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => replicas[i % 2].PostAsJsonAsync("/api/v1/rooms", body, Deadline.Token())));
        using var other = await replicas[0].PostAsJsonAsync("/api/v1/rooms", body with { name = "Оркестр" });
        using var bad = await replicas[0].PostAsJsonAsync("/api/v1/rooms", body with { client_id = "не годится" });

        Assert.Equal((1, 19), (answers.Count(answer => answer.StatusCode == HttpStatusCode.Created), answers.Count(answer => answer.StatusCode == HttpStatusCode.OK)));
        Assert.Single((await replicas[1].GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!, room => (string)room!["kind"]! == "group");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, ErrorCode.Conflict), (other.StatusCode, (string)(await ReadAsync(other))!["code"]!));
        Assert.NotNull((await ReadAsync(bad))!["errors"]!["client_id"]);
        foreach (var replica in replicas) replica.Dispose();
    }

    [Fact]
    public async Task A_group_takes_nobody_whom_its_maker_may_not_write_to_and_then_nobody_at_all()
    {
        var (school, other) = (await graph.NewClassAsync(), await graph.NewClassAsync());
        using var teacher = graph.Rest(school.Teacher);
        using var student = graph.Rest(school.Student);

        using var foreign = await teacher.PostAsJsonAsync("/api/v1/rooms", new { name = "Все", member_ids = new[] { school.Student.Id, other.Student.Id } });
        using var nobody = await teacher.PostAsJsonAsync("/api/v1/rooms", new { name = "Все", member_ids = new[] { 9_000_000_000 } });
        using var nameless = await teacher.PostAsJsonAsync("/api/v1/rooms", new { name = "  " });
        using var byStudent = await student.PostAsJsonAsync("/api/v1/rooms", new { name = "Класс", member_ids = Array.Empty<long>() });

        Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.NotAContact), (foreign.StatusCode, (string)(await ReadAsync(foreign))!["code"]!));
        Assert.Equal((HttpStatusCode.NotFound, ErrorCode.NotFound), (nobody.StatusCode, (string)(await ReadAsync(nobody))!["code"]!));
        Assert.NotNull((await ReadAsync(nameless))!["errors"]!["name"]);
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCode.AccessDenied), (byStudent.StatusCode, (string)(await ReadAsync(byStudent))!["code"]!));
        foreach (var rest in new[] { teacher, student })
            Assert.DoesNotContain((await rest.GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!, room => (string)room!["kind"]! == "group");
    }

    [Fact]
    public async Task Of_two_who_rename_a_group_at_once_the_second_is_told()
    {
        var school = await graph.NewClassAsync();
        using var one = graph.Rest(school.Teacher, A);
        using var two = graph.Rest(school.Teacher, B);
        var room = $"/api/v1/rooms/{(await ReadAsync(await one.PostAsJsonAsync("/api/v1/rooms", new { name = "Кружок" })))!["id"]}";
        await using var live = await SeedSocket.ConnectAsync(B, $"/ws?token={school.Teacher.Token}", subprotocol: V1Protocol.Subprotocol);
        await live.SendAsync(new { type = "subscribe", id = "s", room = long.Parse(room.Split('/')[^1], null) });
        await live.NextAsync(V1Type.Subscribed);
        using var seen = await one.GetAsync(room);

        using var first = await RenameAsync(one, room, "Физический кружок", $"\"another\", {seen.Headers.ETag!.Tag}"); // any of the two
        using var second = await RenameAsync(two, room, "Химический кружок", seen.Headers.ETag!.Tag);
        using var repeated = await RenameAsync(one, room, "Физический кружок", seen.Headers.ETag!.Tag);
        using var heedless = await RenameAsync(two, room, "Кружок химии", null);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent, HttpStatusCode.NoContent), (first.StatusCode, repeated.StatusCode, heedless.StatusCode));
        Assert.Equal((HttpStatusCode.PreconditionFailed, ErrorCode.Outdated), (second.StatusCode, (string)(await ReadAsync(second))!["code"]!));
        Assert.Equal("Физический кружок", (string)(await live.NextAsync(V1Type.RoomUpdated))["data"]!["name"]!);
        Assert.Equal("Кружок химии", (string)(await live.NextAsync(V1Type.RoomUpdated))["data"]!["name"]!);
    }

    [Fact]
    public async Task Contacts_are_those_of_the_roster_with_the_room_where_one_meets_them()
    {
        var school = await graph.NewClassAsync();
        var tutor = await graph.NewPersonAsync("tutor");
        using var admin = await graph.RestAsync("demo.admin");
        using var assigned = await admin.PutAsync($"/api/v1/roster/students/{school.Student.Id}/tutors/{tutor.Id}", null);
        var rooms = (await graph.Rest(tutor).GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!;
        var tutorRoom = (long)rooms.Single(room => (string)room!["kind"]! == "forum_tutor")!["id"]!;

        async Task<List<(long, long?)>> ContactsAsync(Support.Person who)
        {
            using var rest = graph.Rest(who);
            // administrators are everybody's contacts
            return [.. (await rest.GetFromJsonAsync<JsonArray>("/api/v1/contacts?search=тест"))!.Select(c => ((long)c!["user"]!["id"]!, (long?)c["room_id"]))];
        }

        Assert.Equal(
            new (long, long?)[] { (school.Teacher.Id, school.SubjectRoom), (tutor.Id, tutorRoom) }.Order(), (await ContactsAsync(school.Student)).Order());
        Assert.Equal(
            new (long, long?)[] { (school.Teacher.Id, school.SubjectRoom), (tutor.Id, tutorRoom) }.Order(), (await ContactsAsync(school.Guardian)).Order());
        Assert.Equal(
            new (long, long?)[] { (school.Student.Id, school.SubjectRoom), (school.Guardian.Id, school.SubjectRoom), (tutor.Id, null) }.Order(),
            (await ContactsAsync(school.Teacher)).Order());
        Assert.Equal(
            new (long, long?)[] { (school.Student.Id, tutorRoom), (school.Guardian.Id, tutorRoom), (school.Teacher.Id, null) }.Order(),
            (await ContactsAsync(tutor)).Order());
    }

    private static async Task<HttpResponseMessage> RenameAsync(HttpClient rest, string room, string name, string? ifMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, room) { Content = JsonContent.Create(new { name }) };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await rest.SendAsync(request, Deadline.Token());
    }

    private static async Task<JsonObject?> ReadAsync(HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonObject>();
}
