using TheBot.Client;

namespace TheBot.Tests.Client;

/// <summary>Clients under test and what they tell.</summary>
internal static class ClientOf
{
    /// <summary>A connected client that wastes no time: its waits before coming back are over at once.</summary>
    public static async Task<ChatClient> ConnectAsync(FakeServer server, Func<ChatClientOptions, ChatClientOptions>? with = null)
    {
        var client = New(server, with);
        await client.ConnectAsync(Deadline.Token());
        return client;
    }

    public static ChatClient New(FakeServer server, Func<ChatClientOptions, ChatClientOptions>? with = null)
    {
        var options = new ChatClientOptions
        {
            Transport = new WebSocketTransport(server.Address),
            Token = _ => ValueTask.FromResult("token"),
            Time = new EagerTime(longest: TimeSpan.FromSeconds(31)),
            ConnectWithin = TimeSpan.FromMinutes(2),
            Jitter = () => 0,
        };
        return new ChatClient(with?.Invoke(options) ?? options);
    }

    /// <summary>The next events of a room.</summary>
    public static async Task<List<RoomEvent>> TakeAsync(this IAsyncEnumerator<RoomEvent> room, int count)
    {
        var events = new List<RoomEvent>();
        while (events.Count < count && await room.MoveNextAsync().AsTask().WaitAsync(Deadline.Token())) events.Add(room.Current);
        return events;
    }

    public static IAsyncEnumerator<RoomEvent> Follow(this ChatClient client, long room, long? since = null) =>
        client.FollowAsync(room, since, Deadline.Token()).GetAsyncEnumerator(Deadline.Token());

    /// <summary>Waits until the client is in a state.</summary>
    public static async Task StateAsync(this ChatClient client, ChatState state)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StateChanged += Look;
        Look(client.State);
        await reached.Task.WaitAsync(Deadline.Token());
        client.StateChanged -= Look;

        void Look(ChatState now)
        {
            if (now == state) reached.TrySetResult();
        }
    }
}
