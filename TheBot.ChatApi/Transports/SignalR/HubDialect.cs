using TheBot.ChatApi.Delivery;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>The hub's words for events: the methods of <see cref="IChatClient"/>.</summary>
internal sealed class HubDialect : IDialect
{
    /// <summary>About how many bytes a few numbers and names take.</summary>
    private const int SmallFrame = 128;

    public static HubDialect Instance { get; } = new();

    public int Slot => 1;

    public OutFrame? Render(RoomEvent roomEvent) => roomEvent.Kind switch
    {
        _ when roomEvent.IsBare => null,
        RoomEventKind.MessageCreated => HubFrame.Call(
            nameof(IChatClient.MessageCreated), roomEvent.Data.Length, roomEvent.Message()),
        RoomEventKind.MessageUpdated => HubFrame.Call(
            nameof(IChatClient.MessageUpdated), roomEvent.Data.Length + SmallFrame, new MessageUpdate(roomEvent.RoomId, roomEvent.Seq, roomEvent.Message())),
        RoomEventKind.MessageDeleted => HubFrame.Call(
            nameof(IChatClient.MessageDeleted),
            SmallFrame,
            new MessageDeletion(roomEvent.RoomId, roomEvent.Seq, roomEvent.Message().Id, roomEvent.ActorId ?? 0, roomEvent.DeletedByRole())),
        RoomEventKind.ReactionAdded => HubFrame.Call(nameof(IChatClient.ReactionAdded), SmallFrame, Reaction(roomEvent)),
        RoomEventKind.ReactionRemoved => HubFrame.Call(nameof(IChatClient.ReactionRemoved), SmallFrame, Reaction(roomEvent)),
        RoomEventKind.MessagePinned => HubFrame.Call(nameof(IChatClient.MessagePinned), SmallFrame, Pin(roomEvent)),
        RoomEventKind.MessageUnpinned => HubFrame.Call(nameof(IChatClient.MessageUnpinned), SmallFrame, Pin(roomEvent)),
        RoomEventKind.MemberMuted => HubFrame.Call(nameof(IChatClient.MemberMuted), roomEvent.Data.Length + SmallFrame, Mute(roomEvent)),
        RoomEventKind.RoomUpdated => HubFrame.Call(nameof(IChatClient.RoomUpdated), roomEvent.Data.Length + SmallFrame, roomEvent.Room()),
        _ => null,
    };

    public OutFrame? Render(Ephemeral ephemeral) => ephemeral.Kind switch
    {
        EphemeralKind.Typing => Typing(ephemeral, true),
        EphemeralKind.TypingStopped => Typing(ephemeral, false),
        EphemeralKind.Joined => Presence(ephemeral, true),
        EphemeralKind.Left => Presence(ephemeral, false),
        EphemeralKind.Read => HubFrame.Call(nameof(IChatClient.ReadUpdated), SmallFrame, new ReadHint(ephemeral.RoomId, PersonOf(ephemeral.Who), ephemeral.Seq))
            with
        { Hint = ephemeral.Key },
        _ => null,
    };

    private static ReactionChange Reaction(RoomEvent roomEvent) =>
        new(roomEvent.RoomId, roomEvent.Seq, roomEvent.Message().Id, roomEvent.ActorId ?? 0, roomEvent.Emoji());

    private static PinChange Pin(RoomEvent roomEvent) => new(roomEvent.RoomId, roomEvent.Seq, roomEvent.Message().Id, roomEvent.ActorId ?? 0);

    private static MuteChange Mute(RoomEvent roomEvent)
    {
        var (user, until) = roomEvent.Muted();
        return new MuteChange(roomEvent.RoomId, roomEvent.Seq, roomEvent.ActorId ?? 0, user, until);
    }

    private static HubFrame Typing(Ephemeral ephemeral, bool isTyping) =>
        HubFrame.Call(nameof(IChatClient.Typing), SmallFrame, new TypingHint(ephemeral.RoomId, PersonOf(ephemeral.Who), isTyping)) with { Hint = ephemeral.Key };

    private static HubFrame Presence(Ephemeral ephemeral, bool online) =>
        HubFrame.Call(nameof(IChatClient.Presence), SmallFrame, new PresenceHint(ephemeral.RoomId, PersonOf(ephemeral.Who), online)) with { Hint = ephemeral.Key };

    private static Person PersonOf(EphemeralPerson who) => new(who.Id, PersonName.Full(who.FirstName, who.LastName), who.Role);
}
