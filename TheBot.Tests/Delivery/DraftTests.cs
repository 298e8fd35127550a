using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Delivery;

/// <summary>What a person has begun to write shows on their other devices.</summary>
[Collection(SharedReplicas.Name)]
public sealed class DraftTests(TwoReplicas replicas)
{
    /// <summary>Far beyond what a connection or a call takes, and below what one that waits for Redis would (its client gives up after 5 s).</summary>
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(4);

    private ScratchRedis Redis => replicas.Redis;

    [Fact]
    public async Task A_draft_shows_on_the_persons_other_devices_on_every_replica_and_nowhere_else()
    {
        var (room, student, teacher) = await replicas.School.ClassAsync();
        await using var writing = await Device.OpenAsync(student, replicas.A);
        await using var here = await Device.OpenAsync(student, replicas.A);
        await using var there = await Device.OpenAsync(student, replicas.B);
        await using var other = await Device.OpenAsync(teacher, replicas.A);
        await using var others = await Device.OpenAsync(teacher, replicas.A);
        await writing.ReachAsync(room, there);
        await there.ReachAsync(room, writing, here);

        await writing.DraftAsync(room, "пр", heardBy: [here, there]);
        await writing.DraftAsync(room, "привет 👋", heardBy: [here, there]);
        // each list ends with a later draft, before which what was wrong would have come
        await there.DraftAsync(room, "с телефона", heardBy: [writing, here]);
        await here.DraftAsync(room, "из дома", heardBy: [writing, there]);
        await others.DraftAsync(room, "урок", heardBy: [other]);

        Assert.Equal(["пр", "привет 👋", "с телефона"], here.Heard(room));
        Assert.Equal(["пр", "привет 👋", "из дома"], there.Heard(room));
        Assert.Equal(["с телефона", "из дома"], writing.Heard(room));
        Assert.Equal(["урок"], other.Heard(room));
    }

