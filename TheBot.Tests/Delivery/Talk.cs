using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Client;
using TheBot.Contracts;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Delivery;

/// <summary>People on every replica who go on talking in a room, and others who listen there; at the end nothing may be missing, double or out of order.</summary>
internal sealed class Talk : IAsyncDisposable
{
    private readonly ApiSchool _school;
    private readonly long _room;
    private readonly List<IAsyncDisposable> _connections = [];
    private readonly List<Listener> _listeners = [];
    private readonly ConcurrentQueue<ChatMessage> _acknowledged = [];
    private readonly CancellationTokenSource _enough = new();
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _talking = [];

    private Talk(ApiSchool school, long room) => (_school, _room) = (school, room);

    /// <param name="school">Where.</param>
    /// <param name="room">In which room.</param>
    /// <param name="talker">Who talks, by one connection to each replica.</param>
    /// <param name="listener">Who listens, by the client library on each replica.</param>
    /// <param name="pause">Between two messages of one connection.</param>
    /// <param name="length">Of a message, about, in characters.</param>
    /// <param name="replicas">Where they are connected.</param>
    public static async Task<Talk> StartAsync(ApiSchool school, long room, Person talker, Person listener, TimeSpan pause, int length, params Uri[] replicas)
    {
        var talk = new Talk(school, room);
        foreach (var replica in replicas) await talk.ListenAsync(listener, replica);
        foreach (var replica in replicas)
        {
            var client = await talk.ConnectAsync(talker, replica);
            talk._talking.Add(Task.Run(() => talk.GoOnAsync(client, pause, length)));
        }

        return talk;
    }

    /// <summary>Messages that were acknowledged so far.</summary>
    public int Said => _acknowledged.Count;

    /// <summary>From when a message was sent to when each listener had it, in milliseconds, of messages sent since a moment (a <see cref="Stopwatch"/> timestamp).</summary>
    public List<double> Took(long since = 0, long until = long.MaxValue) => [.. _listeners
        .SelectMany(listener => listener.Heard)
        .Where(heard => heard.SentAt >= since && heard.SentAt < until)
        .Select(heard => Stopwatch.GetElapsedTime(heard.SentAt, heard.At).TotalMilliseconds)
        .Order()];

    public Task UntilSaidAsync(int more)
    {
        var enough = Said + more;
        return Deadline.UntilAsync(() => Task.FromResult(Said), said => said >= enough, $"{more} more messages");
    }

    /// <summary>One more who listens, from now on.</summary>
    public async Task ListenAsync(Person listener, Uri at)
    {
        var client = await ConnectAsync(listener, at);
        var head = await _school.School.ScalarAsync<long>("SELECT head_seq FROM rooms WHERE id = $1", _room);
        var one = new Listener($"{listener.Username} at {at}", head);
        _listeners.Add(one);
        _ = Task.Run(async () =>
        {
            await foreach (var heard in client.FollowAsync(_room, head)) one.Hear(heard.Seq, (heard as MessageCreated)?.Message.Content);
        });
    }

    /// <summary>As <see cref="ListenAsync"/>, in the seed's dialect.</summary>
    public async Task ListenBySeedAsync(Person listener, Uri at)
    {
        var socket = await SeedSocket.ConnectAsync(at, $"/ws/chat/{_room}/?token={listener.Token}");
        _connections.Add(socket);
        var history = (await socket.NextAsync("room_history"))["messages"]!.AsArray();
        var one = new Listener($"{listener.Username} by seed at {at}", (long?)history[^1]?["seq"] ?? 0);
        _listeners.Add(one);
        _ = Task.Run(async () =>
        {
            while (await socket.FirstAsync() is { } frame)
            {
                if ((string)frame["type"]! == "chat_message") one.Hear((long)frame["message"]!["seq"]!, (string)frame["message"]!["content"]!);
            }
        });
    }

