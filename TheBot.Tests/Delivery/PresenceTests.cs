using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using TheBot.ChatApi.Delivery;
using TheBot.Data.Presence;
using TheBot.Data.Schema;

namespace TheBot.Tests.Delivery;

/// <summary>The table of presence and those who read it, without a bell.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class PresenceTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Two_thousand_who_return_at_once_are_written_by_a_few_transactions()
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions());
        await using var replica = await PresentReplica.StartAsync(room);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(part => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++) replica.Presence.Enter(1_000 + i % 100, part * 500 + i);
        })));

        await Deadline.UntilAsync(() => room.School.ScalarAsync<long>("SELECT count(*) FROM presence"), count => count == 2_000, "2,000 rows");
        var transactions = await room.School.ScalarAsync<long>("SELECT count(DISTINCT xmin::text) FROM presence");
        Assert.InRange(transactions, 1, 50);
    }

    [Fact]
    public async Task Nobody_is_said_to_have_left_because_the_database_lost_the_table()
    {
        var options = new DeliveryOptions { PresenceLease = TimeSpan.FromSeconds(3) };
        await using var room = await Followers.OpenAsync(postgres, options);
        await using var here = await PresentReplica.StartAsync(room);
        await using var there = await PresentReplica.StartAsync(room);
        var watching = await here.FollowAsync(room.Student);
        await watching.UntilAsync(c => c.Texts.Contains("Joined"), "their own arrival");
        var other = await there.FollowAsync(room.Teacher);
        await watching.UntilAsync(c => c.Texts.Count(t => t == "Joined") == 2, "the other's arrival");

        // what a crash does to unlogged tables
        await room.School.ExecuteAsync("TRUNCATE replicas, presence");
        await Deadline.UntilAsync(() => room.School.ScalarAsync<long>("SELECT count(*) FROM presence"), count => count == 2, "both written again");
        there.Leave(other);
        await watching.UntilAsync(c => c.Texts.Contains("Left"), "the real leave");

        Assert.Equal(["Joined", "Joined", "Left"], watching.Texts);
    }

    [Fact]
    public async Task The_people_of_a_replica_count_as_long_as_its_lease_and_not_until_somebody_deletes_them()
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions());
        var (table, replica) = (new PresenceTable(room.School.Database), Guid.NewGuid());

        await table.RenewAsync(replica, TimeSpan.FromMinutes(1), Deadline.Token());
        await table.WriteAsync(replica, [(room.Room, room.Teacher)], [], Deadline.Token());
        Assert.Equal(room.Teacher, Assert.Single(await table.ReadAsync([room.Room], Deadline.Token())).UserId);

        await room.School.ExecuteAsync("UPDATE replicas SET lease_until = now() WHERE id = $1", replica);
        Assert.Empty(await table.ReadAsync([room.Room], Deadline.Token()));

        // whoever renews next sweeps up
        Assert.Equal(1, await RowsAsync());
        await table.RenewAsync(Guid.NewGuid(), TimeSpan.FromMinutes(1), Deadline.Token());
        Assert.Equal(0, await RowsAsync());

        Task<long> RowsAsync() => room.School.ScalarAsync<long>("SELECT count(*) FROM presence");
    }

    [Fact]
    public async Task Who_is_not_written_again_yet_after_the_database_lost_the_table_has_not_left()
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions { PresenceLease = TimeSpan.FromSeconds(3) });
        var (table, slower) = (new PresenceTable(room.School.Database), Guid.NewGuid()); // a replica that comes round to it later than this one
        await using var here = await PresentReplica.StartAsync(room);
        var watching = await here.FollowAsync(room.Student);
        await watching.UntilAsync(c => c.Texts.Contains("Joined"), "their own arrival");
        await WriteAsync();
        await watching.UntilAsync(c => c.Texts.Count(t => t == "Joined") == 2, "the other's arrival");

        await room.School.ExecuteAsync("TRUNCATE replicas, presence");
        await Deadline.UntilAsync(() => room.School.ScalarAsync<long>("SELECT count(*) FROM presence"), count => count == 1, "the own row again");
        var lease = await LeaseAsync();
        await Deadline.UntilAsync(LeaseAsync, renewed => renewed > lease, "the next renewal, before which the table without the other was read");
        watching.Queue.Enqueue(new TestFrame(0, "so far"));
        await watching.UntilAsync(c => c.Texts.Contains("so far"), "what was told until then");
        await WriteAsync();
        await table.WriteAsync(slower, [], [(room.Room, room.Teacher)], Deadline.Token());
        await watching.UntilAsync(c => c.Texts.Contains("Left"), "the real leave");

        Assert.Equal(["Joined", "Joined", "so far", "Left"], watching.Texts);

        Task<DateTime> LeaseAsync() => room.School.ScalarAsync<DateTime>("SELECT min(lease_until) FROM replicas");

        async Task WriteAsync()
        {
            await table.RenewAsync(slower, TimeSpan.FromMinutes(1), Deadline.Token());
            await table.WriteAsync(slower, [(room.Room, room.Teacher)], [], Deadline.Token());
        }
    }

    [Fact]
    public async Task Whoever_types_is_told_once_until_half_their_time_is_over_and_stops_by_themselves()
    {
        var options = new DeliveryOptions();
        await using var room = await Followers.OpenAsync(postgres, options);
        var time = new FakeTimeProvider();
        using var typing = new TypingHints(room.Feeds, Options.Create(options), time);
        var reader = new FakeConnection(room.Teacher, options);
        await room.SubscribeAsync(reader, snapshot => snapshot.Head);
        var types = new Ephemeral(room.Room, EphemeralKind.Typing, new EphemeralPerson(room.Student, "u", "", "", "student"));

        // at every key for ten seconds: told at 0, 3, 6 and 9 s, long before others think that it is over
        var rung = 0;
        for (var key = 0; key < 100; key++)
        {
            rung += typing.Say(types) ? 1 : 0;
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(4, rung);
        await reader.UntilAsync(c => c.Texts.Contains("Typing"), "the typing");
        Assert.DoesNotContain("TypingStopped", reader.Texts);

        time.Advance(options.TypingFor);
        await reader.UntilAsync(c => c.Texts.Contains("TypingStopped"), "the end of their time");
        Assert.False(typing.Say(types with { Kind = EphemeralKind.TypingStopped }));

        // a typist on a replica that was killed says nothing any more
        typing.Hear(types);
        time.Advance(options.TypingFor + TimeSpan.FromSeconds(1));
        await reader.UntilAsync(c => c.Texts.Count(t => t == "TypingStopped") == 2, "the end of the other's time");

        Assert.True(typing.Say(types));
        Assert.True(typing.Say(types with { Kind = EphemeralKind.TypingStopped }));
        await reader.UntilAsync(c => c.Texts.Count(t => t == "TypingStopped") == 3, "the third end");
    }
}

