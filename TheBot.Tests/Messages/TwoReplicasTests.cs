using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;
using Xunit.Abstractions;

namespace TheBot.Tests.Messages;

[Collection(ScratchPostgresTests.Name)]
public sealed class TwoReplicasTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    [Fact]
    public async Task Seq_has_no_gaps_and_equals_commit_order_with_two_replicas_on_one_room()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 4);
        var replicas = new[] { lessons.Replica(options => options.BatchSize = 20), lessons.Replica(options => options.BatchSize = 20) };
        var outsider = await lessons.School.PersonAsync(Role.Teacher);
        var (muting, closed) = (lessons.Rooms[1], lessons.Rooms[3]);
        await lessons.School.ExecuteAsync("UPDATE room_members SET muted_until = now() + interval '1 hour' WHERE room_id = $1 AND user_id = $2", muting, lessons.Teacher);
        await lessons.School.ExecuteAsync("UPDATE rooms SET locked = true WHERE id = $1", closed);
        var elsewhere = (await replicas[0].Send(lessons.Rooms[2], lessons.Student, "elsewhere").OutcomeAsync()).Message!.Id;

        using var written = new CancellationTokenSource();
        var reading = lessons.Rooms.Select(room => Task.Run(() => FollowAsync(replicas[0].Log, room, written.Token))).ToList();
        var lots = await Task.WhenAll(Enumerable.Range(0, 8).Select(which => Task.Run(async () =>
        {
            var random = new Random(seed + which);
            var lot = new List<(Sent Sent, string? Error)>();
            for (var i = 0; i < 250; i++)
            {
                var replica = replicas[random.Next(2)];
                var (room, text) = (lessons.Rooms[random.Next(2)], $"{which}.{i}");
                lot.Add(random.Next(12) switch
                {
                    0 => (replica.Send(room, outsider, text), ErrorCode.AccessDenied),
                    1 => (replica.Send(muting, lessons.Teacher, text), ErrorCode.Muted),
                    2 => (replica.Send(closed, lessons.Student, text), ErrorCode.ReadOnly),
                    3 => (replica.Send(room, lessons.Student, text, replyTo: elsewhere), ErrorCode.NotFound),
                    4 => (replica.Send(long.MaxValue - random.Next(3), lessons.Student, text), ErrorCode.AccessDenied),
                    5 => (replica.Send(lessons.Rooms[2], lessons.Student, text, replyTo: elsewhere), null),
                    _ => (replica.Send(room, lessons.Student, text), null),
                });
                if (random.Next(30) == 0) await lot[^1].Sent.OutcomeAsync();
            }

            await Sent.AllAsync(lot.Select(one => one.Sent));
            return lot;
        })));
        await written.CancelAsync();

        var sends = lots.SelectMany(lot => lot).ToList();
        foreach (var (sent, error) in sends)
        {
            var outcome = await sent.OutcomeAsync();
            Assert.Equal((error, 1), (outcome.Error, sent.Answers));
        }

        await lessons.StoredOnceAsync([.. sends.Where(one => one.Error is null).Select(one => one.Sent)]);
        var stored = 0;
        foreach (var (room, read) in lessons.Rooms.Zip(await Task.WhenAll(reading)))
        {
            stored += (await lessons.MessagesAsync(room)).Count;
            Assert.Equal(await lessons.School.ScalarAsync<long>("SELECT head_seq FROM rooms WHERE id = $1", room), read);
        }

        Assert.Equal(1 + sends.Count(one => one.Error is null), stored);
    }

    /// <summary>
    /// Reads on while others write: a seq that became visible after a later one would show here as a gap, and that is what commit order means to a reader.
    /// </summary>
    private static async Task<long> FollowAsync(RoomLog log, long room, CancellationToken written)
    {
        for (var seq = 0L; ;)
        {
            var last = written.IsCancellationRequested;
            var read = await log.ReadAsync(room, seq, 1000, readerId: null, Deadline.Token());
            foreach (var line in read) Assert.Equal(++seq, line.Seq);
            if (last && read.Count == 0) return seq;
        }
    }
}
