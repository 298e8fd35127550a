using System.Buffers;
using System.Net.WebSockets;
using Microsoft.Net.Http.Headers;
using TheBot.ChatApi.Auth;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>What every raw socket goes through before it is a connection: upgrade, who is it, and how somebody is refused.</summary>
/// <remarks>Refusals accept first and then close with a code: a refusal before that reaches a browser as 1006, and it would come back for ever.</remarks>
internal sealed class SocketDoor(TokenAuthenticator tokens, TimeProvider time)
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
        if (context.Identity() is { } known) return new Entrance(known, null);
        if (TokenAuthenticationHandler.HasToken(context.Request)) return new Entrance(null, null);
        var firstFrame = FirstFrameTokenAsync(socket, tokenOf, ended);
        var inTime = await Task.WhenAny(firstFrame, Task.Delay(AuthenticateWithin, time, ended)) == firstFrame;
        return new Entrance(inTime && await firstFrame is { } token ? await tokens.FindAsync(token, ended) : null, firstFrame);
    }

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
        var message = new ArrayBufferWriter<byte>(256);
        try
        {
            var received = await RawConnection.ReceiveMessageAsync(socket, message, ended);
            return received == RawConnection.Received.Text ? tokenOf(message.WrittenMemory) : null;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            return null; // gone before it said who it is
        }
    }
}

/// <param name="Who">Null = nobody we know.</param>
/// <param name="FirstFrame">The read of the first frame, where one was needed; it may still be going on.</param>
internal readonly record struct Entrance(Identity? Who, Task? FirstFrame);
