using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using Npgsql;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using TheBot.Tests.Fuzzing;

namespace TheBot.Tests.Delivery;

/// <summary>What a client hears first, whatever happens to its person while it comes in.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class GreetingTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task The_hubs_first_word_is_ready_though_a_room_and_a_draft_came_before_it()
    {
        await using var school = await ApiSchool.OpenAsync(postgres, ("Chat__Delivery__SweepEvery", "00:00:00.1"));
        var student = await school.PersonAsync();
        await using var witness = await school.V1Async(student);
        await using var writing = await ChatGraph.HubWithAsync(student.Token, school.Api.Address);
        var shown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var device = await ChatGraph.HubWithAsync(student.Token, school.Api.Address, it => it.On<long, string>(nameof(IChatClient.DraftChanged), (_, _) => shown.SetResult()));
        await using var hub = await RudeSocket.ConnectAsync(school.Api.Address, $"/hubs/chat?access_token={student.Token}");

        // the connection's own log is open, and nobody can say whether its login still holds
        await using (var blocker = await school.Database.OpenConnectionAsync(Deadline.Token()))
        await using (var blocking = await blocker.BeginTransactionAsync(Deadline.Token()))
        {
            await ExecuteAsync(blocker, "LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE");
            await hub.WriteAsync(RudeSocket.Frame(1, "{\"protocol\":\"json\",\"version\":1}\u001e"u8));
            await Deadline.UntilAsync(
                () => ExecuteAsync(blocker, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"),
                waits => waits is true,
                "the hub to ask for the login");
            await EnrollAsync(school, student.Id);
            await witness.NextAsync(V1Type.RoomAdded);
            await writing.InvokeAsync("Draft", 1L, "черновик", Deadline.Token());
            await shown.Task.WaitAsync(Deadline.Token());
            await blocking.CommitAsync(Deadline.Token());
        }

        await hub.HearsAsync(nameof(IChatClient.Ready));
        var later = await EnrollAsync(school, student.Id);
        Assert.True(await hub.HearsAsync($"[{later}]"));

        var calls = hub.Heard.SelectMany(text => text.Split('\u001e', StringSplitOptions.RemoveEmptyEntries))
            .Select(text => JsonNode.Parse(text)!.AsObject())
            .Where(message => (int?)message["type"] == 1)
            .Select(message => ((string)message["target"]!, message["arguments"]![0]!));
        Assert.Collection(
            calls,
            ready => Assert.Equal((nameof(IChatClient.Ready), student.Id), (ready.Item1, (long)ready.Item2["user"]!["id"]!)),
            added => Assert.Equal((nameof(IChatClient.RoomAdded), later), (added.Item1, (long)added.Item2)));
    }

    /// <summary>The room of a new course.</summary>
    private static async Task<long> EnrollAsync(ApiSchool school, long student)
    {
        var teacher = await school.School.PersonAsync(Role.Teacher);
        var enrollment = await school.School.EnrollAsync(student, await school.School.SubjectAsync(), teacher);
        return enrollment.Rooms.Single(room => room.Kind == RoomKind.ForumSubject).Id;
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // constants of this test
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(Deadline.Token());
    }
}
