using TheBot.Data.Schema;

namespace TheBot.Tests.Chaos;

/// <summary>All that the checker judges by: what the database has, what clients were told of their sends, what readers heard.</summary>
/// <param name="Logs">By room, ordered by seq.</param>
/// <param name="Sends">Every message that anybody tried to say.</param>
/// <param name="Streams">What each reader of each room heard live and resumed, over however many connections.</param>
/// <param name="FreshReads">The same rooms read from the beginning after everything.</param>
/// <param name="Reads">What history showed while things were going on.</param>
internal sealed record Evidence(
    IReadOnlyDictionary<long, IReadOnlyList<LogLine>> Logs,
    IReadOnlyList<SendTrace> Sends,
    IReadOnlyList<RoomTrace> Streams,
    IReadOnlyList<RoomTrace> FreshReads,
    IReadOnlyList<HistoryRead> Reads);

/// <summary>A line of a room's log as the database has it.</summary>
/// <param name="Seq">Its place.</param>
/// <param name="Kind">What happened.</param>
/// <param name="SubjectId">Whom a member event concerns.</param>
/// <param name="SenderId">Of a message.</param>
/// <param name="ClientId">Of a message.</param>
/// <param name="Content">Of a message.</param>
internal sealed record LogLine(long Seq, RoomEventKind Kind, long? SubjectId, long? SenderId, string? ClientId, string? Content);

/// <summary>What became of a send in the eyes of its client.</summary>
internal enum SendState
{
    Unsettled,
    Sent,
    Refused,
}

/// <summary>One send and what its client was told of it.</summary>
internal sealed record SendTrace(string Sender, long SenderId, long Room, string ClientId, string Content)
{
    public SendState State { get; set; }

    /// <summary>An acknowledgement came over the wire (looked at below the client): the seq that it named.</summary>
    public long? AcknowledgedSeq { get; set; }

    /// <summary>When it came (<see cref="System.Diagnostics.Stopwatch"/>); 0 = it did not.</summary>
    public long AcknowledgedAt { get; set; }

    /// <summary>Why it was refused for good.</summary>
    public string? Error { get; set; }
}

/// <summary>What one reader heard of one room.</summary>
/// <param name="Reader">For people: who, by which client.</param>
/// <param name="UserId">Whose rights count.</param>
/// <param name="Room">The room.</param>
/// <param name="After">The seq behind which the reading began.</param>
/// <param name="MessagesOnly">The dialect shows messages alone, not every line of the log.</param>
internal sealed record RoomTrace(string Reader, long UserId, long Room, long After, bool MessagesOnly = false)
{
    public List<Heard> Heard { get; init; } = [];

    /// <summary>The seq at which the person was last let in before this reading began; removals before it are over.</summary>
    public long RightsSince { get; init; }

    /// <summary>The server ended it because the person was removed.</summary>
    public bool WasRemoved { get; set; }

    public void Add(Heard heard)
    {
        lock (Heard) Heard.Add(heard);
    }

    /// <summary>The seq of the last event, or where the reading began.</summary>
    public long Last
    {
        get
        {
            lock (Heard) return Heard.Count == 0 ? After : Heard[^1].Seq;
        }
    }
}

/// <summary>One event as a reader heard it; client id and content of messages only.</summary>
internal readonly record struct Heard(long Seq, RoomEventKind Kind, string? ClientId = null, string? Content = null);

/// <summary>A page of history that was asked for while things were going on: the newest messages up to <paramref name="Newest"/>.</summary>
/// <param name="Reader">For people.</param>
/// <param name="Room">The room.</param>
/// <param name="AskedAt">When it was asked for (<see cref="System.Diagnostics.Stopwatch"/>).</param>
/// <param name="Newest">The seq of the newest message that it showed; 0 = none.</param>
internal sealed record HistoryRead(string Reader, long Room, long AskedAt, long Newest);

internal enum ViolationKind
{
    Lost,
    Doubled,
    Inverted,
    Stale,
    Unacknowledged,
    NeverSettled,
    RefusedButStored,
    HeardAfterRemoval,
    RemovalNotTold,
    Different,
}

/// <summary>A promise that was broken, and where.</summary>
internal sealed record Violation(ViolationKind Kind, string Where)
{
    public override string ToString() => $"{Kind}: {Where}";
}
