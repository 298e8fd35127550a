using TheBot.Contracts;
using TheBot.Data.Schema;
using Xunit.Abstractions;

namespace TheBot.Tests.Messages;

/// <summary>One client id, one message: whoever repeats it, and why.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class DuplicateTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    [Fact]
    public async Task A_lost_commit_answer_does_not_double_a_message()
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 1);
        await using var proxy = new AnswerLosingProxy(lessons.School.Database.ConnectionString);
        var replica = lessons.Replica(connectionString: proxy.ConnectionString);
        var room = lessons.Rooms[0];
        var sends = new List<Sent> { replica.Send(room, lessons.Student, "warm") };
        await Sent.AllAsync(sends);

        for (var i = 0; i < 3; i++)
        {
            var stored = sends.Count;
            proxy.LoseAnswerWhen(() => CountAsync(lessons), count => count > stored);
            sends.Add(replica.Send(room, lessons.Student, $"lost {i}"));
            Assert.False((await sends[^1].OutcomeAsync()).IsNew, "it was found, not written again");
            Assert.Equal(i + 1, proxy.Lost);
        }

        await lessons.StoredOnceAsync(sends);
        await AnnouncedAsync(replica, sends);
    }

    [Fact]
    public async Task A_lost_commit_answer_is_announced_though_the_room_is_held_meanwhile()
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 1);
        await using var proxy = new AnswerLosingProxy(lessons.School.Database.ConnectionString);
        var replica = lessons.Replica(connectionString: proxy.ConnectionString);
        var room = lessons.Rooms[0];
        await replica.Send(room, lessons.Student, "warm").OutcomeAsync();

        var held = new TaskCompletionSource<HeldRoom>(TaskCreationOptions.RunContinuationsAsynchronously);
        proxy.LoseAnswerWhen(() => CountAsync(lessons), count => count == 2, async () => held.SetResult(await lessons.HoldAsync(room)));
        var sent = replica.Send(room, lessons.Student, "lost");
        await using (var hold = await held.Task.WaitAsync(Deadline.Token()))
        {
            await hold.WantedAsync();
            Assert.Equal(0, sent.Answers);
            await hold.ReleaseAsync();
        }

        await lessons.StoredOnceAsync([sent]);
        await AnnouncedAsync(replica, [sent]);
    }

    [Fact]
    public async Task The_same_client_id_is_one_message_within_a_batch_and_across_writers()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 1);
        var replicas = new[] { lessons.Replica(), lessons.Replica() };
        var room = lessons.Rooms[0];
        var sends = new List<Sent>();
        await using (var hold = await lessons.HoldAsync(room))
        {
            sends.AddRange(replicas.Select(replica => replica.Send(room, lessons.Student, "first", "first")));
            await hold.WantedAsync();

            // gathered behind the lock: many of one name in one batch, and the same on the other replica
            var lots = await Task.WhenAll(Enumerable.Range(0, 8).Select(which => Task.Run(() =>
            {
                var random = new Random(seed + which);
                return Enumerable.Range(0, 100).Select(_ =>
                {
                    var name = $"id{random.Next(40)}";
                    return replicas[random.Next(2)].Send(room, random.Next(2) == 0 ? lessons.Student : lessons.Teacher, $"text of {name}", name);
                }).ToList();
            })));
            sends.AddRange(lots.SelectMany(lot => lot));
            await hold.ReleaseAsync();
        }

        await lessons.StoredOnceAsync(sends);
        var names = sends.GroupBy(sent => (sent.Draft.SenderId, sent.Draft.ClientId)).ToList();
        Assert.Equal(names.Count, (await lessons.MessagesAsync(room)).Count);
        foreach (var name in names) Assert.Single(await Sent.AllAsync(name), outcome => outcome.IsNew);
    }

    [Fact]
    public async Task The_same_client_id_with_another_body_is_a_conflict_also_after_an_edit()
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 2);
        var replicas = new[] { lessons.Replica(), lessons.Replica() };
        var room = lessons.Rooms[0];
        Sent first, original, sameBatch;
        await using (var hold = await lessons.HoldAsync(room))
        {
            first = replicas[0].Send(room, lessons.Student, "first");
            await hold.WantedAsync();
            original = replicas[0].Send(room, lessons.Student, "said", "name");
            sameBatch = replicas[0].Send(room, lessons.Student, "said otherwise", "name");
            await hold.ReleaseAsync();
        }

        await lessons.StoredOnceAsync([first, original]);
        Assert.Equal(ErrorCode.Conflict, (await sameBatch.OutcomeAsync()).Error);
        var message = (await original.OutcomeAsync()).Message!;
        foreach (var replica in replicas)
        {
            Assert.Equal(ErrorCode.Conflict, await ErrorAsync(replica.Send(room, lessons.Student, "said otherwise", "name")));
            Assert.Equal(ErrorCode.Conflict, await ErrorAsync(replica.Send(room, lessons.Student, "said", "name", replyTo: message.Id)));
        }

        await lessons.School.ExecuteAsync("UPDATE messages SET content = 'edited', edited_at = now() WHERE id = $1", message.Id);
        foreach (var replica in replicas)
        {
            Assert.Equal(ErrorCode.Conflict, await ErrorAsync(replica.Send(room, lessons.Student, "edited", "name")));
            var again = await replica.Send(room, lessons.Student, "said", "name").OutcomeAsync();
            Assert.Equal((message.Id, message.Seq, "edited", false), (again.Message?.Id, again.Message?.Seq, again.Message?.Content, again.IsNew));
        }

        // a name belongs to one sender in one room
        await lessons.StoredOnceAsync([replicas[1].Send(room, lessons.Teacher, "mine", "name"), replicas[1].Send(lessons.Rooms[1], lessons.Student, "there", "name")]);
        Assert.Equal(3, (await lessons.MessagesAsync(room)).Count);
    }

    private static Task<long> CountAsync(Lessons lessons) => lessons.School.ScalarAsync<long>("SELECT count(*) FROM messages");

    private static async Task<string?> ErrorAsync(Sent sent) => (await sent.OutcomeAsync()).Error;

    /// <summary>The answer to the sender comes before the announcement, so it may still be on its way.</summary>
    private static async Task AnnouncedAsync(Replica replica, IReadOnlyList<Sent> sends)
    {
        foreach (var outcome in await Sent.AllAsync(sends))
        {
            var (room, seq) = (outcome.Message!.Room, outcome.Message.Seq);
            await Deadline.UntilAsync(
                () => Task.FromResult(replica.Announced.Count(told => (told.RoomId, told.Seq, told.Kind) == (room, seq, RoomEventKind.MessageCreated))),
                times => times > 0,
                $"the announcement of {seq}");
        }
    }
}
