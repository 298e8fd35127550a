using System.Text.Json;
using TheBot.Contracts.V1;

namespace TheBot.Client;

/// <summary>Makes a session: connects, says who the client is, and waits for the server's greeting.</summary>
internal sealed class Connector(ChatClientOptions options, CancellationToken stop)
{
    /// <summary>On top of two heartbeats: the server reads its database before it gives one.</summary>
    private static readonly TimeSpan SilenceMargin = TimeSpan.FromSeconds(5);

    /// <param name="handle">Takes what the server says before its greeting.</param>
    /// <exception cref="ChatConnectionException">It did not come about.</exception>
    public async Task<(Session Session, V1Ready Ready)> OpenAsync(Action<V1Frame> handle)
    {
        var session = await ConnectAsync().ConfigureAwait(false);
        try
        {
            while (true)
            {
                var frame = await session.ReceiveAsync().ConfigureAwait(false);
                if (frame.Type != V1Type.Ready)
                {
                    handle(frame);
                    continue;
                }

                var ready = frame.DataAs(V1Json.Wire.V1Ready);
                session.SetSilenceMax(TimeSpan.FromSeconds(2 * ready.Limits.HeartbeatSeconds) + SilenceMargin);
                return (session, ready);
            }
        }
        catch (Exception e)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            if (e is JsonException) throw new ChatConnectionException("the server's greeting cannot be read", cause: e);
            throw;
        }
    }

    private async Task<Session> ConnectAsync()
    {
        using var inTime = new CancellationTokenSource(options.ConnectWithin, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(inTime.Token, stop);
        try
        {
            var token = await options.Token(either.Token).ConfigureAwait(false);
            var connection = await options.Transport.ConnectAsync(either.Token).ConfigureAwait(false);
            var session = new Session(connection, options.Time, options.ConnectWithin, stop);
            session.Post(new V1Frame<V1Auth> { Type = V1Type.Auth, Data = new(token) }, V1Json.Wire.Auth);
            return session;
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new ChatConnectionException($"not connected within {options.ConnectWithin}", cause: e);
        }
    }
}
