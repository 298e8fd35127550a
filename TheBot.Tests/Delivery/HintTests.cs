using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Delivery;

/// <summary>A slow reader is spared the hints that are out of date by the time it reads, and never a message.</summary>
[Collection(SharedReplicas.Name)]
public sealed class HintTests(TwoReplicas replicas)
{
    /// <summary>Of 20 KB in v1 and the hub: more than the system keeps on the way to somebody who has just come, so that the rest waits in the connection's queue.</summary>
    private const int LongMessages = 300;

    private const int Words = 200;
    private const int Visits = 5;

    [Fact]
    public async Task Typing_and_presence_wait_once_each_and_messages_all()
    {
        var (room, student, teacher) = await replicas.School.ClassAsync();
        var guardian = await replicas.School.PersonAsync(Role.Parent);
        await replicas.School.School.GuardianAsync(student.Id, guardian.Id);
        await using var house = await replicas.School.AnotherAsync(
            ("Chat__Limits__MessagesPerSecond", "0"), ("Chat__Delivery__QueueBytes", "268435456"), ("Chat__Delivery__QueueFrames", "100000"), ("Chat__Delivery__WriteTimeout", "00:05:00"));
        await using var road = new Bottleneck(house.Address.Port);
        await using var typist = await replicas.School.FollowAsync(student, room, house.Address);
        await using var witness = await replicas.School.FollowAsync(teacher, room, house.Address);
        await using var seed = await replicas.School.SeedAsync(teacher, room, road.Address);
        await using var v1 = await replicas.School.FollowAsync(teacher, room, road.Address);
        var hub = new HubReader();
        await using var hubConnection = await TwoReplicas.HubAsync(teacher, road.Address, hub.Listen);
        var from = (await hubConnection.InvokeAsync<SubscribeReply>("Subscribe", room, (long?)null, Deadline.Token())).Head;

        road.BytesPerSecond = 0;
        await SayAsync(typist, room, LongMessages, new string('ы', 10_000));
        for (var i = 1; i <= Words; i++)
        {
            var isTyping = i % 2 != 0;
            await typist.SendAsync(new { type = V1Type.Typing, room, data = new { is_typing = isTyping } });
            await witness.NextAsync(V1Type.Typing, frame => (bool)frame["data"]!["is_typing"]! == isTyping);
        }

        for (var i = 0; i < Visits; i++) await VisitAsync(guardian, room, house.Address, witness);
        await SayAsync(typist, room, 20, "и всё");
        road.BytesPerSecond = int.MaxValue;

        var log = await replicas.School.School.QueryAsync("SELECT seq FROM messages WHERE room_id = $1 AND seq > $2 ORDER BY seq", row => row.GetInt64(0), room, from);
        Assert.Equal(LongMessages + 20, log.Count);
        foreach (var (name, heard) in new (string, Func<Heard>)[] { ("seed", () => BySeed(seed, student, guardian)), ("v1", () => ByV1(v1, student, guardian)), ("hub", () => hub.Of(student, guardian)) })
        {
            await Deadline.UntilAsync(() => Task.FromResult(heard().Messages.LastOrDefault()), last => last == log[^1], $"{name} to have everything");
            Assert.Equal(log, heard().Messages);
            Assert.True(heard().Typing is [false], $"{name} heard of typing: {string.Join(' ', heard().Typing)}");
            Assert.True(heard().Presence is [false], $"{name} heard of presence: {string.Join(' ', heard().Presence)}");
        }
    }

    private async Task VisitAsync(Person guest, long room, Uri at, SeedSocket witness)
    {
        await using (await replicas.School.SeedAsync(guest, room, at))
        {
            await witness.NextAsync(V1Type.Presence, frame => Is(frame, guest) && (bool)frame["data"]!["online"]!);
        }

        await witness.NextAsync(V1Type.Presence, frame => Is(frame, guest) && !(bool)frame["data"]!["online"]!);
    }

    private static async Task SayAsync(SeedSocket v1, long room, int times, string content)
    {
        for (var i = 0; i < times; i++) await v1.SendAsync(new { type = V1Type.Send, room, data = new { client_id = Guid.NewGuid().ToString("N"), content } });
        for (var i = 0; i < times; i++) await v1.NextAsync(V1Type.Ack);
    }

    private static Heard BySeed(SeedSocket seed, Person typist, Person guest)
    {
        var frames = seed.Seen;
        return new Heard(
            [.. frames.Where(frame => Type(frame) == "chat_message").Select(frame => (long)frame["message"]!["seq"]!)],
            [.. frames.Where(frame => Type(frame) is "typing" or "typing_stop" && (long)frame["user"]!["id"]! == typist.Id).Select(frame => Type(frame) == "typing")],
            [.. frames.Where(frame => Type(frame) is "user_joined" or "user_left" && (long)frame["user"]!["id"]! == guest.Id).Select(frame => Type(frame) == "user_joined")]);
    }

    private static Heard ByV1(SeedSocket v1, Person typist, Person guest)
    {
        var frames = v1.Seen;
        return new Heard(
            [.. frames.Where(frame => Type(frame) == V1Type.MessageCreated).Select(frame => (long)frame["seq"]!)],
            [.. frames.Where(frame => Type(frame) == V1Type.Typing && Is(frame, typist)).Select(frame => (bool)frame["data"]!["is_typing"]!)],
            [.. frames.Where(frame => Type(frame) == V1Type.Presence && Is(frame, guest)).Select(frame => (bool)frame["data"]!["online"]!)]);
    }

    private static string Type(JsonObject frame) => (string)frame["type"]!;

    /// <summary>Whether a v1 hint is about somebody.</summary>
    private static bool Is(JsonObject frame, Person person) => (long)frame["data"]!["user"]!["id"]! == person.Id;

    /// <param name="Messages">Their seqs.</param>
    /// <param name="Typing">What was told of the one who types.</param>
    /// <param name="Presence">What was told of the one who comes and goes.</param>
    private sealed record Heard(IReadOnlyList<long> Messages, IReadOnlyList<bool> Typing, IReadOnlyList<bool> Presence);

    private sealed class HubReader
    {
        private readonly ConcurrentQueue<(string Method, JsonObject What)> _calls = [];

        public void Listen(HubConnection hub)
        {
            foreach (var method in new[] { nameof(IChatClient.MessageCreated), nameof(IChatClient.Typing), nameof(IChatClient.Presence) })
            {
                hub.On<JsonObject>(method, what => _calls.Enqueue((method, what)));
            }
        }

        public Heard Of(Person typist, Person guest) => new(
            [.. Calls(nameof(IChatClient.MessageCreated)).Select(what => (long)what["seq"]!)],
            [.. Calls(nameof(IChatClient.Typing)).Where(what => (long)what["user"]!["id"]! == typist.Id).Select(what => (bool)what["is_typing"]!)],
            [.. Calls(nameof(IChatClient.Presence)).Where(what => (long)what["user"]!["id"]! == guest.Id).Select(what => (bool)what["online"]!)]);

        private IEnumerable<JsonObject> Calls(string method) => _calls.Where(call => call.Method == method).Select(call => call.What);
    }
}
