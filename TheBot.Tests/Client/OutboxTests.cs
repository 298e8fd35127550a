using TheBot.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Client;

/// <summary>Sending: at once for the eye, once for the log, in order.</summary>
public class OutboxTests
{
    private const long Room = 5;

    [Fact]
    public async Task A_message_is_pending_at_once_and_sent_when_it_is_stored()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = ClientOf.New(server);

        var message = client.Send(Room, "скоро");
        Assert.Equal(OutgoingState.Pending, message.State);
        await client.ConnectAsync(Deadline.Token());
        var stored = await message.Stored.WaitAsync(Deadline.Token());

        Assert.Equal(OutgoingState.Sent, message.State);
        Assert.Equal((message.ClientId, "скоро", 1), (stored.ClientId, stored.Content, stored.Seq));
    }

    [Fact]
    public async Task A_message_whose_answer_was_lost_is_stored_once()
    {
        await using var server = await FakeServer.StartAsync();
        server.Instead = (peer, frame) =>
        {
            if (frame.Type != V1Type.Send || server.Connections > 1) return false;
            server.Store(Room, frame.DataAs(V1Json.Wire.V1Send).Content!, frame.Id, peer, acknowledge: false);
            peer.Abort();
            return true;
        };
        await using var client = await ClientOf.ConnectAsync(server);

        var stored = await client.SendAsync(Room, "один раз", cancellationToken: Deadline.Token());

        Assert.Equal(1, stored.Seq);
        Assert.Single(server.Log(Room));
        Assert.Equal(2, server.Connections);
    }

    [Theory]
    [InlineData(ErrorCode.Save, null)]
    [InlineData(ErrorCode.RateLimited, null)]
    [InlineData(ErrorCode.SlowMode, 3.0)]
    public async Task What_was_said_first_is_stored_first_even_if_it_was_put_off(string code, double? retryAfter)
    {
        await using var server = await FakeServer.StartAsync();
        var putOff = 0;
        server.Instead = (peer, frame) =>
        {
            if (frame.Type != V1Type.Send || putOff++ >= 3) return false;
            peer.Refuse(frame, code, retryAfter);
            return true;
        };
        await using var client = await ClientOf.ConnectAsync(server);

        var messages = Enumerable.Range(1, 5).Select(i => client.Send(Room, $"{i}")).ToList();
        foreach (var message in messages) await message.Stored.WaitAsync(Deadline.Token());

        Assert.Equal(["1", "2", "3", "4", "5"], server.Log(Room).Select(m => m.Content));
        Assert.True(putOff > 3);
    }

    [Fact]
    public async Task Order_and_count_survive_cuts_at_every_point()
    {
        await using var server = await FakeServer.StartAsync();
        var sends = 0;
        server.Instead = (peer, frame) =>
        {
            if (frame.Type != V1Type.Send) return false;
            var nth = ++sends % 4;
            if (nth is 1 or 3) server.Store(Room, frame.DataAs(V1Json.Wire.V1Send).Content!, frame.Id, peer, acknowledge: nth == 3);
            if (nth != 3) peer.Abort(); // 1: stored, not answered; 2 and 0: not even stored
            return true;
        };
        await using var client = await ClientOf.ConnectAsync(server);

        var messages = Enumerable.Range(1, 12).Select(i => client.Send(Room, $"{i}")).ToList();
        foreach (var message in messages) await message.Stored.WaitAsync(Deadline.Token());

        Assert.Equal(messages.Select(m => m.Content), server.Log(Room).Select(m => m.Content));
    }

    [Fact]
    public async Task A_room_that_is_put_off_does_not_hold_up_another()
    {
        await using var server = await FakeServer.StartAsync();
        server.Instead = (_, frame) => frame is { Type: V1Type.Send, Room: Room };
        await using var client = await ClientOf.ConnectAsync(server);

        var held = client.Send(Room, "ждёт");
        await client.SendAsync(6, "идёт", cancellationToken: Deadline.Token());

        Assert.Equal(OutgoingState.Pending, held.State);
    }

    [Fact]
    public async Task A_refused_message_fails_by_its_code_and_the_next_one_goes()
    {
        await using var server = await FakeServer.StartAsync();
        server.Instead = (peer, frame) =>
        {
            if (frame.Type != V1Type.Send || frame.DataAs(V1Json.Wire.V1Send).Content != "нельзя") return false;
            peer.Refuse(frame, ErrorCode.Muted);
            return true;
        };
        await using var client = await ClientOf.ConnectAsync(server);

        var refused = client.Send(Room, "нельзя");
        await client.SendAsync(Room, "можно", cancellationToken: Deadline.Token());

        Assert.Equal((OutgoingState.Failed, ErrorCode.Muted), (refused.State, refused.FailedWith));
        var reason = await Assert.ThrowsAsync<ChatException>(() => refused.Stored);
        Assert.Equal(ErrorCode.Muted, reason.Code);
        Assert.Equal(["можно"], server.Log(Room).Select(m => m.Content));
    }
}