    /// <summary>As <see cref="ListenAsync"/>, by the hub.</summary>
    public async Task<HubConnection> ListenByHubAsync(Person listener, Uri at)
    {
        var heard = new BlockingCollection<JsonObject>();
        var hub = await TwoReplicas.HubAsync(listener, at, hub => hub.On<JsonObject>(nameof(IChatClient.MessageCreated), heard.Add));
        _connections.Add(hub);
        var reply = await hub.InvokeAsync<SubscribeReply>("Subscribe", _room, (long?)null, Deadline.Token());
        var one = new Listener($"{listener.Username} by hub at {at}", reply.Head);
        _listeners.Add(one);
        _ = Task.Run(() =>
        {
            foreach (var message in heard.GetConsumingEnumerable(_over.Token)) one.Hear((long)message["seq"]!, (string)message["content"]!);
        }).ContinueWith(static over => over.Exception, TaskScheduler.Default);
        return hub;
    }

    /// <summary>Ends it: what was acknowledged is stored once, and every listener heard the log from where they came in, each seq once and in order.</summary>
    public async Task EndAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_talking).WaitAsync(Deadline.Token());
        var log = await _school.School.QueryAsync(
            "SELECT e.seq, e.kind, m.content FROM room_events e LEFT JOIN messages m ON m.id = e.message_id WHERE e.room_id = $1 ORDER BY e.seq",
            row => (Seq: row.GetInt64(0), Kind: row.GetInt16(1), Content: row.IsDBNull(2) ? null : row.GetString(2)),
            _room);
        Assert.Equal(Enumerable.Range(1, log.Count).Select(seq => (long)seq), log.Select(line => line.Seq));
        var stored = log.Where(line => line.Kind == 1).ToDictionary(line => line.Seq, line => line.Content);
        var copies = stored.Values.CountBy(content => content!).ToDictionary();
        Assert.All(_acknowledged, message => Assert.Equal((message.Content, 1), (stored.GetValueOrDefault(message.Seq), copies[message.Content])));

        foreach (var listener in _listeners)
        {
            await Deadline.UntilAsync(() => Task.FromResult(listener.Last), last => last == log[^1].Seq, $"{listener.Name} to hear everything");
            Assert.Equal(
                log.Where(line => line.Seq > listener.From && line.Kind == 1).Select(line => (line.Seq, line.Content!)),
                listener.Heard.Select(heard => (heard.Seq, heard.Content)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_talking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var connection in _connections) await connection.DisposeAsync();
        await _over.CancelAsync();
        _enough.Dispose();
        _over.Dispose();
    }

    private async Task<ChatClient> ConnectAsync(Person person, Uri at)
    {
        var client = await TwoReplicas.ClientAsync(person, at);
        _connections.Add(client);
        return client;
    }

    private async Task GoOnAsync(ChatClient client, TimeSpan pause, int length)
    {
        // one after the other by the clock, and not by the last one's answer: a writer who waits would hide how long it takes
        var sending = new List<Task>();
        using var timer = new PeriodicTimer(pause);
        while (!_enough.IsCancellationRequested)
        {
            sending.Add(SayAsync(client, length));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(sending);
    }

    private async Task SayAsync(ChatClient client, int length)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetTimestamp()} {Guid.NewGuid():N} ");
        _acknowledged.Enqueue(await client.SendAsync(_room, text + new string('ы', Math.Max(1, length - text.Length)), cancellationToken: Deadline.Token()));
    }

    /// <param name="name">For the failure's text.</param>
    /// <param name="from">They hear what comes after this seq.</param>
    private sealed class Listener(string name, long from)
    {
        private readonly List<(long Seq, string Content, long SentAt, long At)> _heard = [];
        private long _last = from;

        public string Name { get; } = name;

        public long From { get; } = from;

        public long Last => Volatile.Read(ref _last);

        public IReadOnlyList<(long Seq, string Content, long SentAt, long At)> Heard
        {
            get
            {
                lock (_heard) return [.. _heard];
            }
        }

        public void Hear(long seq, string? content)
        {
            var now = Stopwatch.GetTimestamp();
            if (content is not null)
            {
                // others may talk here too, who do not say when
                var sentAt = long.TryParse(content.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) ? ticks : -1;
                lock (_heard) _heard.Add((seq, content, sentAt, now));
            }

            Volatile.Write(ref _last, seq);
        }
    }
}
