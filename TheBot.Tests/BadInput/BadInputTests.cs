using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TheBot.ChatApi.Auth;
using TheBot.Contracts;

namespace TheBot.Tests.BadInput;

/// <summary>
/// Whatever anybody sends to any call: the answer is right, or a refusal with a problem that tells nothing of the inside and has changed nothing.
/// The calls are those of the API's own document and routing, so that a new one is tried too.
/// </summary>
/// <remarks>THEBOT_FUZZ_SEED repeats what a failure names; THEBOT_FUZZ_CASES (default 12 a call) tries longer.</remarks>
[Collection(ScratchPostgresTests.Name)]
public partial class BadInputTests(ScratchPostgres postgres)
{
    internal static readonly int Seed = Setting("THEBOT_FUZZ_SEED", 20_260_106);
    internal static readonly int Cases = Setting("THEBOT_FUZZ_CASES", 12);

    /// <summary>What Postgres keeps in no text, as JSON writes it.</summary>
    private static readonly string[] Unstorable = ["\\u0000", "\\ud800"];

    private static readonly HashSet<string> Codes = [.. typeof(ErrorCode).GetFields().Select(code => (string)code.GetRawConstantValue()!)];

    [Fact]
    public async Task Every_call_answers_bad_input_with_a_problem_and_does_nothing_by_halves()
    {
        await using var school = await HostileSchool.OpenAsync(postgres);
        using var client = school.School.Api.Rest();
        var calls = ApiCall.All(JsonNode.Parse(await client.GetStringAsync("/openapi/v1.json", Deadline.Token()))!, ApiEndpoints.All());
        Assert.Contains(calls, call => call.Path == "/api/v1/rooms/{roomId}/messages" && call.Body!.Contains(("content", "string")));
        Assert.Contains(calls, call => call.Path == "/api/chat/forum/{roomId}/messages" && call.Query.Contains("message_type"));
        Assert.Contains(calls, call => call is { Path: "/api/chat/messages/{rest}", Method: "POST" });
        Assert.Contains(calls, call => call is { Path: "/ws/chat/{room}", Method: "GET" } && call.Query.Contains("token"));
        var (faults, refused, accepted) = (new List<string>(), 0, 0);

        foreach (var (number, call) in calls.Index())
        {
            // each try of a password costs what it costs
            var cases = call.Path == "/api/auth/login" ? Math.Max(6, Cases / 3) : Cases;
            var tainted = (call.Body ?? []).Where(member => member.Type == "string").SelectMany(member => Unstorable.Select(what => (member.Name, what))).ToList();
            for (var i = 0; i < cases + tainted.Count; i++)
            {
                var hostile = new Hostile(HashCode(Seed, number, i));
                using var request = i < cases
                    ? Make(hostile, school, call, await school.CallerAsync(hostile))
                    : Taint(hostile, school, call, tainted[i - cases], await school.AdministratorAsync());
                var before = await school.StateAsync();
                using var answer = await client.SendAsync(request, Deadline.Token());
                var body = await answer.Content.ReadAsByteArrayAsync(Deadline.Token());
                var fault = Judge(call, request, answer, body);
                if (fault is null && !answer.IsSuccessStatusCode)
                {
                    var after = await school.StateAsync();
                    fault = string.Join(", ", after.Where(table => before[table.Key] != table.Value).Select(table => $"refused, and {table.Key} changed"));
                }

                if (!string.IsNullOrEmpty(fault)) faults.Add($"{call} ({request.RequestUri}) case {i}: {fault} <- {await SentAsync(request)}");
                if (answer.IsSuccessStatusCode) accepted++;
                else refused++;
                if (answer.IsSuccessStatusCode && call.Path.StartsWith("/api/v1/roster", StringComparison.Ordinal)) await school.SettledAsync();
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} faults with THEBOT_FUZZ_SEED={Seed}:\n{string.Join('\n', faults.Take(25))}");
        Assert.DoesNotContain("fail:", school.School.Api.Output, StringComparison.Ordinal);
        Assert.True(refused > calls.Count * Cases / 3 && accepted > calls.Count, $"{accepted} accepted, {refused} refused: not the input that this test is for");
    }

    /// <summary>A body over the limit, said beforehand or not, and what is no HTTP at all.</summary>
    [Theory]
    [InlineData("/api/v1/rooms")]
    [InlineData("/api/auth/login/")]
    public async Task A_body_that_is_too_large_is_refused_before_it_is_read(string path)
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var person = await school.PersonAsync(Data.Schema.Role.Teacher);
        using var client = school.Api.Rest(person.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes($"{{\"name\":\"{new string('x', 2_000_000)}\"}}")) { Headers = { ContentType = new("application/json") } },
        };
        request.Headers.ExpectContinue = true;
        using var answer = await client.SendAsync(request, Deadline.Token());

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("larger", await answer.Content.ReadAsStringAsync(Deadline.Token()), StringComparison.Ordinal);
    }

    /// <summary>A refusal names the field, in the wire's words.</summary>
    [Theory]
    [InlineData("GET", "/api/v1/rooms?limit=many", null, "limit")]
    [InlineData("GET", "/api/v1/rooms/{room}/messages?before=99999999999999999999", null, "before")]
    [InlineData("PUT", "/api/v1/rooms/{room}/read", """{"seq":"x"}""", "seq")]
    [InlineData("POST", "/api/v1/rooms/{room}/messages", """{"content":["x"]}""", "content")]
    [InlineData("POST", "/api/v1/rooms/{room}/messages", """{"content":"a","content":"b"}""", "content")]
    [InlineData("POST", "/api/v1/rooms/{room}/messages", "{\"content\":\"\\ud800\"}", "content")]
    [InlineData("PUT", "/api/v1/rooms/{room}/read", "", null)]
    public async Task A_value_of_a_wrong_type_is_named(string method, string path, string? body, string? field)
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (room, student, _) = await school.ClassAsync();
        using var client = school.Api.Rest(student.Token);
        using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{room}", room.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request, Deadline.Token());
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Deadline.Token()))!;

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.Validation), (answer.StatusCode, (string?)problem["code"]));
        Assert.Equal(field, problem["errors"]?.AsObject().Single().Key);
    }

    private static HttpRequestMessage Make(Hostile hostile, HostileSchool school, ApiCall call, string? token)
    {
        var path = call.Segments.Aggregate(call.Path, (at, name) => at.Replace($"{{{name}}}", hostile.Chance(70) ? school.Good(hostile, name) : hostile.Segment(), StringComparison.Ordinal));
        var query = call.Query.Append("unknown").Where(_ => hostile.Chance(40)).Select(name => $"{name}={hostile.Segment()}").ToList();
        if (query.Count > 0 && hostile.Chance(10)) query.Add(query[0]);
        if (query.Count > 0) path += "?" + string.Join('&', query);
        var request = new HttpRequestMessage(
            new HttpMethod(call.Method), new Uri($"{school.School.Api.Address}{path[1..]}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Token", token);
        foreach (var name in call.Headers.Append("User-Agent").Where(_ => hostile.Chance(50))) request.Headers.TryAddWithoutValidation(name, Ascii(hostile.Header()));
        if (call.Body is { } members)
        {
            request.Content = new ByteArrayContent(hostile.Body([.. members.Select(member => (member.Name, school.Good(hostile, member.Name, member.Type)))], call.IsArray));
            if (!hostile.Chance(3)) request.Content.Headers.TryAddWithoutValidation("Content-Type", hostile.Chance(95) ? "application/json" : hostile.One(["text/plain", "multipart/form-data; boundary=x", "multipart/form-data", "application/xml", "application/json; charset=utf-16"]));
        }

        return request;
    }

    /// <summary>A call that is meant well but for what stands in the middle of one text.</summary>
    private static HttpRequestMessage Taint(Hostile hostile, HostileSchool school, ApiCall call, (string Name, string What) tainted, string token)
    {
        var path = call.Segments.Aggregate(call.Path, (at, name) => at.Replace($"{{{name}}}", school.Good(hostile, name), StringComparison.Ordinal));
        var members = call.Body!.Select(member => (member.Name, Value: school.Good(hostile, member.Name, member.Type)))
            .Select(member => $"\"{member.Name}\":{(member.Name == tainted.Name ? member.Value.Insert(member.Value.Length / 2, tainted.What) : member.Value)}");
        var body = $"{{{string.Join(',', members)}}}";
        var request = new HttpRequestMessage(new HttpMethod(call.Method), $"{school.School.Api.Address}{path[1..]}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Token", token);
        request.Content = new StringContent(call.IsArray ? $"[{body}]" : body, Encoding.UTF8, "application/json");
        return request;
    }

    /// <summary>What is wrong with an answer; null = nothing.</summary>
    private static string? Judge(ApiCall call, HttpRequestMessage request, HttpResponseMessage answer, byte[] body)
    {
        var status = (int)answer.StatusCode;
        if (answer.IsSuccessStatusCode) return null;
        if (status is < 400 or >= 500) return $"{status}: {Encoding.UTF8.GetString(body)}";
        if (Inside().Match(Encoding.UTF8.GetString(body)) is { Success: true } told) return $"{status} tells {told.Value}: {Encoding.UTF8.GetString(body)}";
        if (call.Method == "HEAD" || call.IsOfTheFramework) return null;

        // a NUL in the address is no HTTP: the server itself says so, before anybody of us is asked
        if (body.Length == 0 && status == 400 && request.RequestUri!.OriginalString.Contains("%00", StringComparison.Ordinal)) return null;
        JsonNode? problem;
        try
        {
            problem = JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            return $"{status} without a problem: {Encoding.UTF8.GetString(body)}";
        }

        if (call.IsOfTheSeed) return problem?["error"] is null && problem?["detail"] is null ? $"{status} without a reason" : null;
        if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json") return $"{status} as {answer.Content.Headers.ContentType}";
        return Codes.Contains((string?)problem?["code"] ?? "") ? null : $"{status} without a code: {problem}";
    }

    private static async Task<string> SentAsync(HttpRequestMessage request)
    {
        var sent = request.Content is null ? "" : Encoding.UTF8.GetString(await request.Content.ReadAsByteArrayAsync());
        return $"{request.Content?.Headers.ContentType} {(sent.Length > 300 ? sent[..300] + "..." : sent)}";
    }

    internal static string Ascii(string text) => new([.. text.Where(char.IsAscii)]);

    /// <summary>The same in every process, unlike <see cref="System.HashCode"/>.</summary>
    internal static int HashCode(int seed, int call, int number) => unchecked((((seed * 486187739) + call) * 486187739) + number);

    private static int Setting(string name, int standard) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : standard;

    /// <summary>Words that only the inside knows: of the framework, the database, the language.</summary>
    [GeneratedRegex(@"System\.|Microsoft\.|Npgsql|TheBot\.|Exception|StackTrace|SQLSTATE|Nullable|\b(?:long|int|bool)\?|(?:^|\s)at \w+\.\w+\(")]
    private static partial Regex Inside();
}
