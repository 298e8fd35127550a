using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;

namespace TheBot.Tests.Rooms;

/// <summary>A school's people in every relation to a room of every kind, with things they said before they were muted, removed or locked out.</summary>
public sealed class Cast(ChatGraph graph) : IAsyncLifetime
{
    private readonly Dictionary<string, Person> _people = [];
    private readonly Dictionary<string, HttpClient> _clients = [];
    private readonly Dictionary<string, long> _rooms = [];
    private readonly Dictionary<(string Room, string Author), Queue<long>> _said = [];
    private long _subject;

    public long Room(string kind) => _rooms[kind];

    public Person Person(string who) => _people[who];

    public HttpClient Rest(string who) => _clients[who];

    /// <summary>A message of somebody that nobody has touched yet.</summary>
    public long Fresh(string room, string author) => _said[(room, author)].Dequeue();

    /// <summary>A message of somebody, kept for those who only look at it.</summary>
    public long Kept(string room, string author) => _said[(room, author)].Peek();

    public async Task InitializeAsync()
    {
        foreach (var (who, role) in new[]
        {
            ("student", "student"), ("teacher", "teacher"), ("tutor", "tutor"), ("parent", "parent"), ("muted", "parent"), ("former", "parent"), ("inactive", "parent"),
            ("victim", "parent"), ("stranger", "teacher"),
        }) await AddAsync(who, await graph.NewPersonAsync(role));
        await AddAsync("admin", await AdministratorAsync());
        foreach (var guardian in new[] { "parent", "muted", "former", "inactive", "victim" })
            await ExpectAsync(Admin.PutAsync($"/api/v1/roster/students/{_people["student"].Id}/guardians/{_people[guardian].Id}", null));
        await ExpectAsync(Admin.PutAsync($"/api/v1/roster/students/{_people["student"].Id}/tutors/{_people["tutor"].Id}", null));

        _subject = await IdAsync(Admin.PostAsJsonAsync("/api/v1/roster/subjects", new { name = "Физика" }));
        var (course, locked, ended) = (await EnrollAsync(_subject), await EnrollAsync(await SubjectAsync("Химия")), await EnrollAsync(await SubjectAsync("Труд")));
        (_rooms["subject"], _rooms["tutors"]) = (RoomOf(course, "forum_subject"), RoomOf(course, "forum_tutor"));
        (_rooms["locked"], _rooms["ended"]) = (RoomOf(locked, "forum_subject"), RoomOf(ended, "forum_subject"));
        _rooms["general"] = (long)(await Rest("admin").GetFromJsonAsync<JsonArray>("/api/v1/rooms"))!.Single(room => (string)room!["kind"]! == "general")!["id"]!;
        _rooms["direct"] = await IdAsync(Rest("teacher").PutAsync($"/api/v1/rooms/direct/{_people["parent"].Id}", null));
        long[] members = [.. new[] { "student", "parent", "muted", "former", "inactive", "victim" }.Select(who => _people[who].Id)];
        _rooms["group"] = await IdAsync(Rest("teacher").PostAsJsonAsync("/api/v1/rooms", new { name = "Поход", member_ids = members }));
        await ExpectAsync(Rest("admin").PutAsync($"/api/v1/rooms/direct/{_people["stranger"].Id}", null)); // the stranger has rooms of their own

        foreach (var room in new[] { "subject", "locked", "ended" }) await AllSayAsync(room, "student", "teacher", "parent", "muted", "former", "inactive", "victim");
        await AllSayAsync("tutors", "student", "tutor", "parent", "muted", "former", "inactive", "victim");
        await AllSayAsync("general", "student", "teacher", "tutor", "parent", "muted", "victim", "admin", "former", "stranger", "inactive");
        await AllSayAsync("direct", "teacher", "parent");
        await AllSayAsync("group", "student", "teacher", "parent", "muted", "former", "inactive", "victim");

        foreach (var (room, moderator) in new[] { ("subject", "teacher"), ("locked", "teacher"), ("ended", "teacher"), ("tutors", "tutor"), ("general", "admin"), ("group", "teacher") })
            await ExpectAsync(Rest(moderator).PutAsJsonAsync($"/api/v1/rooms/{_rooms[room]}/members/{_people["muted"].Id}/mute", new { }));
        await ExpectAsync(Admin.DeleteAsync($"/api/v1/roster/students/{_people["student"].Id}/guardians/{_people["former"].Id}"));
        await ExpectAsync(Rest("teacher").DeleteAsync($"/api/v1/rooms/{_rooms["group"]}/members/{_people["former"].Id}"));
        await ExpectAsync(Rest("teacher").PutAsync($"/api/v1/rooms/{_rooms["locked"]}/lock", null));
        await ExpectAsync(Admin.PutAsJsonAsync($"/api/v1/roster/enrollments/{(long)ended["id"]!}/active", new { active = false }));
        await using var database = NpgsqlDataSource.Create((await graph.App.GetConnectionStringAsync("chatdb"))!);
        await using var deactivate = database.CreateCommand("UPDATE users SET is_active = false WHERE id = $1");
        deactivate.Parameters.AddWithValue(_people["inactive"].Id);
        Assert.Equal(1, await deactivate.ExecuteNonQueryAsync(Deadline.Token()));
    }

    public Task DisposeAsync()
    {
        foreach (var client in _clients.Values) client.Dispose();
        return Task.CompletedTask;
    }

    private HttpClient Admin => _clients["admin"];

    private async Task AddAsync(string who, Person person)
    {
        _people.Add(who, person);
        _clients.Add(who, graph.Rest(person));
        using var answer = await _clients[who].GetAsync("/api/v1/rooms", Deadline.Token());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<Person> AdministratorAsync()
    {
        using var admin = await graph.RestAsync("demo.admin");
        var username = $"head.{Guid.NewGuid():N}";
        var id = await IdAsync(admin.PostAsJsonAsync(
            "/api/v1/roster/users", new { username, password = "correct horse battery", first_name = "Завуч", last_name = "", role = "teacher", is_administrator = true }));
        using var login = await admin.PostAsJsonAsync("/api/auth/login/", new { username, password = "correct horse battery" }, Deadline.Token());
        return new Person(id, username, (string)(await login.Content.ReadFromJsonAsync<JsonObject>())!["data"]!["token"]!);
    }

    private Task<long> SubjectAsync(string name) => IdAsync(Admin.PostAsJsonAsync("/api/v1/roster/subjects", new { name }));

    private async Task<JsonObject> EnrollAsync(long subject)
    {
        using var answer = await Admin.PostAsJsonAsync(
            "/api/v1/roster/enrollments", new { student_id = _people["student"].Id, subject_id = subject, teacher_id = _people["teacher"].Id }, Deadline.Token());
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    private static long RoomOf(JsonObject enrollment, string kind) => (long)enrollment["rooms"]!.AsArray().Single(room => (string)room!["kind"]! == kind)!["id"]!;

    private async Task AllSayAsync(string room, params string[] authors)
    {
        foreach (var author in authors)
        {
            _said[(room, author)] = new();
            for (var i = 0; i < (author == "victim" ? 20 : 3); i++)
                _said[(room, author)].Enqueue(await IdAsync(Rest(author).PostAsJsonAsync($"/api/v1/rooms/{_rooms[room]}/messages", new { content = $"{author} {i}" })));
        }
    }

    private static async Task<long> IdAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (long)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["id"]!;
    }

    private static async Task ExpectAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
