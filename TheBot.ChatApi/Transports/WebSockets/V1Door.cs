using System.Text.Json;
using Microsoft.Extensions.Options;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>From a request to a v1 connection.</summary>
internal sealed class V1Door(SocketDoor door, SocketServices services, SubscribeTurns turns, IOptions<V1Options> options)
{
    public async Task OpenAsync(HttpContext context)
    {
        if (!SocketDoor.IsUpgrade(context)) return;
        var ended = context.RequestAborted;
        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(V1Protocol.Subprotocol))
        {
            using var stranger = await context.WebSockets.AcceptWebSocketAsync();
            await SocketDoor.RefuseAsync(stranger, CloseCode.WrongProtocol, $"subprotocol {V1Protocol.Subprotocol} required", null, ended);
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(V1Protocol.Subprotocol);
        string? authId = null;
        using var entrance = await door.AuthenticateAsync(socket, context, message => TokenOf(message, out authId));
        if (entrance.Who is not { } who)
        {
            await SocketDoor.RefuseAsync(socket, entrance, ended);
            return;
        }

        await new V1Connection(socket, context, who, services, turns, options.Value).RunAsync(authId, ended);
    }

    /// <summary>{"type":"auth","id":"...","data":{"token":"..."}} as the first frame; anything else there is no token.</summary>
    private static string? TokenOf(ReadOnlyMemory<byte> message, out string? id)
    {
        id = null;
        try
        {
            var frame = V1Frame.Parse(message.Span);
            if (frame.Type != V1Type.Auth) return null;
            id = frame.Id;
            return frame.DataAs(V1Json.Wire.V1Auth).Token;
        }
        catch (JsonException)
        {
            return null; // whoever does not speak v1 is nobody we know
        }
    }
}
