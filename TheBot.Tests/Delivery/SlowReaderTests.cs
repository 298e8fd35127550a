using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using Xunit.Abstractions;

namespace TheBot.Tests.Delivery;

/// <summary>Somebody does not read what they are sent: they are told to come back, miss nothing by it, and nobody else notices.</summary>
[Collection(SharedReplicas.Name)]
public sealed class SlowReaderTests(TwoReplicas replicas, ITestOutputHelper output)
{
    private const int Messages = 250;

    [Fact]
    public async Task A_reader_who_stops_is_told_to_come_back_and_the_others_get_theirs_as_fast_as_before()
    {
        var (room, student, teacher) = await replicas.School.ClassAsync();
        // a write may take so long here that it is the queue that is too long first, however slow this machine is
        await using var house = await replicas.School.AnotherAsync(("Chat__Limits__MessagesPerSecond", "0"), ("Chat__Delivery__WriteTimeout", "00:05:00"));
        await using var road = new Bottleneck(house.Address.Port);
        // 20 KB in each frame of v1 and the hub, and twice that in the seed's
        await using var talk = await Talk.StartAsync(replicas.School, room, student, teacher, TimeSpan.FromMilliseconds(25), length: 10_000, house.Address);
        for (var i = 0; i < 3; i++) await talk.ListenAsync(teacher, house.Address);

        var before = Stopwatch.GetTimestamp();
        await talk.UntilSaidAsync(Messages);

        // they come only now: on a line that has been fast the system itself takes several MB before a queue does
        await using var seed = await SeedSocket.ConnectAsync(road.Address, $"/ws/chat/{room}/?token={teacher.Token}");
        await using var v1 = await replicas.School.FollowAsync(teacher, room, road.Address);
        var hub = new HubReader();
        await using var hubConnection = await TwoReplicas.HubAsync(teacher, road.Address, hub.Listen);
        await hubConnection.InvokeAsync<SubscribeReply>("Subscribe", room, (long?)null, Deadline.Token());

        var stopped = Stopwatch.GetTimestamp();
        road.BytesPerSecond = 0;
        await talk.UntilSaidAsync(Messages);
        var over = Stopwatch.GetTimestamp();
        road.BytesPerSecond = int.MaxValue;

        Assert.Equal(CloseCode.Slow, await seed.CloseCodeAsync());
        Assert.Equal(CloseCode.Slow, await v1.CloseCodeAsync());
        Assert.Equal(CloseCode.Slow, await hub.Closed);
        await Deadline.UntilAsync(() => Task.FromResult(ToldToComeBack()), told => told >= 3, "the log to tell of each");
        var (p99Before, p99) = (P99(talk.Took(before, stopped)), P99(talk.Took(stopped, over)));
        output.WriteLine($"the others' p99: {p99Before:0.0} ms before, {p99:0.0} ms while three connections did not read");
        // not a speed of its own: as before, give or take what the machine's other work does to a p99 of a few seconds
        Assert.True(p99 <= Math.Max(2 * p99Before, p99Before + 50), $"p99 {p99:0} ms, before {p99Before:0} ms");

        // each of them had a beginning of the log, and going on from there gives the rest
        var seeds = SeqsOf(seed);
        await using var again = await SeedSocket.ConnectAsync(replicas.B, $"/ws/chat/{room}/?since={seeds[^1]}&token={teacher.Token}");
        var v1s = SeqsOf(v1);
        await using var v1Again = await replicas.School.FollowAsync(teacher, room, replicas.B, v1s[^1]);
        var hubs = hub.Seqs;
        var hubAgain = new HubReader();
        await using var hubConnectionAgain = await TwoReplicas.HubAsync(teacher, replicas.B, hubAgain.Listen);
        await hubConnectionAgain.InvokeAsync<SubscribeReply>("Subscribe", room, hubs[^1], Deadline.Token());
        await talk.EndAsync();

        var log = await replicas.School.School.QueryAsync("SELECT seq FROM messages WHERE room_id = $1 ORDER BY seq", row => row.GetInt64(0), room);
        foreach (var (name, heard) in new (string, Func<IReadOnlyList<long>>)[]
        {
            ("seed", () => [.. seeds, .. SeqsOf(again)]),
            ("v1", () => [.. v1s, .. SeqsOf(v1Again)]),
            ("hub", () => [.. hubs, .. hubAgain.Seqs]),
        })
        {
            await Deadline.UntilAsync(() => Task.FromResult(heard().Count > 0 ? heard()[^1] : 0), last => last == log[^1], $"{name} to have everything");
            Assert.Equal(log.SkipWhile(seq => seq < heard()[0]), heard());
        }

        Assert.Equal(3, ToldToComeBack());

        int ToldToComeBack() => house.Output.Split($"A connection of user {teacher.Id} is told to come back: ").Length - 1;
    }

    [Fact]
    public async Task A_reader_whose_write_does_not_move_is_cut_off()
    {
        var (room, student, teacher) = await replicas.School.ClassAsync();
        await using var impatient = await replicas.School.AnotherAsync(("Chat__Delivery__WriteTimeout", "00:00:01"));
        await using var road = new Bottleneck(impatient.Address.Port);
        await using var watching = await replicas.School.SeedAsync(student, room, replicas.A);
        await watching.NextAsync("user_joined", f => (long)f["user"]!["id"]! == student.Id); // those who are there by then are no news to who watches
        await using var silent = await replicas.School.SeedAsync(teacher, room, road.Address);
        await watching.NextAsync("user_joined", f => (long)f["user"]!["id"]! == teacher.Id);

        road.BytesPerSecond = 0;
        await using var talk = await Talk.StartAsync(replicas.School, room, student, student, TimeSpan.FromMilliseconds(12), length: 10_000, replicas.B);

        // the road is still closed: no close would ever arrive, so the server must not wait for one
        await watching.NextAsync("user_left", f => (long)f["user"]!["id"]! == teacher.Id);
        road.BytesPerSecond = int.MaxValue;
        await talk.EndAsync();
    }

    private static double P99(List<double> took) => took[took.Count * 99 / 100];

    /// <summary>Of the messages in a socket's live frames, in either raw dialect.</summary>
    private static List<long> SeqsOf(SeedSocket socket) => [.. socket.Seen
        .Where(frame => (string)frame["type"]! is "chat_message" or V1Type.MessageCreated)
        .Select(frame => (long)(frame["seq"] ?? frame["message"]!["seq"])!)];

    private sealed class HubReader
    {
        private readonly ConcurrentQueue<long> _seqs = [];
        private readonly TaskCompletionSource<int> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<long> Seqs => [.. _seqs];

        public Task<int> Closed => _closed.Task.WaitAsync(Deadline.Token());

        public void Listen(HubConnection hub)
        {
            hub.On<JsonObject>(nameof(IChatClient.MessageCreated), message => _seqs.Enqueue((long)message["seq"]!));
            hub.On<int, string>(nameof(IChatClient.Closed), (code, _) => _closed.TrySetResult(code));
        }
    }
}
