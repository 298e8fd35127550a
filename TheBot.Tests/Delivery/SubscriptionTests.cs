using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TheBot.ChatApi.Delivery;
using TheBot.Data.Log;
using TheBot.Data.Schema;
using Xunit.Abstractions;

namespace TheBot.Tests.Delivery;

/// <summary>What a connection gets of a room, on the real log: no hole, no double, and nothing after it is out.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class SubscriptionTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    // who reads from the start in pages of one event asks as often as there are events: a room's log shall not grow without end
    private const int RoundsPerRoom = 5;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 7)]
    [InlineData(3, 5)]
    [InlineData(64, 7)]
    public async Task Snapshot_catch_up_and_live_are_the_log(int recentEvents, int catchUpPage)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        for (var round = 0; round < 25; round += RoundsPerRoom)
        {
            await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions { RecentEvents = recentEvents, CatchUpPage = catchUpPage });
            for (var i = 0; i < RoundsPerRoom; i++) await SubscribeWhileWritingAsync(room, seed + round + i);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(64, 3)]
    public async Task Who_is_removed_gets_nothing_of_what_follows_and_is_told_once(int recentEvents, int catchUpPage)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions { RecentEvents = recentEvents, CatchUpPage = catchUpPage });
        var witness = new FakeConnection(room.Teacher, room.Options);
        await room.SubscribeAsync(witness, _ => 0);
        var told = 0;
        for (var round = 0; round < 60; round++)
        {
            var random = new Random(seed + round);
            var guardian = await room.School.PersonAsync(Role.Parent);
            await room.School.GuardianAsync(room.Student, guardian);
            var connection = new FakeConnection(guardian, room.Options);
            var writing = Task.Run(() => WriteAsync(room, new Random(seed - round), batches: 6));
            var removing = Task.Run(async () =>
            {
                await PassAsync(room, random.Next(0, 6));
                Roster.School.Expect(await room.School.Roster.RemoveGuardianAsync(room.Student, guardian, Deadline.Token()));
            });
            await PassAsync(room, round % 4);
            var far = random.Next(2) == 0;
            var snapshot = await room.SubscribeAsync(connection, s => far ? Math.Max(0, s.Head - 40) : s.Head);
            await Task.WhenAll(writing, removing);
            var log = await room.EverythingAsync();
            room.Feeds.RoomHeadSeen(room.Room, log[^1].Seq);
            await witness.UntilAsync(c => c.Seqs[^1] == log[^1].Seq, $"the witness; seed {seed}, round {round}");

            var removal = log.Single(e => e.Kind == RoomEventKind.MemberRemoved && e.SubjectId == guardian).Seq;
            if (snapshot is null)
            {
                Assert.Empty(connection.Seqs);
                Assert.True(connection.Removals <= 1);
                continue;
            }

            told++;
            await connection.UntilAsync(c => c.Texts.Contains("removed"), $"the news; seed {seed}, round {round}");
            Assert.Equal(1, connection.Removals);
            Assert.Equal("removed", connection.Texts[^1]);
            Assert.True(connection.Seqs.All(seq => seq < removal), $"seed {seed}, round {round}: removed at {removal}, got {string.Join(' ', connection.Seqs)}");
            Assert.Equal(connection.Seqs.Count, connection.Seqs.Distinct().Count());
            if (connection.Seqs.Count > 0) Assert.Equal(connection.Seqs[^1] - connection.Seqs[0] + 1, connection.Seqs.Count);
        }

        Assert.Equal(Enumerable.Range(1, witness.Seqs.Count).Select(i => (long)i), witness.Seqs);
        Assert.InRange(told, 5, 60);
    }

    [Fact]
    public async Task A_removal_that_was_over_before_does_not_end_what_was_opened_after_the_return()
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions());
        var guardian = await room.School.PersonAsync(Role.Parent);
        await room.School.GuardianAsync(room.Student, guardian);
        var witness = new FakeConnection(room.Teacher, room.Options);
        var before = (await room.SubscribeAsync(witness, s => s.Head))!.Head;
        Roster.School.Expect(await room.School.Roster.RemoveGuardianAsync(room.Student, guardian, Deadline.Token()));
        await room.School.GuardianAsync(room.Student, guardian);

        // the feed here has heard of neither when the guardian comes back
        var connection = new FakeConnection(guardian, room.Options);
        await room.SubscribeAsync(connection, s => s.Head);
        await room.AppendAsync(1);
        var missed = await room.Log.ReadAsync(room.Room, before, 100, null, Deadline.Token());
        room.Feeds.Offer(new Committed(missed, []));
        await connection.UntilAsync(c => c.Seqs.Count == 1, "the message after the return");

        Assert.Equal(0, connection.Removals);
        Assert.Equal(missed[^1].Seq, Assert.Single(connection.Seqs));
    }

    /// <summary>Of what a member who came back may see, as a page of the log and not as what a feed remembers.</summary>
    [Fact]
    public async Task What_the_log_says_to_who_came_back_begins_behind_their_return_and_names_nothing_from_before_it()
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions { RecentEvents = 0, CatchUpPage = 2 });
        await room.AppendAsync(3);
        var hidden = (await room.EverythingAsync())[^1];
        await room.School.ExecuteAsync("UPDATE room_members SET visible_from_seq = $3 WHERE room_id = $1 AND user_id = $2", room.Room, room.Teacher, hidden.Seq);
        var changes = new RoomChanges(room.School.Database);
        var edited = await changes.EditAsync(room.Room, room.Student, hidden.Message().Id, "исправлено", Deadline.Token());
        Assert.Equal(ChangeVerdict.Changed, edited.Verdict);
        await room.AppendAsync(1);

        var (theirs, everybodys) = (await PageAsync(room.Teacher), await PageAsync(room.Student));
        var connection = new FakeConnection(room.Teacher, room.Options);
        var snapshot = (await room.SubscribeAsync(connection, _ => 0))!;
        await connection.UntilAsync(c => c.Seqs.Count == 2, "what came after the return");

        Assert.Equal([hidden.Seq + 1, hidden.Seq + 2], theirs.Select(line => line.Seq));
        Assert.Equal([true, false], theirs.Select(line => line.IsBare));
        Assert.All(everybodys, line => Assert.False(line.IsBare));
        Assert.Equal([hidden.Seq + 1, hidden.Seq + 2], connection.Seqs);
        Assert.Equal(hidden.Seq + 2, Assert.Single(snapshot.Messages).Seq);

        Task<List<RoomEvent>> PageAsync(long reader) => room.Log.ReadAsync(room.Room, 0, 100, reader, Deadline.Token());
    }

    [Fact]
    public async Task A_page_that_was_read_before_a_removal_does_not_come_behind_it()
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions { RecentEvents = 0, CatchUpPage = 5 });
        var guardian = await room.School.PersonAsync(Role.Parent);
        await room.School.GuardianAsync(room.Student, guardian);
        await room.AppendAsync(20);
        var connection = new FakeConnection(guardian, room.Options);
        connection.Stop();
        var catchingUp = room.SubscribeAsync(connection, _ => 0);
        await connection.UntilAsync(c => c.Writes.Count == 1, "the first page");
        Roster.School.Expect(await room.School.Roster.RemoveGuardianAsync(room.Student, guardian, Deadline.Token()));
        room.Feeds.RoomHeadSeen(room.Room, (await room.EverythingAsync())[^1].Seq);
        await Deadline.UntilAsync(() => Task.FromResult(connection.Removals), count => count == 1, "the removal");
        connection.GoOn();
        await catchingUp;
        await connection.UntilAsync(c => c.Texts.Contains("removed"), "the news");

        Assert.Equal([1L, 2, 3, 4, 5], connection.Seqs);
        Assert.Equal("removed", connection.Texts[^1]);
        Assert.Equal(1, connection.Removals);
    }

    [Fact]
    public async Task A_connection_that_could_not_be_opened_leaves_nothing_behind()
    {
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Timeout=1");
        var options = new DeliveryOptions();
        var feeds = new Feeds(
            new RoomLog(nowhere), new UserLog(nowhere), Microsoft.Extensions.Options.Options.Create(options), NullLogger<Feeds>.Instance);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => feeds.OpenAsync(new FakeConnection(1, options)));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => feeds.FollowAsync(new FakeConnection(1, options), 1));

        Assert.Empty(feeds.Connections);
        Assert.Empty(feeds.UserIds);
        Assert.Empty(feeds.RoomIds);
    }

    private static async Task SubscribeWhileWritingAsync(Followers room, int seed)
    {
        var writing = Task.Run(() => WriteAsync(room, new Random(seed), batches: 12));
        var readers = Enumerable.Range(1, 6).Select(i => Task.Run(() => ReadAsync(room, new Random(seed + (i * 31))))).ToList();
        await writing;
        var log = await room.EverythingAsync();
        var head = log[^1].Seq;
        room.Feeds.RoomHeadSeen(room.Room, head);
        foreach (var reader in readers)
        {
            var (connection, snapshot, from) = await reader;
            await connection.UntilAsync(c => from == head || (c.Seqs.Count > 0 && c.Seqs[^1] >= head), $"seed {seed}: {from} to {head}");
            Assert.Equal(Enumerable.Range(1, (int)(head - from)).Select(i => from + i), connection.Seqs);
            Assert.Equal(
                log.Where(e => e.Kind == RoomEventKind.MessageCreated && e.Seq <= snapshot.Head).TakeLast(50).Select(e => e.Seq),
                snapshot.Messages.Select(m => m.Seq));
            Assert.Equal(0, connection.Removals);
            room.Feeds.Close(connection);
        }

        Assert.Empty(room.Feeds.RoomIds);
    }

    private static async Task WriteAsync(Followers room, Random random, int batches)
    {
        var rung = (await room.Log.HeadsAsync([room.Room], Deadline.Token()))[0].Head;
        for (var i = 0; i < batches; i++)
        {
            await room.AppendAsync(random.Next(1, 9));
            rung = await room.RingAsync(rung, random);
        }
    }

    private static async Task<(FakeConnection Connection, RoomSnapshot Snapshot, long From)> ReadAsync(Followers room, Random random)
    {
        await PassAsync(room, random.Next(0, 8));
        var connection = new FakeConnection(random.Next(2) == 0 ? room.Student : room.Teacher, room.Options);
        var back = random.Next(4) switch { 0 => 0, 1 => random.Next(1, 10), 2 => random.Next(1, 80), _ => int.MaxValue };
        var from = 0L;
        var snapshot = await room.SubscribeAsync(connection, s => from = Math.Max(0, s.Head - back));
        return (connection, snapshot!, from);
    }

    /// <summary>Lets others go on for as long as some questions to the database take.</summary>
    private static async Task PassAsync(Followers room, int questions)
    {
        for (var i = 0; i < questions; i++) await room.Log.HeadsAsync([room.Room], Deadline.Token());
    }
}
