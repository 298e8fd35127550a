using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TheBot.ChatApi.Auth;

namespace TheBot.Tests.Reference;

/// <summary>The REST API's own description: committed, served, and readable without a network.</summary>
[Collection(ScratchPostgresTests.Name)]
public class ReferenceTests(ScratchPostgres postgres)
{
    private const string WriteAgain = "docs/openapi.v1.json is stale; write it again with: dotnet run --project TheBot.ChatApi -- openapi ../docs/openapi.v1.json";

    private static readonly string Committed = Path.Combine(Repository.Root, "docs", "openapi.v1.json");

    /// <summary>Every call of the committed document.</summary>
    public static TheoryData<string, string> Calls
    {
        get
        {
            var calls = new TheoryData<string, string>();
            foreach (var (path, methods) in Document()["paths"]!.AsObject())
                foreach (var (method, _) in methods!.AsObject()) calls.Add(method, path);
            return calls;
        }
    }

    [Fact]
    public async Task The_committed_document_is_not_stale()
    {
        var folder = Directory.CreateTempSubdirectory("openapi-");
        try
        {
            var written = Path.Combine(folder.FullName, "v1.json");
            var start = new ProcessStartInfo("dotnet", [typeof(Identity).Assembly.Location, "openapi", written])
            {
                WorkingDirectory = Path.Combine(Repository.Root, "TheBot.ChatApi"),
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync(Deadline.Token());
            Assert.True(process.ExitCode == 0, await errors);
            Assert.True(await File.ReadAllTextAsync(Committed) == await File.ReadAllTextAsync(written), WriteAgain);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_document_is_served_everywhere_and_the_page_in_Development_only_without_a_look_at_the_internet()
    {
        await using var redis = await ScratchRedis.StartAsync();
        var database = await postgres.NewDatabaseAsync();
        await using var development = await ApiProcess.StartAsync(database, redis);
        await using var production = await ApiProcess.StartAsync(database, redis, ("ASPNETCORE_ENVIRONMENT", "Production"));
        foreach (var api in new[] { development, production })
        {
            using var client = api.Rest();
            var served = JsonNode.Parse(await client.GetStringAsync("/openapi/v1.json", Deadline.Token()));
            Assert.True(JsonNode.DeepEquals(Document(), served), "what is served is not what is committed");
        }

        using var nobody = production.Rest();
        using var hidden = await nobody.GetAsync("/reference/", Deadline.Token());
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);

        using var reader = development.Rest();
        var page = await reader.GetStringAsync("/reference/", Deadline.Token());
        Assert.DoesNotMatch("https?://", page);
        var scripts = Regex.Matches(page, "<script[^>]* src=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            using var answer = await reader.GetAsync(new Uri(new Uri(development.Address, "/reference/"), script), Deadline.Token());
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("javascript", answer.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Every_call_says_what_it_does_who_may_ask_and_how_it_refuses(string method, string path)
    {
        var call = Document()["paths"]![path]![method]!;
        Assert.False(string.IsNullOrEmpty((string?)call["summary"]), "no summary: .WithSummary(...) where it is mapped");
        var refusals = call["responses"]!.AsObject().Where(answer => answer.Key[0] is '4' or '5').ToList();
        var schema = path.StartsWith("/api/chat", StringComparison.Ordinal) || path.StartsWith("/api/auth", StringComparison.Ordinal) ? "#/components/schemas/SeedRefusal" : "#/components/schemas/Problem";
        Assert.NotEmpty(refusals);
        Assert.All(refusals, refusal => Assert.Equal(schema, (string?)refusal.Value!["content"]!.AsObject().Single().Value!["schema"]!["$ref"]));
        if (path != "/api/auth/login") Assert.Equal(call["security"] is not null, call["responses"]!["401"] is not null);
        Assert.Contains(call["responses"]!.AsObject(), answer => answer.Key[0] == '2');
    }

    [Fact]
    public void Names_and_limits_are_told()
    {
        var schemas = Document()["components"]!["schemas"]!;
        Assert.Equal(["student", "teacher", "tutor", "parent"], schemas["Person"]!["properties"]!["role"]!["enum"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(5, schemas["RoomItem"]!["properties"]!["kind"]!["enum"]!.AsArray().Count);
        var send = schemas["SendMessageRequest"]!;
        Assert.Equal(["content"], send["required"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(10_000, (int)send["properties"]!["content"]!["maxLength"]!);
        Assert.Contains("rate_limited", schemas["Problem"]!["properties"]!["code"]!["enum"]!.AsArray().Select(name => (string)name!));
        Assert.Equal("bearer", (string?)Document()["components"]!["securitySchemes"]!["login"]!["scheme"]);
    }

    private static JsonNode Document() => JsonNode.Parse(File.ReadAllText(Committed))!;
}
