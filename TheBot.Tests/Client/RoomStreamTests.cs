using TheBot.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Client;

/// <summary>A followed room: in order, exactly once, without a gap, whatever the server and the network do.</summary>
public class RoomStreamTests
{
    private const long Room = 5;

    [Fact]
    public async Task A_room_opens_with_its_newest_messages_and_goes_on_after_them()
    {
        await using var server = await FakeServer.StartAsync();
        for (var i = 1; i <= 60; i++) server.Say(Room, $"{i}");
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room);

        var opened = Assert.IsType<RoomOpened>((await room.TakeAsync(1))[0]);
        server.Say(Room, "61");
        var next = Assert.IsType<MessageCreated>((await room.TakeAsync(1))[0]);

        Assert.Equal(60, opened.Seq);
        Assert.Equal(Enumerable.Range(11, 50).Select(i => $"{i}"), opened.Messages.Select(m => m.Content));
        Assert.Equal((61, "61"), (next.Seq, next.Message.Content));
    }

    [Fact]
    public async Task Cut_connections_neither_lose_nor_double_an_event()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room, since: 0);
        var events = new List<RoomEvent>();
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 7; i++) server.Say(Room, $"{round}.{i}");
            if (round % 3 == 0) events.AddRange(await room.TakeAsync(3));
            server.Cut();
        }

        events.AddRange(await room.TakeAsync(70 - events.Count));

        Assert.Equal(server.Log(Room).Select(m => m.Content), events.Cast<MessageCreated>().Select(e => e.Message.Content));
        Assert.Equal(Enumerable.Range(1, 70).Select(i => (long)i), events.Select(e => e.Seq));
    }

    [Fact]
    public async Task An_event_that_comes_twice_is_told_once()
    {
        await using var server = await FakeServer.StartAsync();
        server.Copies = 2;
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room, since: 0);
        for (var i = 0; i < 5; i++) server.Say(Room, $"{i}");

        var events = await room.TakeAsync(5);

        Assert.Equal([1L, 2, 3, 4, 5], events.Select(e => e.Seq));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task A_gap_is_filled_before_what_came_after_it()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room, since: 0);
        server.Say(Room, "1");
        await room.TakeAsync(1);
        server.Arrives = message => message.Seq != 2;
        server.Say(Room, "2");
        server.Arrives = _ => true;
        server.Say(Room, "3");

        var events = await room.TakeAsync(2);

        Assert.Equal([2L, 3], events.Select(e => e.Seq));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task A_head_that_does_not_arrive_is_asked_for()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room, since: 0);
        server.Say(Room, "1");
        await room.TakeAsync(1);
        server.Arrives = _ => false;
        server.Say(Room, "2");
        server.Arrives = _ => true;

        server.Beat();

        Assert.Equal([2L], (await room.TakeAsync(1)).Select(e => e.Seq));
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task A_gap_that_stays_is_left_to_another_connection()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room, since: 0);
        server.Arrives = message => message.Seq != 1 || server.Connections > 1;
        server.Say(Room, "1");
        server.Say(Room, "2");

        Assert.Equal([1L, 2], (await room.TakeAsync(2)).Select(e => e.Seq));
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task Many_rooms_share_one_connection()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        var rooms = Enumerable.Range(1, 40).Select(id => (Id: (long)id, Events: client.Follow(id, since: 0))).ToList();
        foreach (var (id, _) in rooms) server.Say(id, $"in {id}");

        foreach (var (id, events) in rooms)
        {
            await using (events) Assert.Equal($"in {id}", Assert.IsType<MessageCreated>((await events.TakeAsync(1))[0]).Message.Content);
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task A_room_without_access_says_so()
    {
        await using var server = await FakeServer.StartAsync();
        server.Instead = (peer, frame) =>
        {
            if (frame.Type != V1Type.Subscribe) return false;
            peer.Refuse(frame, ErrorCode.AccessDenied);
            return true;
        };
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room);

        var refused = await Assert.ThrowsAsync<ChatException>(() => room.TakeAsync(1));

        Assert.Equal(ErrorCode.AccessDenied, refused.Code);
    }

    [Fact]
    public async Task Being_removed_ends_the_stream_and_leaves_the_others()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room, since: 0);
        await using var other = client.Follow(6, since: 0);
        server.Say(Room, "1");
        server.Say(6, "1");
        await room.TakeAsync(1);
        await other.TakeAsync(1);

        server.Tell(new V1Frame<V1Unsubscribed> { Type = V1Type.Unsubscribed, Room = Room, Data = new(V1Unsubscribed.Removed) }, V1Json.Wire.Unsubscribed);

        Assert.Empty(await room.TakeAsync(1));
        server.Say(6, "2");
        Assert.Single(await other.TakeAsync(1));
    }

    [Fact]
    public async Task An_event_without_a_word_for_it_keeps_its_place()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(Room, since: 0);
        server.Say(Room, "1");
        await room.TakeAsync(1);

        server.Tell(new V1Frame<V1Nothing> { Type = "poll.opened", Room = Room, Seq = 2, Data = V1Nothing.Instance }, V1Json.Wire.Nothing);

        Assert.Equal("poll.opened", Assert.IsType<OtherEvent>((await room.TakeAsync(1))[0]).Type);
    }
}
