using System.Text.Json;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Client;

/// <summary>Something that happened in a followed room.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">Its place in the room's log. Each event's is one more than that of the event before it.</param>
/// <param name="At">When it was committed (UTC).</param>
public abstract record RoomEvent(long Room, long Seq, DateTimeOffset At)
{
    internal static RoomEvent From(V1Frame frame)
    {
        var (room, seq, at) = (frame.Room!.Value, frame.Seq!.Value, frame.Ts ?? default);
        try
        {
            return frame.Type switch
            {
                V1Type.MessageCreated => new MessageCreated(room, seq, at, frame.DataAs(V1Json.Wire.V1Message).Message),
                V1Type.MessageUpdated => new MessageUpdated(room, seq, at, frame.DataAs(V1Json.Wire.V1Message).Message),
                V1Type.MessageDeleted => new MessageDeleted(room, seq, at, frame.DataAs(V1Json.Wire.V1Deleted)),
                V1Type.ReactionAdded => new ReactionChanged(room, seq, at, frame.DataAs(V1Json.Wire.V1Reaction), true),
                V1Type.ReactionRemoved => new ReactionChanged(room, seq, at, frame.DataAs(V1Json.Wire.V1Reaction), false),
                V1Type.MessagePinned => new PinChanged(room, seq, at, frame.DataAs(V1Json.Wire.V1Pinned), true),
                V1Type.MessageUnpinned => new PinChanged(room, seq, at, frame.DataAs(V1Json.Wire.V1Pinned), false),
                V1Type.MemberAdded => new MemberAdded(room, seq, at, frame.DataAs(V1Json.Wire.V1Member).User),
                V1Type.MemberRemoved => new MemberRemoved(room, seq, at, frame.DataAs(V1Json.Wire.V1Member).User),
                V1Type.RoomUpdated => new RoomUpdated(room, seq, at, frame.DataAs(V1Json.Wire.V1Room)),
                _ => new OtherEvent(room, seq, at, frame.Type ?? "", frame.Data),
            };
        }
        catch (JsonException)
        {
            // of a shape that this version does not read: its place in the order counts all the same
            return new OtherEvent(room, seq, at, frame.Type ?? "", frame.Data);
        }
    }
}

/// <summary>The first event where a room is followed without <c>since</c>: how it looks now. <see cref="RoomEvent.Seq"/> is the head.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">The length of the room's log; the next event has the seq after it.</param>
/// <param name="At">When the server looked.</param>
/// <param name="IsMember">May write; false = an administrator who looks.</param>
/// <param name="ReadSeq">The person has read up to here.</param>
/// <param name="Messages">The newest messages, oldest first.</param>
public sealed record RoomOpened(long Room, long Seq, DateTimeOffset At, bool IsMember, long ReadSeq, IReadOnlyList<ChatMessage> Messages)
    : RoomEvent(Room, Seq, At);

/// <summary>Somebody said something; also for the client's own messages.</summary>
public sealed record MessageCreated(long Room, long Seq, DateTimeOffset At, ChatMessage Message) : RoomEvent(Room, Seq, At);

/// <summary>A message has another text. It keeps the seq of its own; <see cref="RoomEvent.Seq"/> is that of the change.</summary>
public sealed record MessageUpdated(long Room, long Seq, DateTimeOffset At, ChatMessage Message) : RoomEvent(Room, Seq, At);

/// <summary>A message was taken back for everybody.</summary>
public sealed record MessageDeleted(long Room, long Seq, DateTimeOffset At, V1Deleted Deletion) : RoomEvent(Room, Seq, At);

/// <summary>Somebody put an emoji on a message or took theirs away.</summary>
public sealed record ReactionChanged(long Room, long Seq, DateTimeOffset At, V1Reaction Reaction, bool IsPresent) : RoomEvent(Room, Seq, At);

/// <summary>A message was pinned or is so no longer.</summary>
public sealed record PinChanged(long Room, long Seq, DateTimeOffset At, V1Pinned Pin, bool IsPinned) : RoomEvent(Room, Seq, At);

/// <summary>Somebody came into the room.</summary>
public sealed record MemberAdded(long Room, long Seq, DateTimeOffset At, Person User) : RoomEvent(Room, Seq, At);

/// <summary>Somebody else is no longer in the room. (Where it is the person themselves, the stream ends instead.)</summary>
public sealed record MemberRemoved(long Room, long Seq, DateTimeOffset At, Person User) : RoomEvent(Room, Seq, At);

/// <summary>Name, description or policy of the room changed.</summary>
public sealed record RoomUpdated(long Room, long Seq, DateTimeOffset At, V1Room Now) : RoomEvent(Room, Seq, At);

/// <summary>Something that this version of the client has no word for.</summary>
/// <param name="Room">The room.</param>
/// <param name="Seq">Its place in the room's log.</param>
/// <param name="At">When it was committed.</param>
/// <param name="Type">The frame's type.</param>
/// <param name="Data">What the frame said.</param>
public sealed record OtherEvent(long Room, long Seq, DateTimeOffset At, string Type, JsonElement Data) : RoomEvent(Room, Seq, At);

/// <summary>Somebody's first connection to a room opened, or their last one closed; a hint, without promise.</summary>
/// <param name="Room">The room.</param>
/// <param name="User">Who.</param>
/// <param name="Online">False = gone.</param>
public sealed record PresenceHint(long Room, Person User, bool Online);
