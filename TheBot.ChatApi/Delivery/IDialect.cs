using TheBot.ChatApi.Auth;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Delivery;

/// <summary>How events look to one kind of client. Rendered once an event, shared by all connections that speak it.</summary>
internal interface IDialect
{
    /// <summary>0 to <see cref="Slots"/> - 1, its own for each dialect.</summary>
    int Slot { get; }

    /// <summary>The frame, or null where this dialect has no word for the event.</summary>
    OutFrame? Render(RoomEvent roomEvent);

    OutFrame? Render(Ephemeral ephemeral);

    /// <summary>How many dialects there can be.</summary>
    public const int Slots = 4;
}

/// <summary>An event with the frames made of it so far.</summary>
internal sealed class LiveEvent(RoomEvent roomEvent)
{
    private readonly OutFrame?[] _frames = new OutFrame?[IDialect.Slots];
    private int _rendered;

    private LiveEvent? _bare;
    private long? _messageSeq;

    public RoomEvent Event { get; } = roomEvent;

    /// <summary>
    /// As somebody sees it who sees what comes after a seq: an edit, a pin or whatever else happens to a message from before is a place in the log to them
    /// and says nothing. Called as <see cref="For"/>.
    /// </summary>
    public LiveEvent SeenFrom(long visibleFromSeq)
    {
        if (visibleFromSeq == 0 || !Event.Kind.IsAboutMessage() || Event is { Kind: RoomEventKind.MessageCreated } or { IsBare: true }) return this;
        _messageSeq ??= Event.Message().Seq; // read once an event, however many came later than it
        return _messageSeq <= visibleFromSeq ? _bare ??= new LiveEvent(Event with { Data = "{}"u8.ToArray(), Extra = default }) : this;
    }

    /// <summary>Called under the feed's lock, or by one catch-up for frames of its own.</summary>
    public OutFrame? For(IDialect dialect)
    {
        var bit = 1 << dialect.Slot;
        if ((_rendered & bit) == 0)
        {
            _frames[dialect.Slot] = dialect.Render(Event);
            _rendered |= bit;
        }

        return _frames[dialect.Slot];
    }
}

/// <summary>What is worth telling now and not worth keeping: rides the bell without a seq, and is lost where the bell is.</summary>
/// <param name="RoomId">The room.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Who">The person it is about.</param>
/// <param name="Seq">How far they have read (<see cref="EphemeralKind.Read"/>), else 0.</param>
internal sealed record Ephemeral(long RoomId, EphemeralKind Kind, EphemeralPerson Who, long Seq = 0)
{
    /// <summary>What a newer one of the same key makes needless.</summary>
    public HintKey Key => new(RoomId, Who.Id, Kind switch
    {
        EphemeralKind.Joined or EphemeralKind.Left => HintFamily.Presence,
        EphemeralKind.Read => HintFamily.Read,
        _ => HintFamily.Typing,
    });
}

/// <summary>Sent between replicas by number: a number is never given to another meaning.</summary>
internal enum EphemeralKind : byte
{
    Typing = 1,
    TypingStopped = 2,
    Joined = 3,
    Left = 4,
    Read = 5,
}

/// <summary>A person as the seed's typing and presence frames name them.</summary>
internal sealed record EphemeralPerson(long Id, string Username, string FirstName, string LastName, string Role)
{
    public static EphemeralPerson Of(Identity who) => new(who.UserId, who.Username, who.FirstName, who.LastName, who.Role);
}
