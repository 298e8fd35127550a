using StackExchange.Redis;

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
        var (room, student, teacher) = await school.ClassAsync();
        await using var speaking = await school.SeedAsync(student, room);
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{school.Redis.Port}");
        var heard = new CallsHeard(redis.GetSubscriber());
        await heard.ListenAsync();

        var said = 0;
        await Deadline.UntilAsync(
            async () =>
            {
                var before = await heard.CountAsync();
                // whoever hears a message may do so before the call for it, but not before the call for the last but one
                for (var i = 0; i < 5; i++) await SayAsync();
                return await heard.CountAsync() - before;
            },
            calls => calls == 0,
            "messages without a call");

        await using var other = await school.AnotherAsync(NoSweep);
        using (var rest = other.Rest()) await Health.UntilAsync(rest, "Healthy");
        await using var listening = await school.SeedAsync(teacher, room, other.Address);
        var alone = await heard.CountAsync();
        var first = await SayAsync();
        await Deadline.UntilAsync(heard.CountAsync, calls => calls > alone, "a call for the other replica");
        Assert.Equal(first, (string)(await listening.NextAsync("chat_message"))["message"]!["content"]!);

        async Task<string> SayAsync()
        {
            var text = $"слово {++said}";
            await speaking.SendAsync(new { type = "chat_message", content = text });
            await speaking.NextAsync("chat_message");
            return text;
        }
    }

    /// <summary>Calls of the bell that came through Redis, heartbeats aside.</summary>
    private sealed class CallsHeard(ISubscriber redis)
    {
        private static readonly RedisChannel Fence = RedisChannel.Literal("thebot:bell:fence");
        private readonly SemaphoreSlim _fence = new(0);
        private int _calls;

        public Task ListenAsync() => redis.SubscribeAsync(RedisChannel.Pattern("thebot:bell:*"), (channel, _) =>
        {
            if (channel == Fence) _fence.Release();
            else if (!channel.ToString().EndsWith("heartbeat", StringComparison.Ordinal)) Interlocked.Increment(ref _calls);
        });

        /// <summary>Including those on the way.</summary>
        public async Task<int> CountAsync()
        {
            await redis.PublishAsync(Fence, "");
            await _fence.WaitAsync(Deadline.Token());
            return Volatile.Read(ref _calls);
        }
    }
}
