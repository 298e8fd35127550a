using System.Collections.Concurrent;
using TheBot.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Client;

/// <summary>Coming back: when, how long after, and when not.</summary>
public class ConnectionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task The_wait_before_coming_back_doubles_to_30_seconds_and_the_client_never_gives_up()
    {
        var time = new EagerTime(longest: TimeSpan.FromSeconds(31));
        var attempts = new Attempts(enough: 9);
        await using var client = new ChatClient(new ChatClientOptions
        {
            Transport = attempts,
            Token = _ => ValueTask.FromResult("token"),
            Time = time,
            ConnectWithin = Limit,
            Jitter = () => 1,
        });

        _ = client.ConnectAsync();
        await attempts.Made.WaitAsync(Deadline.Token());

        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], time.Waits.Take(8).Select(w => w.TotalSeconds));
        Assert.False(client.Completion.IsCompleted);
    }

    [Fact]
    public async Task Chance_takes_up_to_half_of_a_wait()
    {
        var time = new EagerTime(longest: TimeSpan.FromSeconds(31));
        var attempts = new Attempts(enough: 5);
        await using var client = new ChatClient(new ChatClientOptions
        {
            Transport = attempts,
            Token = _ => ValueTask.FromResult("token"),
            Time = time,
            ConnectWithin = Limit,
            Jitter = () => 0,
        });

        _ = client.ConnectAsync();
        await attempts.Made.WaitAsync(Deadline.Token());

        Assert.Equal([0.5, 1, 2, 4], time.Waits.Take(4).Select(w => w.TotalSeconds));
    }

    [Fact]
    public async Task The_server_says_when_to_come_back()
    {
        await using var server = await FakeServer.StartAsync();
        var time = new EagerTime(longest: TimeSpan.FromSeconds(31));
        await using var client = await ClientOf.ConnectAsync(server, o => o with { Time = time });

        server.Tell(new V1Frame<V1GoingAway> { Type = V1Type.GoingAway, Data = new(7) }, V1Json.Wire.GoingAway);
        server.Close(CloseCode.GoingAway);
        await server.HeardAsync(V1Type.Auth);
        await server.HeardAsync(V1Type.Auth);

        Assert.Equal([7], time.Waits.Select(w => w.TotalSeconds));
    }

    [Theory]
    [InlineData(4001, ErrorCode.NotAuthenticated)]
    [InlineData(4002, ChatException.ClientEnded)]
    [InlineData(4500, ChatException.ClientEnded)]
    [InlineData(4501, ErrorCode.NotAuthenticated)]
    [InlineData(4999, ChatException.ClientEnded)]
    public async Task A_final_close_ends_the_client_and_everything_that_was_open(int code, string told)
    {
        await using var server = await FakeServer.StartAsync();
        server.Instead = (_, frame) => frame.Type == V1Type.Send;
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(5);
        await room.TakeAsync(1);
        var message = client.Send(5, "уже не дойдёт");

        server.Close(code);

        var end = await Assert.ThrowsAsync<ChatConnectionException>(() => client.Completion.WaitAsync(Deadline.Token()));
        Assert.Equal(code, end.Code);
        Assert.Equal(told, (await Assert.ThrowsAsync<ChatException>(() => room.TakeAsync(1))).Code);
        Assert.Equal((OutgoingState.Failed, told), (message.State, message.FailedWith));
        Assert.Equal(told, client.Send(5, "и это").FailedWith);
        Assert.Equal(ChatState.Offline, client.State);
        await Assert.ThrowsAsync<ChatConnectionException>(() => client.ConnectAsync());
        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(1011)]
    [InlineData(1012)]
    [InlineData(4008)]
    [InlineData(4029)]
    [InlineData(4499)]
    public async Task Any_other_close_brings_the_client_back(int code)
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(5, since: 0);
        server.Say(5, "1");
        await room.TakeAsync(1);

        server.Close(code);
        server.Say(5, "2");

        Assert.Equal([2L], (await room.TakeAsync(1)).Select(e => e.Seq));
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_left_for_another_connection()
    {
        await using var server = await FakeServer.StartAsync();
        var time = new EagerTime(longest: TimeSpan.FromSeconds(31));
        await using var client = await ClientOf.ConnectAsync(server, o => o with { Time = time });
        await client.StateAsync(ChatState.Live);

        time.Fire(TimeSpan.FromSeconds((2 * 15) + 5));
        await server.HeardAsync(V1Type.Auth);
        await server.HeardAsync(V1Type.Auth);

        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task States_are_told_in_order()
    {
        await using var server = await FakeServer.StartAsync();
        server.Say(5, "1");
        await using var client = ClientOf.New(server);
        var states = new ConcurrentQueue<ChatState>();
        client.StateChanged += states.Enqueue;
        await using var room = client.Follow(5, since: 0);
        var first = room.TakeAsync(1);
        await client.ConnectAsync(Deadline.Token());
        await first;
        await client.StateAsync(ChatState.Live);

        server.Cut();
        server.Say(5, "2"); // after the cut: it can arrive on a new connection only
        await room.TakeAsync(1);
        await client.StateAsync(ChatState.Live);
        await client.DisposeAsync();

        Assert.Equal(
            [
                ChatState.Connecting, ChatState.CatchingUp, ChatState.Live,
                ChatState.Offline, ChatState.Connecting, ChatState.CatchingUp, ChatState.Live, ChatState.Offline,
            ],
            states);
    }

    [Fact]
    public async Task Disposing_ends_streams_and_messages_and_says_goodbye()
    {
        await using var server = await FakeServer.StartAsync();
        Peer? seen = null;
        server.Instead = (peer, frame) =>
        {
            seen = peer;
            return frame.Type == V1Type.Send;
        };
        var client = await ClientOf.ConnectAsync(server);
        await using var room = client.Follow(5);
        await room.TakeAsync(1);
        var message = client.Send(5, "не успел");
        await server.HeardAsync(V1Type.Send);

        await client.DisposeAsync();

        Assert.Equal(ChatException.ClientEnded, message.FailedWith);
        Assert.Equal(ChatException.ClientEnded, (await Assert.ThrowsAsync<ChatException>(() => room.TakeAsync(1))).Code);
        await client.Completion;
        await Deadline.UntilAsync(() => Task.FromResult(seen!.Closed), c => c is not null, "the client's close");
        Assert.Equal(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, seen!.Closed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ConnectAsync());
    }

    [Fact]
    public async Task A_handler_that_throws_ends_the_client_with_its_exception()
    {
        await using var server = await FakeServer.StartAsync();
        await using var client = await ClientOf.ConnectAsync(server);
        client.RoomAdded += _ => throw new FormatException("a handler's own");

        server.Tell(new V1Frame<V1Nothing> { Type = V1Type.RoomAdded, Room = 9, Data = V1Nothing.Instance }, V1Json.Wire.Nothing);

        await Assert.ThrowsAsync<FormatException>(() => client.Completion.WaitAsync(Deadline.Token()));
    }

    [Fact]
    public async Task A_handler_that_throws_at_the_end_does_not_keep_the_client_from_ending()
    {
        await using var server = await FakeServer.StartAsync();
        var client = await ClientOf.ConnectAsync(server);
        client.StateChanged += state => throw new FormatException($"{state}");

        await client.DisposeAsync().AsTask().WaitAsync(Deadline.Token());

        await Assert.ThrowsAsync<FormatException>(() => client.Completion.WaitAsync(Deadline.Token()));
    }

    /// <summary>A network on which nobody can be reached.</summary>
    private sealed class Attempts(int enough) : IChatTransport
    {
        private readonly TaskCompletionSource _made = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Task Made => _made.Task;

        public Task<IChatConnection> ConnectAsync(CancellationToken cancellationToken)
        {
            if (++_count == enough) _made.TrySetResult();
            throw new ChatConnectionException("nobody there");
        }
    }
}
