using System.Globalization;
using System.Net.WebSockets;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Rooms;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>From a request to a connection, or to a refusal that the seed's clients understand: 4001 or 4002.</summary>
internal sealed class SeedDoor(SocketDoor door, RoomAccess access, SocketServices services)
{
    public const string GeneralRoom = "general";

    /// <param name="context">The request.</param>
    /// <param name="room">A room id, <see cref="GeneralRoom"/>, or null for the person's most recently active room.</param>
    public Task OpenRoomAsync(HttpContext context, string? room) => OpenAsync(
        context,
        who => FindRoomAsync(room, who.UserId, context.RequestAborted),
        "no access to this room",
        async (socket, who, roomId, greeting) =>
        {
            var connection = new SeedConnection(socket, context, who, services);
            if (greeting is not null) connection.Queue.Enqueue(greeting);
            await connection.RunAsync(roomId, Id(context.Request.Query["since"]), context.RequestAborted);
        });

    /// <param name="context">The request.</param>
    /// <param name="user">Whose notifications; nobody gets those of others.</param>
    public Task OpenNotificationsAsync(HttpContext context, string user) => OpenAsync(
        context,
        who => Task.FromResult(Id(user) is { } id && id == who.UserId ? id : (long?)null),
        "not your notifications",
        async (socket, who, _, greeting) =>
        {
            var connection = new NotificationsConnection(socket, context, who, services);
            if (greeting is not null) connection.Queue.Enqueue(greeting);
            await connection.RunAsync(context.RequestAborted);
        });

    /// <summary>Lets in who is somebody and may have what they ask for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="find">What they ask for; null = they may not have it.</param>
    /// <param name="refusal">For a developer to read, with 4002.</param>
    /// <param name="runAsync">Runs the connection; its last argument is what to say first to who said by frame who they are.</param>
    private async Task OpenAsync(HttpContext context, Func<Identity, Task<long?>> find, string refusal, Func<WebSocket, Identity, long, RawFrame?, Task> runAsync)
    {
        if (!SocketDoor.IsUpgrade(context)) return;
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var entrance = await door.AuthenticateAsync(socket, context, TokenOf);
        if (entrance.Who is not { } who) await SocketDoor.RefuseAsync(socket, entrance, context.RequestAborted);
        else if (await find(who) is not { } found) await SocketDoor.RefuseAsync(socket, CloseCode.NoAccess, refusal, entrance.FirstFrame, context.RequestAborted);
        else await runAsync(socket, who, found, entrance.FirstFrame is null ? null : SeedDialect.Authenticated(who.UserId));
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
