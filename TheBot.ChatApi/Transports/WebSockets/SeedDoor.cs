using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using Microsoft.Net.Http.Headers;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Rooms;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>From a request to a connection in a room, or to a refusal that the seed's clients understand.</summary>
/// <remarks>Refusals accept first and then close with 4001 or 4002: a refusal before that reaches a browser as 1006, and it would come back for ever.</remarks>
internal sealed class SeedDoor(TokenAuthenticator tokens, RoomAccess access, SocketServices services)
{
    public const string GeneralRoom = "general";

    private static readonly TimeSpan AuthenticateWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(5);

    /// <param name="context">The request.</param>
    /// <param name="room">A room id, <see cref="GeneralRoom"/>, or null for the person's most recently active room.</param>
    public async Task OpenAsync(HttpContext context, string? room)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers[HeaderNames.Upgrade] = "websocket";
            context.Response.Headers[HeaderNames.Connection] = HeaderNames.Upgrade;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var ended = context.RequestAborted;
        var who = context.Identity();
        Task<string?>? firstFrame = null;
        if (who is null && !TokenAuthenticationHandler.HasToken(context.Request))
        {
            firstFrame = FirstFrameTokenAsync(socket, ended);
            var inTime = await Task.WhenAny(firstFrame, Task.Delay(AuthenticateWithin, services.Time, ended)) == firstFrame;
            who = inTime && await firstFrame is { } token ? await tokens.FindAsync(token, ended) : null;
        }

        if (who is null)
        {
            await RefuseAsync(socket, CloseCode.NotAuthenticated, "not authenticated", firstFrame, ended);
        }
        else if (await FindRoomAsync(room, who.UserId, ended) is not { } roomId)
        {
            await RefuseAsync(socket, CloseCode.NoAccess, "no access to this room", firstFrame, ended);
        }
        else
        {
            var connection = new SeedConnection(socket, context, who, services);
            if (firstFrame is not null) connection.Queue.Enqueue(SeedDialect.Authenticated(who.UserId));
            await connection.RunAsync(roomId, Id(context.Request.Query["since"]), ended);
        }
    }

    /// <summary>{"type":"auth","token":"..."} as the first frame; anything else there is no token.</summary>
    private static async Task<string?> FirstFrameTokenAsync(WebSocket socket, CancellationToken ended)
    {
        var message = new ArrayBufferWriter<byte>(256);
        try
        {
            var received = await RawConnection.ReceiveMessageAsync(socket, message, ended);
            return received == RawConnection.Received.Text && SeedInbound.Parse(message.WrittenMemory) is { Kind: SeedFrameKind.Auth, Token: var token } ? token : null;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            return null; // gone before it said who it is
        }
    }

    private async Task<long?> FindRoomAsync(string? room, long userId, CancellationToken cancellationToken) => room switch
    {
        GeneralRoom => await access.GeneralRoomAsync(cancellationToken),
        null or "" => await access.MostRecentRoomAsync(userId, cancellationToken),
        _ => Id(room),
    };

    private static long? Id(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    /// <summary>Closes with a reason, and cuts off whoever does not answer that.</summary>
    private static async Task RefuseAsync(WebSocket socket, int code, string reason, Task? reading, CancellationToken ended)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ended);
        patience.CancelAfter(CloseWithin);
        try
        {
            if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
            await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, patience.Token);
            if (reading is { IsCompleted: false }) await reading.WaitAsync(patience.Token);
            var rest = new byte[1024];
            while (socket.State is WebSocketState.CloseSent) await socket.ReceiveAsync(rest.AsMemory(), patience.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            socket.Abort();
        }
    }
}
