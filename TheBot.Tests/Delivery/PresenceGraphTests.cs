using System.Diagnostics;
using System.Text.Json.Nodes;
using Npgsql;
using TheBot.Contracts.V1;
using Xunit.Abstractions;

namespace TheBot.Tests.Delivery;

/// <summary>A graph whose presence lease is short, so that tests can wait for its end.</summary>
public sealed class ShortLeaseGraph : IAsyncLifetime
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    public ChatGraph Graph { get; } = new()
    {
        Configure = builder => builder
            .CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "chatapi"))
            .WithEnvironment("Chat__Delivery__PresenceLease", Lease.ToString()),
    };

    public Task InitializeAsync() => Graph.InitializeAsync();

    public Task DisposeAsync() => Graph.DisposeAsync();
}

/// <summary>Who is in the room, on two replicas that come and go.</summary>
public sealed class PresenceGraphTests(ShortLeaseGraph shortLease, ITestOutputHelper output) : IClassFixture<ShortLeaseGraph>
{
    private readonly ChatGraph _graph = shortLease.Graph;

    private Uri A => _graph.Replicas[0];

    private Uri B => _graph.Replicas[1];

    [Fact]
    public async Task A_person_joins_with_the_first_connection_and_leaves_with_the_last_on_whichever_replica()
    {
        var school = await _graph.NewClassAsync();
        await using var here = await ChatGraph.SeedAsync(school.Teacher, school.SubjectRoom, A);
        await here.NextAsync("user_joined", f => IdOf(f) == school.Teacher.Id);
        await using var there = await SeedSocket.ConnectAsync(B, $"/ws?token={school.Guardian.Token}", subprotocol: V1Protocol.Subprotocol);
        await there.SendAsync(new { type = "subscribe", room = school.SubjectRoom });
        await there.NextAsync(V1Type.Presence, f => OnlineOf(f) == (school.Guardian.Id, true));

        var first = await ChatGraph.HubWithAsync(school.Student.Token, B);
        await using (first)
        {
            await Microsoft.AspNetCore.SignalR.Client.HubConnectionExtensions.InvokeAsync(first, "Subscribe", school.SubjectRoom, (long?)null);
            await here.NextAsync("user_joined", f => IdOf(f) == school.Student.Id);
            await there.NextAsync(V1Type.Presence, f => OnlineOf(f) == (school.Student.Id, true));
        }

        await here.NextAsync("user_left", f => IdOf(f) == school.Student.Id);
        await there.NextAsync(V1Type.Presence, f => OnlineOf(f) == (school.Student.Id, false));

        await using (var second = await ChatGraph.SeedAsync(school.Student, school.SubjectRoom, B))
        {
            await second.NextAsync("user_joined", f => IdOf(f) == school.Student.Id);
            await using var third = await ChatGraph.SeedAsync(school.Student, school.SubjectRoom, A);
            await third.NextAsync("room_history");
            await RowsAsync(school, 4);
            await second.DisposeAsync();
            await RowsAsync(school, 3);
            await third.SendAsync(new { type = "chat_message", content = "я ещё здесь" });
            await here.NextAsync("chat_message");
            await there.NextAsync(V1Type.MessageCreated);
            Assert.Equal(2, here.Seen.Count(f => (string)f["type"]! == "user_joined" && IdOf(f) == school.Student.Id));
            Assert.Single(here.Seen, f => (string)f["type"]! == "user_left");
        }

        await here.NextAsync("user_left", f => IdOf(f) == school.Student.Id);
        await there.NextAsync(V1Type.Presence, f => OnlineOf(f) == (school.Student.Id, false));
        Assert.Equal(
            [true, false, true, false],
            there.Seen.Where(f => (string)f["type"]! == V1Type.Presence && OnlineOf(f).Id == school.Student.Id).Select(f => OnlineOf(f).Online));
    }

    [Trait("Needs", "LocalAspire")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task People_of_a_killed_replica_are_gone_within_one_lease_and_type_no_longer(bool withRedis)
    {
        var school = await _graph.NewClassAsync();
        if (withRedis) await BellRingsAsync();
        else await RedisAsync(KnownResourceCommands.StopCommand);
        var replica = await ReplicaProcess.FindAsync(_graph, A);
        await using var teacher = await ChatGraph.SeedAsync(school.Teacher, school.SubjectRoom, B);
        await teacher.NextAsync("user_joined", f => IdOf(f) == school.Teacher.Id);
        await using var student = await ChatGraph.SeedAsync(school.Student, school.SubjectRoom, A);
        await using var guardian = await ChatGraph.SeedAsync(school.Guardian, school.SubjectRoom, A);
        await teacher.NextAsync("user_joined", f => IdOf(f) == school.Student.Id);
        if (withRedis)
        {
            await student.SendAsync(new { type = "typing" }); // rides the bell, and only that
            await teacher.NextAsync("typing", f => IdOf(f) == school.Student.Id);
        }

        // the guardian is on both, and so stays
        await using var guardianToo = await ChatGraph.SeedAsync(school.Guardian, school.SubjectRoom, B);
        await guardianToo.NextAsync("room_history");
        await RowsAsync(school, 4);

        replica.Kill();
        var killed = Stopwatch.GetTimestamp();
        try
        {
            await teacher.NextAsync("user_left", f => IdOf(f) == school.Student.Id);
            var took = Stopwatch.GetElapsedTime(killed);
            output.WriteLine($"gone after {took.TotalSeconds:0.0} s of {ShortLeaseGraph.Lease.TotalSeconds} s");
            Assert.True(took <= ShortLeaseGraph.Lease, $"gone only after {took}");
            if (withRedis)
            {
                await Deadline.UntilAsync(
                    () => Task.FromResult(teacher.Seen), seen => seen.Any(f => (string)f["type"]! == "typing_stop" && IdOf(f) == school.Student.Id), "typing_stop");
            }

            await RowsAsync(school, 2);
            Assert.DoesNotContain(teacher.Seen, f => (string)f["type"]! == "user_left" && IdOf(f) == school.Guardian.Id);
        }
        finally
        {
            await replica.StartAsync();
            if (!withRedis) await RedisAsync(KnownResourceCommands.StartCommand);
        }
    }

    private static long IdOf(JsonObject frame) => (long)frame["user"]!["id"]!;

    private static (long Id, bool Online) OnlineOf(JsonObject frame) => ((long)frame["data"]!["user"]!["id"]!, (bool)frame["data"]!["online"]!);

    private async Task RowsAsync(SchoolClass school, long rows)
    {
        await using var database = NpgsqlDataSource.Create((await _graph.App.GetConnectionStringAsync("chatdb"))!);
        await using var command = database.CreateCommand("SELECT count(*) FROM presence WHERE room_id = $1");
        command.Parameters.AddWithValue(school.SubjectRoom);
        await Deadline.UntilAsync(async () => (long)(await command.ExecuteScalarAsync(Deadline.Token()))!, count => count == rows, $"{rows} rows of presence");
    }

    /// <summary>On both replicas, also where another test has stopped Redis or a replica: what rides the bell alone is lost until then.</summary>
    private async Task BellRingsAsync()
    {
        foreach (var address in new[] { A, B })
        {
            using var replica = new HttpClient { BaseAddress = address };
            await Health.UntilAsync(replica, "Healthy");
        }
    }

    private async Task RedisAsync(string command)
    {
        var result = await _graph.App.ResourceCommands.ExecuteCommandAsync(_graph.Resource("redis"), command, Deadline.Token());
        Assert.True(result.Success, $"{command} redis");
    }
}
