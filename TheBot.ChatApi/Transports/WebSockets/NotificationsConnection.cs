using System.Net.WebSockets;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>The seed's second socket: what happens to a person whatever room they have open, from their own log. Nothing is asked of it.</summary>
internal sealed class NotificationsConnection(WebSocket socket, HttpContext context, Identity who, SocketServices services)
    : RawConnection(socket, context, who, SeedDialect.Instance, services)
{
    /// <summary>Tells until the client leaves or its login ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await House.Logins.OpenAsync(this).ConfigureAwait(false);
            await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            House.Feeds.Close(this);
        }
    }

    public override void Removed(long roomId) => throw new InvalidOperationException("This connection follows no room.");

    public override void Tell(UserEvent userEvent)
    {
        if (IsRevokedBy(userEvent)) Close(CloseCode.NotAuthenticated, "revoked");
        else if (userEvent is { Kind: UserEventKind.RoomAdded, RoomId: { } added }) Queue.Enqueue(SeedDialect.Notification("room_added", added));
        else if (userEvent is { Kind: UserEventKind.RoomRemoved, RoomId: { } removed }) Queue.Enqueue(SeedDialect.Notification("room_removed", removed));
    }

    /// <summary>As the old system: what comes in here is left unread, but for the sign of life that its clients send on every socket.</summary>
    protected override void OnMessage(ReadOnlyMemory<byte> message)
    {
        if (SeedInbound.Parse(message) is { Kind: SeedFrameKind.Ping }) Queue.Enqueue(SeedDialect.Pong);
    }
}