/// <summary>Feeds and presence of one process of its own on a room's database, and no Redis.</summary>
internal sealed class PresentReplica : IAsyncDisposable
{
    private readonly Followers _room;
    private readonly Feeds _feeds;

    private PresentReplica(Followers room)
    {
        _room = room;
        var options = Options.Create(room.Options);
        _feeds = new Feeds(room.Log, new Data.Log.UserLog(room.School.Database), options, NullLogger<Feeds>.Instance);
        Typing = new TypingHints(_feeds, options, TimeProvider.System);
        Bell = new Bell(new Microsoft.Extensions.DependencyInjection.ServiceCollection().BuildServiceProvider(), _feeds, Typing, TimeProvider.System, NullLogger<Bell>.Instance);
        Presence = new Presence(new PresenceTable(room.School.Database), _feeds, Bell, options, TimeProvider.System, NullLogger<Presence>.Instance);
    }

    public Presence Presence { get; }

    private TypingHints Typing { get; }

    private Bell Bell { get; }

    public static async Task<PresentReplica> StartAsync(Followers room)
    {
        var replica = new PresentReplica(room);
        await replica.Presence.StartAsync(Deadline.Token());
        return replica;
    }

    /// <summary>Somebody opens the room here.</summary>
    public async Task<FakeConnection> FollowAsync(long userId)
    {
        var connection = new FakeConnection(userId, _room.Options);
        var subscription = await _feeds.FollowAsync(connection, _room.Room);
        connection.Subscriptions[_room.Room] = subscription;
        await subscription.GoLiveFromAsync(await _room.School.ScalarAsync<long>("SELECT head_seq FROM rooms WHERE id = $1", _room.Room), Deadline.Token());
        subscription.Enter(Presence);
        return connection;
    }

    /// <summary>And is gone.</summary>
    public void Leave(FakeConnection connection) => connection.Subscriptions[_room.Room].End();

    public async ValueTask DisposeAsync()
    {
        await Presence.StopAsync(Deadline.Token());
        Presence.Dispose();
        Bell.Dispose();
        Typing.Dispose();
    }
}
