using System.Text.Json;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>The hub's words for events: the methods of <see cref="IChatClient"/>.</summary>
internal sealed class HubDialect : IDialect
{
    public static HubDialect Instance { get; } = new();

    public int Slot => 1;

    public OutFrame? Render(RoomEvent roomEvent) => roomEvent.Kind switch
    {
        RoomEventKind.MessageCreated => HubFrame.Call(
            nameof(IChatClient.MessageCreated), roomEvent.Data.Length, JsonSerializer.Deserialize(roomEvent.Data.Span, WireJson.Wire.ChatMessage)!),
        _ => null,
    };

    public OutFrame? Render(Ephemeral ephemeral) => ephemeral.Kind switch
    {
        EphemeralKind.Typing => Typing(ephemeral, true),
        EphemeralKind.TypingStopped => Typing(ephemeral, false),
        _ => null,
    };

    private static HubFrame Typing(Ephemeral ephemeral, bool isTyping)
    {
        var who = ephemeral.Who;
        var hint = new TypingHint(ephemeral.RoomId, new Person(who.Id, PersonName.Full(who.FirstName, who.LastName), who.Role), isTyping);
        return HubFrame.Call(nameof(IChatClient.Typing), 128, hint) with { Hint = ephemeral.Key };
    }
}
