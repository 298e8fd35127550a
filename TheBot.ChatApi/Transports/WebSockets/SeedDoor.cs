using System.Globalization;
using TheBot.ChatApi.Rooms;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>From a request to a connection in a room, or to a refusal that the seed's clients understand: 4001 or 4002.</summary>
internal sealed class SeedDoor(SocketDoor door, RoomAccess access, SocketServices services)
{
    public const string GeneralRoom = "general";

    /// <param name="context">The request.</param>
    /// <param name="room">A room id, <see cref="GeneralRoom"/>, or null for the person's most recently active room.</param>
    public async Task OpenAsync(HttpContext context, string? room)
    {
        if (!SocketDoor.IsUpgrade(context)) return;
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var ended = context.RequestAborted;
        using var entrance = await door.AuthenticateAsync(socket, context, TokenOf);
        var firstFrame = entrance.FirstFrame;
        if (entrance.Who is not { } who)
        {
            await SocketDoor.RefuseAsync(socket, entrance, ended);
        }
        else if (await FindRoomAsync(room, who.UserId, ended) is not { } roomId)
        {
            await SocketDoor.RefuseAsync(socket, CloseCode.NoAccess, "no access to this room", firstFrame, ended);
        }
        else
        {
            var connection = new SeedConnection(socket, context, who, services);
            if (firstFrame is not null) connection.Queue.Enqueue(SeedDialect.Authenticated(who.UserId));
            await connection.RunAsync(roomId, Id(context.Request.Query["since"]), ended);
        }
    }

    /// <summary>{"type":"auth","token":"..."} as the first frame; anything else there is no token.</summary>
    private static string? TokenOf(ReadOnlyMemory<byte> message) => SeedInbound.Parse(message) is { Kind: SeedFrameKind.Auth, Token: var token } ? token : null;

    private async Task<long?> FindRoomAsync(string? room, long userId, CancellationToken cancellationToken) => room switch
    {
        GeneralRoom => await access.GeneralRoomAsync(cancellationToken),
        null or "" => await access.MostRecentRoomAsync(userId, cancellationToken),
        _ => Id(room),
    };

    private static long? Id(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
