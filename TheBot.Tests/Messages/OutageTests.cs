using TheBot.Contracts;
using Xunit.Abstractions;

namespace TheBot.Tests.Messages;

/// <summary>The database goes away while people write. On a server of its own, because it is killed.</summary>
public sealed class OutageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly ScratchPostgres _postgres = new();

    public Task InitializeAsync() => _postgres.InitializeAsync();

    public Task DisposeAsync() => _postgres.DisposeAsync();

    [Fact]
    public async Task The_database_restarts_and_no_accepted_message_is_lost_or_doubled()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var lessons = await Lessons.OpenAsync(_postgres, rooms: 3);
        var replicas = new[] { lessons.Replica(Patient), lessons.Replica(Patient) };
        using var enough = new CancellationTokenSource();
        var acknowledged = 0;
        var sending = Enumerable.Range(0, 6).Select(which => Task.Run(async () =>
        {
            var random = new Random(seed + which);
            var mine = new List<Sent>();
            while (!enough.IsCancellationRequested)
            {
                mine.Add(replicas[random.Next(2)].Send(lessons.Rooms[random.Next(3)], lessons.Student, $"{which}.{mine.Count}"));
                if (random.Next(8) != 0) continue;
                await Sent.AllAsync(mine);
                Interlocked.Add(ref acknowledged, 1);
            }

            await Sent.AllAsync(mine);
            return mine;
        })).ToList();

        for (var restart = 0; restart < 2; restart++)
        {
            var before = Volatile.Read(ref acknowledged);
            await Deadline.UntilAsync(() => Task.FromResult(Volatile.Read(ref acknowledged)), count => count >= before + 30, "acknowledged sends");
            await _postgres.StopAsync();
            await _postgres.StartAsync();
        }

        await enough.CancelAsync();
        lessons.ForgetConnections();
        var sends = (await Task.WhenAll(sending)).SelectMany(mine => mine).ToList();
        // the outage was shorter than the writer's patience, so every send ends well
        await lessons.StoredOnceAsync(sends);
        var stored = 0;
        foreach (var room in lessons.Rooms) stored += (await lessons.MessagesAsync(room)).Count;
        Assert.Equal(sends.Count, stored);
    }

    /// <summary>
    /// save_error says that nobody knows: the message may be stored or not, at most once. What is promised is that the same client id settles it.
    /// </summary>
    [Fact]
    public async Task A_send_that_outlives_the_patience_fails_with_save_error_and_its_client_id_settles_it()
    {
        await using var lessons = await Lessons.OpenAsync(_postgres, rooms: 2);
        var (patient, replica) = (lessons.Replica(Patient), lessons.Replica(options => options.Patience = TimeSpan.FromSeconds(1)));
        var stored = Enumerable.Range(0, 50).Select(i => patient.Send(lessons.Rooms[i % 2], lessons.Student, $"{i}", $"id{i}")).ToList();
        Assert.All(await Sent.AllAsync(stored), outcome => Assert.NotNull(outcome.Message));

        var open = Enumerable.Range(50, 100).Select(i => replica.Send(lessons.Rooms[i % 2], lessons.Student, $"{i}", $"id{i}")).ToList();
        await _postgres.StopAsync();
        var late = Enumerable.Range(150, 50).Select(i => replica.Send(lessons.Rooms[i % 2], lessons.Student, $"{i}", $"id{i}")).ToList();
        var answers = await Sent.AllAsync(open);
        Assert.All(answers, outcome => Assert.True(outcome.Message is not null || outcome.Error == ErrorCode.Save, outcome.Error));
        Assert.All(await Sent.AllAsync(late), outcome => Assert.Equal(ErrorCode.Save, outcome.Error));
        await _postgres.StartAsync();
        lessons.ForgetConnections();

        await lessons.StoredOnceAsync([.. stored, .. open.Zip(answers).Where(one => one.Second.Message is not null).Select(one => one.First)]);
        var again = stored.Concat(open).Concat(late).Select(sent => patient.Send(sent.Draft.RoomId, sent.Draft.SenderId, sent.Draft.Content, sent.Draft.ClientId)).ToList();
        await lessons.StoredOnceAsync(again);
        Assert.Equal(again.Count, (await lessons.MessagesAsync(lessons.Rooms[0])).Count + (await lessons.MessagesAsync(lessons.Rooms[1])).Count);
        Assert.All(stored.Concat(open).Concat(late), sent => Assert.Equal(1, sent.Answers));
    }

    private static void Patient(ChatApi.Messages.MessageWriterOptions options) => options.Patience = Deadline.Patience;
}
