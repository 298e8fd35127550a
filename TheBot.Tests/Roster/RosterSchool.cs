using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TheBot.Data.Schema;

namespace TheBot.Tests.Roster;

/// <summary>A school with an API before it, shared by the tests of one class, in the words of its administrator.</summary>
public sealed class RosterSchool(ScratchPostgres postgres) : IAsyncLifetime
{
    private ApiSchool _api = null!;

    internal ApiSchool Api => _api;

    internal School School => _api.School;

    internal Person Head { get; private set; } = null!;

    /// <summary>The administrator's client.</summary>
    internal HttpClient Admin { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _api = await ApiSchool.OpenAsync(postgres, ("Chat__Limits__MessagesPerSecond", "0"));
        Head = await _api.PersonAsync(Role.Teacher, isAdministrator: true);
        Admin = _api.Api.Rest(Head.Token);
    }

    public async Task DisposeAsync()
    {
        Admin.Dispose();
        await _api.DisposeAsync();
    }

    internal Task<Person> PersonAsync(Role role = Role.Student) => _api.PersonAsync(role);

    internal HttpClient Rest(Person person) => _api.Api.Rest(person.Token);

    /// <summary>A student with a guardian, enrolled with a teacher, each with a token.</summary>
    internal async Task<Lesson> LessonAsync()
    {
        var (student, teacher, parent) = (await PersonAsync(), await PersonAsync(Role.Teacher), await PersonAsync(Role.Parent));
        await School.GuardianAsync(student.Id, parent.Id);
        var subject = await School.SubjectAsync();
        var enrollment = await School.EnrollAsync(student.Id, subject, teacher.Id);
        return new Lesson(enrollment.Id, subject, enrollment.Rooms[0].Id, student, teacher, parent);
    }

    /// <summary>Asks as the administrator.</summary>
    internal async Task<(HttpStatusCode Status, JsonNode? Body, string? Version)> AskAsync(HttpMethod method, string path, object? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/roster/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var answer = await Admin.SendAsync(request, Deadline.Token());
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), answer.Headers.ETag?.Tag);
    }

    internal Task<(HttpStatusCode Status, JsonNode? Body, string? Version)> PostAsync(string path, object body) => AskAsync(HttpMethod.Post, path, body);

    /// <summary>Somebody says something, and what came of it.</summary>
    internal async Task<(HttpStatusCode Status, string? Code)> SayAsync(Person person, long room, string content)
    {
        using var rest = Rest(person);
        using var answer = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content }, Deadline.Token());
        return (answer.StatusCode, (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["code"]);
    }

    /// <summary>The texts that somebody finds in a room; null = they do not find the room.</summary>
    internal async Task<IEnumerable<string>?> ReadAsync(Person person, long room)
    {
        using var rest = Rest(person);
        using var answer = await rest.GetAsync($"/api/v1/rooms/{room}/messages", Deadline.Token());
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!["results"]!.AsArray().Select(message => (string)message!["content"]!);
    }

    /// <summary>Waits until all rooms follow the roster.</summary>
    internal Task ProvisionedAsync(TimeSpan? patience = null) => Deadline.UntilAsync(
        async () => (int)(await AskAsync(HttpMethod.Get, "provisioning")).Body!["students_waiting"]!, waiting => waiting == 0, "students waiting", patience);

    /// <summary>Rooms and members are what the roster says, and the logs what rooms and members are.</summary>
    internal async Task AgreesAsync()
    {
        var drift = await School.DriftAsync();
        Assert.True(drift.IsNothing, drift.ToString());
        await School.LogsAgreeAsync();
    }
}

/// <summary>One enrollment and its people.</summary>
internal sealed record Lesson(long Enrollment, long Subject, long Room, Person Student, Person Teacher, Person Parent);
