using System.Net;
using System.Net.Http.Json;

namespace TheBot.Tests.Graph;

/// <summary>The same binaries in other surroundings: everything they need to know of these comes from the graph.</summary>
public class OtherGraphsTests
{
    [Fact]
    public async Task Two_graphs_at_once_have_ports_and_passwords_of_their_own()
    {
        var (one, other) = (new ChatGraph(), new ChatGraph());
        await Task.WhenAll(one.InitializeAsync(), other.InitializeAsync());
        try
        {
            foreach (var resource in new[] { "chatdb", "redis" })
            {
                Assert.NotEqual(await one.App.GetConnectionStringAsync(resource), await other.App.GetConnectionStringAsync(resource));
            }

            Assert.NotEqual(one.Address, other.Address);
            var room = (long)(await one.ForumAsync("demo.student"))[0]["id"]!;
            var text = $"только здесь {Guid.NewGuid()}";
            await using (var here = await one.SeedAsync("demo.student", room, one.Replicas[0]))
            {
                await here.SendAsync(new { type = "chat_message", content = text });
                await here.NextAsync("message_sent");
            }

            using var there = await other.RestAsync("demo.student");
            Assert.DoesNotContain(text, await there.GetStringAsync($"/api/v1/rooms/{room}/messages"), StringComparison.Ordinal);
        }
        finally
        {
            await Task.WhenAll(one.DisposeAsync(), other.DisposeAsync());
        }
    }

    [Fact]
    public async Task A_redis_without_password_and_a_production_environment_run_the_same_binaries()
    {
        await using var redis = await ScratchRedis.StartAsync();
        var graph = new ChatGraph
        {
            Arguments = [$"--ConnectionStrings:redis=localhost:{redis.Port}"],
            Configure = builder => builder
                .CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "chatapi"))
                .WithEnvironment("ASPNETCORE_ENVIRONMENT", "Production"),
        };
        await graph.InitializeAsync();
        try
        {
            using var client = new HttpClient { BaseAddress = graph.Replicas[0] };
            var health = await Deadline.UntilAsync(() => client.GetStringAsync("/health"), h => h.Contains("\"redis\":\"Healthy\"", StringComparison.Ordinal), "the bell");
            Assert.Contains("\"database\":\"Healthy\"", health, StringComparison.Ordinal);

            // the demo school's password is known to everybody: outside Development it opens nothing
            using var login = await client.PostAsJsonAsync("/api/auth/login/", new { username = "demo.student", password = "demo" }, Deadline.Token());
            Assert.Equal(HttpStatusCode.Unauthorized, login.StatusCode);
        }
        finally
        {
            await graph.DisposeAsync();
        }
    }
}
