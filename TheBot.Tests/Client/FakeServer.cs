using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Client;

/// <summary>A v1 server in this process, with a log in memory, that can be told to misbehave.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private static readonly TheBot.Contracts.Person Somebody = new(1, "Анна Петрова", "teacher");

    private readonly Lock _gate = new();
    private readonly Dictionary<long, List<ChatMessage>> _rooms = [];
    private readonly Channel<V1Frame> _heard = Channel.CreateUnbounded<V1Frame>();
    private readonly ConcurrentDictionary<Peer, bool> _peers = new();
    private readonly WebApplication _app;

    private FakeServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>Connections that were made so far.</summary>
    public int Connections { get; private set; }

    /// <summary>What to do with a client's frame instead of answering it; true = done.</summary>
    public Func<Peer, V1Frame, bool> Instead { get; set; } = (_, _) => false;

    /// <summary>Whether an event reaches a connection.</summary>
    public Func<ChatMessage, bool> Arrives { get; set; } = _ => true;

    /// <summary>How often each event is sent.</summary>
    public int Copies { get; set; } = 1;

    /// <summary>Every frame that clients sent, in the order of arrival.</summary>
    public ChannelReader<V1Frame> Heard => _heard.Reader;

    public static async Task<FakeServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = new FakeServer(app);
        app.UseWebSockets();
        app.Run(server.ServeAsync);
        await app.StartAsync();
        server.Address = new UriBuilder(app.Urls.Single()) { Scheme = "ws", Path = V1Protocol.Path }.Uri;
        return server;
    }

    /// <summary>Somebody says something.</summary>
    public ChatMessage Say(long room, string text) => Store(room, text, null);

    public IReadOnlyList<ChatMessage> Log(long room)
    {
        lock (_gate) return [.. LogOf(room)];
    }

    /// <summary>Cuts all connections without a word.</summary>
    public void Cut()
    {
        foreach (var peer in _peers.Keys) peer.Abort();
    }

    public void Close(int code, string reason = "as the test wants")
    {
        foreach (var peer in _peers.Keys) peer.Close(code, reason);
    }

    public void Tell<T>(V1Frame<T> frame, JsonTypeInfo<V1Frame<T>> type)
    {
        foreach (var peer in _peers.Keys) peer.Post(frame, type);
    }

    /// <summary>The heartbeat, now.</summary>
    public void Beat()
    {
        IReadOnlyDictionary<long, long> heads;
        lock (_gate) heads = _rooms.ToDictionary(r => r.Key, r => (long)r.Value.Count);
        Tell(new V1Frame<IReadOnlyDictionary<long, long>> { Type = V1Type.Heads, Data = heads }, V1Json.Wire.Heads);
    }

    /// <summary>The next frame of a type that a client sent.</summary>
    public async Task<V1Frame> HeardAsync(string type)
    {
        while (await Heard.ReadAsync(Deadline.Token()) is var frame)
        {
            if (frame.Type == type) return frame;
        }

        throw new InvalidOperationException("unreachable");
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        await _app.DisposeAsync();
    }

    /// <summary>As a server does: stored once under a client id, told to the sender first, then to all.</summary>
    public ChatMessage Store(long room, string text, string? clientId, Peer? sender = null, bool acknowledge = true)
    {
        lock (_gate)
        {
            var log = LogOf(room);
            if (clientId is not null && log.Find(m => m.ClientId == clientId) is { } known)
            {
                sender?.Acknowledge(known);
                return known;
            }

            var message = new ChatMessage
            {
                Id = (room * 1000) + log.Count + 1,
                Room = room,
                Seq = log.Count + 1,
                Sender = Somebody,
                Content = text,
                ClientId = clientId,
                CreatedAt = DateTimeOffset.UnixEpoch,
                UpdatedAt = DateTimeOffset.UnixEpoch,
            };
            log.Add(message);
            if (acknowledge) sender?.Acknowledge(message);
            foreach (var peer in _peers.Keys.Where(p => p.Rooms.Contains(room))) Deliver(peer, message);
            return message;
        }
    }

    private List<ChatMessage> LogOf(long room)
    {
        if (!_rooms.TryGetValue(room, out var log)) _rooms.Add(room, log = []);
        return log;
    }

    private void Deliver(Peer peer, ChatMessage message)
    {
        if (!Arrives(message)) return;
        for (var i = 0; i < Copies; i++)
        {
            peer.Post(new V1Frame<V1Message> { Type = V1Type.MessageCreated, Room = message.Room, Seq = message.Seq, Data = new(message) }, V1Json.Wire.Message);
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(V1Protocol.Subprotocol);
        var peer = new Peer(socket, context);
        lock (_gate) Connections++;
        _peers.TryAdd(peer, true);
        try
        {
            while (await peer.ReceiveAsync() is { } frame)
            {
                if (!Instead(peer, frame)) Answer(peer, frame);
                _heard.Writer.TryWrite(frame); // after the answer, so that whoever waits for it finds the server's state changed
            }
        }
        finally
        {
            _peers.TryRemove(peer, out _);
            await peer.EndAsync();
        }
    }

    private void Answer(Peer peer, V1Frame frame)
    {
        switch (frame.Type)
        {
            case V1Type.Auth:
                var limits = new V1Limits(ChatLimits.ContentMaxLength, ChatLimits.FrameMaxBytes, 500, ChatLimits.HistoryOnConnect, 15, 10, 60, 10);
                peer.Post(new V1Frame<V1Ready> { Type = V1Type.Ready, Data = new(Somebody, limits) }, V1Json.Wire.Ready);
                break;
            case V1Type.Subscribe:
                Subscribe(peer, frame);
                break;
            case V1Type.Unsubscribe:
                lock (_gate) peer.Rooms.Remove(frame.Room!.Value);
                peer.Post(new V1Frame<V1Unsubscribed> { Type = V1Type.Unsubscribed, Room = frame.Room, Data = new() }, V1Json.Wire.Unsubscribed);
                break;
            case V1Type.Send:
                var send = frame.DataAs(V1Json.Wire.V1Send);
                Store(frame.Room!.Value, send.Content!, send.ClientId, peer);
                break;
        }
    }

    private void Subscribe(Peer peer, V1Frame frame)
    {
        var since = frame.DataAs(V1Json.Wire.V1Subscribe).Since;
        lock (_gate)
        {
            var log = LogOf(frame.Room!.Value);
            peer.Rooms.Add(frame.Room.Value);
            var answer = new V1Subscribed(log.Count, since ?? log.Count, true, 0, since is null ? [.. log.TakeLast(ChatLimits.HistoryOnConnect)] : []);
            peer.Post(new V1Frame<V1Subscribed> { Type = V1Type.Subscribed, Id = frame.Id, Room = frame.Room, Data = answer }, V1Json.Wire.Subscribed);
            foreach (var message in log.Skip((int)(since ?? log.Count))) Deliver(peer, message);
        }
    }
}
