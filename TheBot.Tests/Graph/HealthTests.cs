using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using TheBot.Data.Schema;

namespace TheBot.Tests.Graph;

/// <summary>What the probes say, and that what they call degraded still works. A graph of its own, because it breaks things.</summary>
public class HealthTests(ChatGraph graph) : IClassFixture<ChatGraph>
{
    [Fact]
    public async Task Without_redis_the_api_is_degraded_and_messages_still_cross_replicas()
    {
        using var client = new HttpClient { BaseAddress = graph.Replicas[1] };
        await HealthAsync(client, "Healthy");
        var room = (long)(await graph.ForumAsync("demo.student"))[0]["id"]!;
        await using var reader = await graph.SeedAsync("demo.student", room, graph.Replicas[1]);
        await reader.NextAsync("room_history");

        await CommandAsync("redis", KnownResourceCommands.StopCommand);
        var (status, _) = await HealthAsync(client, "Degraded");
        Assert.Equal(HttpStatusCode.OK, status);
        await using var writer = await graph.SeedAsync("demo.student", room, graph.Replicas[0]);
        await writer.NextAsync("room_history");
        await using var hub = await graph.HubAsync("demo.student", graph.Replicas[0]);
        await writer.SendAsync(new { type = "chat_message", content = "без колокола" });
        await reader.NextAsync("chat_message", f => (string)f["message"]!["content"]! == "без колокола");

        await CommandAsync("redis", KnownResourceCommands.StartCommand);
        await HealthAsync(client, "Healthy");
        await writer.SendAsync(new { type = "chat_message", content = "снова с колоколом" });
        await reader.NextAsync("chat_message", f => (string)f["message"]!["content"]! == "снова с колоколом");
    }

    [Fact]
    public async Task A_schema_older_than_this_build_needs_is_not_ready_and_still_alive()
    {
        using var client = new HttpClient { BaseAddress = graph.Replicas[0] };
        await using var database = NpgsqlDataSource.Create((await graph.App.GetConnectionStringAsync("chatdb"))!);
        await RenumberAsync(database, "0");
        try
        {
            var (status, body) = await HealthAsync(client, "Unhealthy");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Equal("Unhealthy", (string)body["checks"]!["database"]!);
            using var alive = await client.GetAsync("/alive", Deadline.Token());
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        }
        finally
        {
            await NumberAsBeforeAsync(database);
        }

        // one from a later build is fine: the old replicas go on during a deploy
        await RenumberAsync(database, "9");
        try
        {
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health", Deadline.Token())).StatusCode);
        }
        finally
        {
            await NumberAsBeforeAsync(database);
        }
    }

    /// <summary>Moves what this build needs, and what is newer, before or behind every other migration.</summary>
    private static async Task RenumberAsync(NpgsqlDataSource database, string prefix)
    {
        await using var command = database.CreateCommand("""UPDATE "__EFMigrationsHistory" SET migration_id = $2 || migration_id WHERE migration_id >= $1""");
        command.Parameters.AddWithValue(ChatDbContext.RequiredMigration);
        command.Parameters.AddWithValue(prefix);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }

    private static async Task NumberAsBeforeAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("""UPDATE "__EFMigrationsHistory" SET migration_id = substr(migration_id, 2) WHERE migration_id !~ '^2'""");
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }

    private async Task CommandAsync(string resource, string command)
    {
        var result = await graph.App.ResourceCommands.ExecuteCommandAsync(graph.Resource(resource), command, Deadline.Token());
        Assert.True(result.Success, $"{command} {resource}");
    }

    private static Task<(HttpStatusCode Status, JsonObject Body)> HealthAsync(HttpClient client, string wanted) => Deadline.UntilAsync(
        async () =>
        {
            using var answer = await client.GetAsync("/health", Deadline.Token());
            return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonObject>())!);
        },
        health => (string)health.Item2["status"]! == wanted,
        $"health {wanted}");
}
