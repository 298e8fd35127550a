using StackExchange.Redis;
using TheBot.ChatApi.Delivery;

namespace TheBot.Tests.Delivery;

/// <summary>A replica that has nobody to ring for rings for nobody, until somebody comes.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class LoneReplicaTests(ScratchPostgres postgres)
{
    /// <summary>So that what arrives came by the bell.</summary>
    private static readonly (string Name, string Value) NoSweep = ("Chat__Delivery__SweepEvery", "00:10:00");

    /// <summary>People who go on talking until something comes true.</summary>
    private static readonly (string Name, string Value) NoLimit = ("Chat__Limits__MessagesPerSecond", "0");

    [Fact]
    public async Task Alone_it_rings_for_nobody_and_for_another_as_soon_as_that_one_is_there()
    {
        await using var school = await ApiSchool.OpenAsync(postgres, NoSweep, NoLimit);
        await using var calls = await CallsHeard.OpenAsync(school);
        await using var room = await TalkedIn.OpenAsync(school);
        await calls.UntilNoneAsync(room);

        await using var other = await school.AnotherAsync(NoSweep);
        using (var rest = other.Rest()) await Health.UntilAsync(rest, "Healthy");
        await room.ListenAsync(other);
        var alone = await calls.CountAsync();
        await room.SayAsync();
        await Deadline.UntilAsync(calls.CountAsync, count => count > alone, "a call for the other replica");
        await room.HearAsync();
    }

    [Fact]
    public async Task Whoever_was_frozen_and_forgotten_hears_what_was_said_meanwhile_and_what_is_said_when_it_goes_on()
    {
        await using var school = await ApiSchool.OpenAsync(postgres, NoSweep, NoLimit);
        await using var other = await school.AnotherAsync(NoSweep);
        using (var rest = other.Rest()) await Health.UntilAsync(rest, "Healthy");
        await using var calls = await CallsHeard.OpenAsync(school);
        // several, because in each only the last message needs the bell: those before are found when a later one comes
        var rooms = new List<TalkedIn>();
        for (var i = 0; i < 10; i++) rooms.Add(await TalkedIn.OpenAsync(school));
        foreach (var room in rooms) await room.ListenAsync(other);

        other.Freeze();
        try
        {
            await calls.UntilNoneAsync(rooms[0]);
        }
        finally
        {
            other.Thaw();
        }

        foreach (var room in rooms.Skip(1)) await room.SayAsync();
        foreach (var room in rooms) await room.HearAsync();

        // all that may have come by the sweep; from now on it is rung for again
        var before = await calls.CountAsync();
        await Deadline.UntilAsync(
            async () =>
            {
                await rooms[0].SayAsync();
                return await calls.CountAsync();
            },
            count => count > before,
            "a call for the replica that is back");
        foreach (var room in rooms) await room.DisposeAsync();
    }

    /// <summary>A student who speaks on the first replica and a teacher who listens on another.</summary>
    private sealed class TalkedIn(ApiSchool school, long room, Person teacher, SeedSocket speaking) : IAsyncDisposable
    {
        private SeedSocket? _listening;
        private int _said;

        public static async Task<TalkedIn> OpenAsync(ApiSchool school)
        {
            var (room, student, teacher) = await school.ClassAsync();
            return new TalkedIn(school, room, teacher, await school.SeedAsync(student, room));
        }

        public async Task ListenAsync(ApiProcess at) => _listening = await school.SeedAsync(teacher, room, at.Address);

        /// <summary>Until the speaker hears it.</summary>
        public async Task SayAsync()
        {
            await speaking.SendAsync(new { type = "chat_message", content = $"слово {++_said}" });
            await speaking.NextAsync("chat_message");
        }

        /// <summary>Until the listener has heard the last that was said.</summary>
        public Task HearAsync() => _listening!.NextAsync("chat_message", frame => (string)frame["message"]!["content"]! == $"слово {_said}");

        public async ValueTask DisposeAsync()
        {
            await speaking.DisposeAsync();
            if (_listening is not null) await _listening.DisposeAsync();
        }
    }

    /// <summary>Calls of the bell that came through Redis and had something of a room's log to tell.</summary>
    private sealed class CallsHeard : IAsyncDisposable
    {
        private static readonly RedisChannel Fence = RedisChannel.Literal("thebot:bell:fence");

        private readonly ConnectionMultiplexer _redis;
        private readonly SemaphoreSlim _fence = new(0);
        private int _calls;

        private CallsHeard(ConnectionMultiplexer redis) => _redis = redis;

        public static async Task<CallsHeard> OpenAsync(ApiSchool school)
        {
            // from then on it rings, and is silent only because it is alone
            using (var rest = school.Api.Rest()) await Health.UntilAsync(rest, "Healthy");
            var heard = new CallsHeard(await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{school.Redis.Port}"));
            (await heard._redis.GetSubscriber().SubscribeAsync(RedisChannel.Pattern("thebot:bell:*"))).OnMessage(call =>
            {
                if (call.Channel == Fence) heard._fence.Release();
                else if (!call.Channel.ToString().EndsWith("heartbeat", StringComparison.Ordinal) && IsOfRooms((byte[])call.Message!)) heard._calls++;
            });
            return heard;
        }

        /// <summary>Those that came so far.</summary>
        public async Task<int> CountAsync()
        {
            await _redis.GetSubscriber().PublishAsync(Fence, "");
            await _fence.WaitAsync(Deadline.Token());
            return _calls;
        }

        /// <summary>Talks until nobody is rung for any more.</summary>
        public Task UntilNoneAsync(TalkedIn room) => Deadline.UntilAsync(
            async () =>
            {
                var before = await CountAsync();
                // whoever hears a message may do so before the call for it, but not before the call for the last but one
                for (var i = 0; i < 5; i++) await room.SayAsync();
                return await CountAsync() - before;
            },
            calls => calls == 0,
            "messages without a call");

        public ValueTask DisposeAsync() => _redis.DisposeAsync();

        private static bool IsOfRooms(byte[] call) => BellCodec.Read(call, Guid.Empty) is { Committed.RoomEvents.Count: > 0 };
    }
}
