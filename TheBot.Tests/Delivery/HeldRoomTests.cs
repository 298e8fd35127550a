using System.Collections.Concurrent;
using System.Diagnostics;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using TheBot.Tests.Messages;
using Xunit.Abstractions;

namespace TheBot.Tests.Delivery;

/// <summary>Somebody at a database prompt locks a room's row and goes for a coffee.</summary>
[Collection(SharedReplicas.Name)]
public sealed class HeldRoomTests(TwoReplicas replicas, ITestOutputHelper output)
{
    private static readonly TimeSpan HeldFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Other_rooms_of_the_replica_stay_fast_and_the_held_one_goes_on_afterwards()
    {
        var (student, teacher) = (await replicas.School.PersonAsync(), await replicas.School.PersonAsync(Role.Teacher));
        var rooms = new List<long>();
        for (var i = 0; i < 6; i++)
        {
            var enrollment = await replicas.School.School.EnrollAsync(student.Id, await replicas.School.School.SubjectAsync($"Предмет {i}"), teacher.Id);
            rooms.Add(enrollment.Rooms.Single(room => room.Kind == RoomKind.ForumSubject).Id);
        }

        // one connection says everything, so that not even the one who waits in the held room waits elsewhere
        await using var socket = await replicas.School.V1Async(student, at: replicas.A);
        var acknowledged = new ConcurrentDictionary<string, long>();
        var reading = Task.Run(async () =>
        {
            while (await socket.FirstAsync() is { } frame)
            {
                if ((string)frame["type"]! == V1Type.Ack) acknowledged[(string)frame["id"]!] = Stopwatch.GetTimestamp();
            }
        });
        await SayAsync(socket, rooms[1], "before");
        await Deadline.UntilAsync(() => Task.FromResult(acknowledged.Count), count => count == 1, "the first acknowledgement");

        var sent = new Dictionary<string, long>();
        List<string> held = [];
        await using (var hold = await HeldRoom.TakeAsync(replicas.School.Database, rooms[0]))
        {
            var began = Stopwatch.GetTimestamp();
            using var timer = new PeriodicTimer(Every);
            for (var i = 0; Stopwatch.GetElapsedTime(began) < HeldFor; i++)
            {
                held.Add($"held.{i}");
                await SayAsync(socket, rooms[0], held[^1]);
                foreach (var room in rooms.Skip(1))
                {
                    sent[$"{room}.{i}"] = Stopwatch.GetTimestamp();
                    await SayAsync(socket, room, $"{room}.{i}");
                }

                await timer.WaitForNextTickAsync();
            }

            await Deadline.UntilAsync(() => Task.FromResult(acknowledged.Count), count => count == 1 + sent.Count, "the other rooms' acknowledgements");
            Assert.All(held, id => Assert.DoesNotContain(id, acknowledged.Keys));
            await hold.ReleaseAsync();
        }

        var took = sent.Select(one => Stopwatch.GetElapsedTime(one.Value, acknowledged[one.Key]).TotalMilliseconds).Order().ToList();
        var p99 = took[took.Count * 99 / 100];
        output.WriteLine($"{took.Count} messages to {rooms.Count - 1} other rooms: median {took[took.Count / 2]:0.0} ms, p99 {p99:0.0} ms, worst {took[^1]:0.0} ms");
        Assert.True(p99 < 100, $"p99 {p99:0} ms");

        await Deadline.UntilAsync(() => Task.FromResult(acknowledged.Count), count => count == 1 + sent.Count + held.Count, "the held room's acknowledgements");
        Assert.Equal(held, await replicas.School.School.QueryAsync("SELECT client_id FROM messages WHERE room_id = $1 ORDER BY seq", row => row.GetString(0), rooms[0]));
    }

    private static Task SayAsync(SeedSocket socket, long room, string id) =>
        socket.SendAsync(new { type = V1Type.Send, id, room, data = new { client_id = id, content = id } });
}
