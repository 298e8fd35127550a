using System.Diagnostics;
using TheBot.Data.Schema;

namespace TheBot.Data.Log;

/// <summary>A committed line of a room's log, ready for the wire.</summary>
/// <param name="RoomId">The room.</param>
/// <param name="Seq">Its place in the room's log.</param>
/// <param name="Kind">What happened.</param>
/// <param name="At">When it was committed, to the microsecond.</param>
/// <param name="ActorId">Who did it; null = the roster.</param>
/// <param name="SubjectId">Whom it concerns (member events), else null.</param>
/// <param name="Data">UTF-8 JSON: the full message object for message events, else an object with what the kind has to say.</param>
/// <param name="Extra">UTF-8 JSON: what a message event says beyond its message (an emoji, in which role somebody deleted); empty where it says nothing.</param>
public sealed record RoomEvent(
    long RoomId,
    long Seq,
    RoomEventKind Kind,
    DateTimeOffset At,
    long? ActorId,
    long? SubjectId,
    ReadOnlyMemory<byte> Data,
    ReadOnlyMemory<byte> Extra = default)
{
    /// <summary>Whose doing it was, for whoever traces; lives as long as the announcement, and is in no log.</summary>
    public ActivityContext Trace { get; init; }

    /// <summary>A message event whose message is no longer kept: its place in the log is all that is left of it.</summary>
    public bool IsBare => Kind.IsAboutMessage() && Data.Length <= 2;
}

/// <summary>A committed line of a person's log.</summary>
public sealed record UserEvent(long UserId, long Seq, UserEventKind Kind, long? RoomId, byte[]? TokenHash);

/// <summary>What one transaction added to the logs.</summary>
public sealed record Committed(IReadOnlyList<RoomEvent> RoomEvents, IReadOnlyList<UserEvent> UserEvents)
{
    public static Committed Nothing { get; } = new([], []);
}

/// <summary>Told after every commit that lengthened a log, by whoever committed it.</summary>
/// <remarks>
/// A hint, not a delivery: whoever listens must find the events in the log even if this is never called (a crash between commit and call),
/// called twice, or called out of order by two committers. Does not block and does not throw.
/// </remarks>
public interface ICommittedEvents
{
    void Announce(Committed committed);
}
