using System.Threading.Channels;

namespace TheBot.Client;

/// <summary>Where one followed room stands. Guarded by the gate of <see cref="RoomStreams"/>.</summary>
internal sealed class RoomStream(long room, long? since)
{
    private readonly Channel<RoomEvent> _events = Channel.CreateUnbounded<RoomEvent>(new UnboundedChannelOptions { SingleReader = true });

    public long Room { get; } = room;

    /// <summary>The seq up to which the reader has everything; null = nothing yet.</summary>
    public long? Last { get; private set; } = since;

    /// <summary>The subscribe that is not answered yet. Until it is, whatever comes belongs to an older stream and will come again.</summary>
    public string? Asked { get; private set; }

    /// <summary>The head that the last answer told.</summary>
    public long Target { get; private set; }

    /// <summary>A head that was told and has not arrived, and where the stream stood at that moment.</summary>
    public (long Head, long? Last)? Missing { get; set; }

    /// <summary>Where the stream stood when it was last asked for anew because of a gap.</summary>
    public long? GapAt { get; set; }

    public bool IsCaughtUp => Asked is null && Last >= Target;

    public ChannelReader<RoomEvent> Events => _events.Reader;

    public void Ask(string id) => (Asked, Missing) = (id, null);

    /// <summary>The answer came: events go on after <paramref name="from"/>.</summary>
    /// <param name="from">More than <see cref="Last"/> where the person may not see what was between; less where the server lost its newest events and begins anew.</param>
    /// <param name="head">The log's length.</param>
    /// <param name="opened">The picture of the room, for a reader that had nothing yet.</param>
    public void Answered(long from, long head, RoomOpened? opened)
    {
        (Asked, Last, Target) = (null, from, head);
        if (opened is not null) _events.Writer.TryWrite(opened);
    }

    public void Deliver(RoomEvent next)
    {
        Last = next.Seq;
        _events.Writer.TryWrite(next);
    }

    /// <summary>Nothing more comes; null = the person is no longer in the room.</summary>
    public void Complete(ChatException? reason) => _events.Writer.TryComplete(reason);
}
