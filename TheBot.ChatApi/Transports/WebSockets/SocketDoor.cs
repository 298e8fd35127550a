using System.Net.WebSockets;
using Microsoft.Net.Http.Headers;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Limits;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>What every raw socket goes through before it is a connection: upgrade, who is it, and how somebody is refused.</summary>
/// <remarks>Refusals accept first and then close with a code: a refusal before that reaches a browser as 1006, and it would come back for ever.</remarks>
internal sealed class SocketDoor(TokenAuthenticator tokens, AddressLimits addresses, PersonLimits people, Drain drain, TimeProvider time)
{
    private static readonly TimeSpan AuthenticateWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(5);

    /// <summary>Whether a WebSocket was asked for; otherwise the answer is 426 already.</summary>
    public static bool IsUpgrade(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest) return true;
        context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        context.Response.Headers[HeaderNames.Upgrade] = "websocket";
        context.Response.Headers[HeaderNames.Connection] = HeaderNames.Upgrade;
        return false;
    }

    /// <summary>Who it is: by the request, or by its first frame where the request carried no token.</summary>
    /// <param name="socket">The accepted socket.</param>
    /// <param name="context">The request.</param>
    /// <param name="tokenOf">The token in a first frame of this dialect, or null.</param>
    public async Task<Entrance> AuthenticateAsync(WebSocket socket, HttpContext context, Func<ReadOnlyMemory<byte>, string?> tokenOf)
    {
        var ended = context.RequestAborted;
        var address = context.Connection.RemoteIpAddress;
        Task<string?>? firstFrame = null;
        var who = context.Identity();
        if (who is null)
        {
            if (!addresses.MayKnock(address)) return Entrance.Refused(CloseCode.RateLimited, "too many strangers from this address");
            if (!TokenAuthenticationHandler.HasToken(context.Request))
            {
                firstFrame = FirstFrameTokenAsync(socket, tokenOf, ended);
                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ended, drain.Begun);
                var inTime = await Task.WhenAny(firstFrame, Task.Delay(AuthenticateWithin, time, waiting.Token)) == firstFrame;
                if (!inTime && drain.HasBegun) return Entrance.Refused(CloseCode.Restart, "restarting", firstFrame);
                try
                {
                    who = inTime && await firstFrame is { } token ? await tokens.FindAsync(token, ended) : null;
                }
                catch (LoginProviderException away)
                {
                    return Entrance.Refused(CloseCode.Fault, away.Message, firstFrame);
                }
            }
        }

        if (who is null)
        {
            addresses.StrangerKnocked(address);
            return Entrance.Refused(CloseCode.NotAuthenticated, "not authenticated", firstFrame);
        }

        return people.TryOpenSocket(who.UserId) is { } place
            ? Entrance.Of(who, firstFrame, place)
            : Entrance.Refused(CloseCode.RateLimited, people.TooManySockets, firstFrame);
    }

    /// <summary>Closes what must not come in.</summary>
    public static Task RefuseAsync(WebSocket socket, Entrance refused, CancellationToken ended) =>
        RefuseAsync(socket, refused.Code, refused.Reason, refused.FirstFrame, ended);

    /// <summary>Closes with a reason, and cuts off whoever does not answer that.</summary>
    /// <param name="socket">The accepted socket.</param>
    /// <param name="code">Of <see cref="CloseCode"/>.</param>
    /// <param name="reason">For a developer to read.</param>
    /// <param name="reading">A read that is still going on (<see cref="Entrance.FirstFrame"/>).</param>
    /// <param name="ended">The request's end.</param>
    public static async Task RefuseAsync(WebSocket socket, int code, string reason, Task? reading, CancellationToken ended)
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

    private static async Task<string?> FirstFrameTokenAsync(WebSocket socket, Func<ReadOnlyMemory<byte>, string?> tokenOf, CancellationToken ended)
    {
        using var message = new InboundMessage();
        try
        {
            var received = await RawConnection.ReceiveMessageAsync(socket, message, ended);
            return received == RawConnection.Received.Text ? tokenOf(message.Written) : null;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            return null; // gone before it said who it is
        }
    }
}

/// <summary>Somebody at the door: they may come in, or are refused with a close code. Disposed when they leave.</summary>
internal sealed class Entrance : IDisposable
{
    private readonly IDisposable? _place;

    private Entrance(Identity? who, Task? firstFrame, IDisposable? place, int code, string reason) =>
        (Who, FirstFrame, _place, Code, Reason) = (who, firstFrame, place, code, reason);

    /// <summary>Null = refused.</summary>
    public Identity? Who { get; }

    /// <summary>The read of the first frame, where one was needed; it may still be going on.</summary>
    public Task? FirstFrame { get; }

    /// <summary>Of <see cref="CloseCode"/>, for who is refused.</summary>
    public int Code { get; }

    /// <summary>For a developer to read.</summary>
    public string Reason { get; }

    public static Entrance Of(Identity who, Task? firstFrame, IDisposable place) => new(who, firstFrame, place, 0, "");

    public static Entrance Refused(int code, string reason, Task? firstFrame = null) => new(null, firstFrame, null, code, reason);

    public void Dispose() => _place?.Dispose();
}