    [Fact]
    public async Task Of_many_drafts_only_the_newest_waits_for_a_device_that_does_not_read()
    {
        const int Drafts = 300;
        var (room, student, _) = await replicas.School.ClassAsync();
        await using var house = await replicas.School.AnotherAsync(("Chat__Delivery__WriteTimeout", "00:05:00"));
        await using var road = new Bottleneck(house.Address.Port);
        await using var writing = await Device.OpenAsync(student, replicas.A);
        await using var reading = await Device.OpenAsync(student, house.Address);
        await using var silent = await Device.OpenAsync(student, road.Address);
        await writing.ReachAsync(room, reading, silent);

        // 20 KB each: more than the system keeps on the way to somebody who has just come
        road.BytesPerSecond = 0;
        for (var i = 1; i < Drafts; i++) await writing.DraftAsync(room, $"{i} {new string('ы', 9_900)}");
        await writing.DraftAsync(room, "и всё", heardBy: [reading]);
        road.BytesPerSecond = int.MaxValue;

        await silent.HearsAsync(room, "и всё");
        var heard = silent.Heard(room).Count;
        Assert.True(heard < Drafts, $"all {Drafts} drafts waited");
        await writing.DraftAsync(room, "дальше", heardBy: [silent]);
        Assert.Equal(heard + 1, silent.Heard(room).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_Redis_is_away_devices_come_in_and_the_same_replicas_hear_and_afterwards_all_do(bool isFrozen)
    {
        var (room, student, leaver) = await replicas.School.ClassAsync();
        await using var first = await Device.OpenAsync(student, replicas.A);
        await using var second = await Device.OpenAsync(student, replicas.B);
        await first.ReachAsync(room, second);
        await second.ReachAsync(room, first);
        var before = await Redis.ChannelsAsync();
        var leaving = await Device.OpenAsync(leaver, replicas.A);
        await Deadline.UntilAsync(Redis.ChannelsAsync, channels => channels.Any(IsOf(leaver)), "the subscription of who leaves");

        if (isFrozen) Redis.Stop();
        else await Redis.KillAsync();
        Device here, there;
        try
        {
            await replicas.HealthAsync("Degraded");
            await (await Device.OpenAsync(leaver, replicas.A).WaitAsync(AnswersWithin)).DisposeAsync();
            await leaving.DisposeAsync();
            here = await Device.OpenAsync(student, replicas.A).WaitAsync(AnswersWithin);
            there = await Device.OpenAsync(student, replicas.B).WaitAsync(AnswersWithin);
            await first.DraftAsync(room, "пр", heardBy: [here]).WaitAsync(AnswersWithin);
        }
        finally
        {
            if (isFrozen) Redis.Continue();
            else await Redis.StartAgainAsync();
        }

        await replicas.HealthAsync("Healthy");
        await using (here)
        await using (there)
        {
            await first.ReachAsync(room, here, second, there);
            await there.ReachAsync(room, first, here, second);
        }

        await NothingIsLeftSinceAsync(before);
    }

    [Fact]
    public async Task Who_leaves_leaves_no_subscription_behind()
    {
        var (room, student, teacher) = await replicas.School.ClassAsync();
        await using var staying = await Device.OpenAsync(teacher, replicas.A);
        await using var alsoStaying = await Device.OpenAsync(teacher, replicas.B);
        await staying.ReachAsync(room, alsoStaying);
        await alsoStaying.ReachAsync(room, staying);
        var before = await Redis.ChannelsAsync();
        await using (var writing = await Device.OpenAsync(student, replicas.A))
        await using (var here = await Device.OpenAsync(student, replicas.A))
        await using (var there = await Device.OpenAsync(student, replicas.B))
        {
            await writing.ReachAsync(room, here, there);
            await there.ReachAsync(room, writing, here);
            Assert.Contains(await Redis.ChannelsAsync(), IsOf(student).Invoke);
        }

        await NothingIsLeftSinceAsync(before);
        await staying.DraftAsync(room, "урок", heardBy: [alsoStaying]);
    }

    [Fact]
    public async Task Who_comes_and_goes_while_Redis_does_not_answer_leaves_none_either()
    {
        var (room, student, visitor) = await replicas.School.ClassAsync();
        await using var impatient = await replicas.School.AnotherAsync(
            ("ConnectionStrings__redis", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Redis.Port},asyncTimeout=200")),
            ("Logging__LogLevel__TheBot.ChatApi.Transports.SignalR.HubBackplane", "Debug"));
        await using var staying = await Device.OpenAsync(student, impatient.Address);
        await using var elsewhere = await Device.OpenAsync(student, replicas.A);
        await elsewhere.ReachAsync(room, staying);
        await staying.ReachAsync(room, elsewhere);
        var before = await Redis.ChannelsAsync();

        Redis.Stop();
        try
        {
            // Redis has been asked for a subscription, and who asked has left without an answer
            await using (await Device.OpenAsync(visitor, impatient.Address)) await TriesFailAsync(1);
            // one joins after the other, and a try fails in two lines at most: after five more somebody else's turn has come
            await using (await Device.OpenAsync(student, impatient.Address)) await TriesFailAsync(Failed() + 5);
        }
        finally
        {
            Redis.Continue();
        }

        await elsewhere.ReachAsync(room, staying);
        await NothingIsLeftSinceAsync(before);

        int Failed() => impatient.Output.Split("does not carry the hub's backplane").Length - 1;

        Task TriesFailAsync(int least) => Deadline.UntilAsync(() => Task.FromResult(Failed()), failed => failed >= least, "tries that fail");
    }

    [Fact]
    public async Task Installations_that_share_a_Redis_are_kept_apart_by_a_prefix()
    {
        const string Prefix = "another:";
        var student = await replicas.School.PersonAsync();
        var redis = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Redis.Port},channelPrefix={Prefix}");
        await using var another = await replicas.School.AnotherAsync(("ConnectionStrings__redis", redis));
        await using var device = await Device.OpenAsync(student, another.Address);

        var channels = await Deadline.UntilAsync(Redis.ChannelsAsync, all => all.Any(IsOf(student)), "the subscription of who came");

        Assert.All(channels.Where(IsOf(student)), channel => Assert.StartsWith(Prefix, channel, StringComparison.Ordinal));
        Assert.Contains(Prefix + BellChannels.Heartbeat, channels);
    }

    private async Task NothingIsLeftSinceAsync(string[] before) => await Deadline.UntilAsync(
        async () => string.Join(' ', (await Redis.ChannelsAsync()).Except(before)), left => left.Length == 0, "the subscriptions of those who left to end");

    /// <summary>Whether a channel is the one of somebody's devices.</summary>
    private static Func<string, bool> IsOf(Person person) => channel => channel.EndsWith($":person:{person.Id}", StringComparison.Ordinal);

    private sealed class Device : IAsyncDisposable
    {
        private const string Trial = "?";

        private readonly ConcurrentQueue<(long Room, string Text)> _heard = [];
        private HubConnection _hub = null!;

        /// <summary>Connects, and waits for the greeting.</summary>
        public static async Task<Device> OpenAsync(Person person, Uri at)
        {
            var device = new Device();
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            device._hub = await TwoReplicas.HubAsync(person, at, hub =>
            {
                hub.On<JsonObject>(nameof(IChatClient.Ready), _ => ready.SetResult());
                hub.On<long, string>(nameof(IChatClient.DraftChanged), (room, text) => device._heard.Enqueue((room, text)));
            });
            await ready.Task.WaitAsync(Deadline.Token());
            return device;
        }

        /// <summary>What it heard, but for trials.</summary>
        public IReadOnlyList<string> Heard(long room) =>
            [.. _heard.Where(draft => draft.Room == room && !draft.Text.StartsWith(Trial, StringComparison.Ordinal)).Select(draft => draft.Text)];

        /// <summary>Tries until the others hear from this one: which replica somebody sits on is known to the others a moment after the greeting.</summary>
        public async Task ReachAsync(long room, params Device[] others)
        {
            var trial = $"{Trial} {Guid.NewGuid()}";
            await Deadline.UntilAsync(
                async () =>
                {
                    await DraftAsync(room, trial);
                    return others.All(other => other._heard.Contains((room, trial)));
                },
                reached => reached,
                "the others to be reached");
        }

        public async Task DraftAsync(long room, string text, params Device[] heardBy)
        {
            await _hub.InvokeAsync("Draft", room, text, Deadline.Token());
            foreach (var device in heardBy) await device.HearsAsync(room, text);
        }

        public Task HearsAsync(long room, string text) =>
            Deadline.UntilAsync(() => Task.FromResult(_heard.Contains((room, text))), heard => heard, $"{text} to be heard");

        public ValueTask DisposeAsync() => _hub.DisposeAsync();
    }
}
