using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Messages;
using TheBot.Data;
using TheBot.Data.Log;

namespace TheBot.Tests.Messages;

/// <summary>The write path of one process: a writer and a log on connections of their own, and what it announced.</summary>
internal sealed class Replica : ICommittedEvents, IAsyncDisposable
{
    public Replica(string connectionString, Action<MessageWriterOptions>? configure = null)
    {
        Database = ChatDatabase.Create(connectionString);
        Log = new RoomLog(Database);
        var options = new MessageWriterOptions();
        configure?.Invoke(options);
        Writer = new MessageWriter(Log, this, NoLimits, Options.Create(options), TimeProvider.System, NullLogger<MessageWriter>.Instance);
    }

    /// <summary>For tests of something else than limits.</summary>
    public static PersonLimits NoLimits { get; } = new(Options.Create(new LimitOptions { MessagesPerSecond = 0 }));

    public NpgsqlDataSource Database { get; }
    public RoomLog Log { get; }
    public MessageWriter Writer { get; }
    public ConcurrentQueue<RoomEvent> Announced { get; } = [];

    /// <summary>Called before an announcement counts.</summary>
    public Action Announcing { get; set; } = static () => { };

    /// <summary>As a transport does it: through the rules, into the writer.</summary>
    public Sent Send(long roomId, long senderId, string content, string? clientId = null, long? replyTo = null)
    {
        var draft = MessageRules.Draft(roomId, senderId, content, clientId, replyTo, out var broken);
        var sent = new Sent(draft ?? throw new ArgumentException($"{broken}", nameof(content)));
        Writer.Submit(sent);
        return sent;
    }

    public void Announce(Committed committed)
    {
        Announcing();
        foreach (var told in committed.RoomEvents) Announced.Enqueue(told);
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.StopAsync(Deadline.Token());
        await Database.DisposeAsync();
    }
}

/// <summary>A send, and how often it was answered.</summary>
internal sealed class Sent(MessageDraft draft) : SendCommand(draft)
{
    private readonly TaskCompletionSource<SendOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _answers;

    public int Answers => Volatile.Read(ref _answers);

    public Task<SendOutcome> OutcomeAsync() => _outcome.Task.WaitAsync(Deadline.Patience);

    public override void Completed(SendOutcome outcome)
    {
        Interlocked.Increment(ref _answers);
        _outcome.TrySetResult(outcome);
    }

    public static async Task<SendOutcome[]> AllAsync(IEnumerable<Sent> sends) => await Task.WhenAll(sends.Select(sent => sent.OutcomeAsync()));
}
