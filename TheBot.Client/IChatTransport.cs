namespace TheBot.Client;

/// <summary>Makes connections. The seam at which a test cuts them.</summary>
public interface IChatTransport
{
    /// <summary>Makes one connection. Called again after it ended; never while one is open.</summary>
    /// <exception cref="ChatConnectionException">It did not come about; the client tries again later.</exception>
    Task<IChatConnection> ConnectAsync(CancellationToken cancellationToken);
}

/// <summary>One connection that carries whole text messages in both directions, in order.</summary>
/// <remarks>At most one send and one receive at the same time. Disposing ends both.</remarks>
public interface IChatConnection : IAsyncDisposable
{
    /// <summary>Sends one message. When it returns the message is on its way, not arrived.</summary>
    /// <exception cref="ChatConnectionException">The connection has ended.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> utf8, CancellationToken cancellationToken);

    /// <summary>The next message; valid until the next call.</summary>
    /// <exception cref="ChatConnectionException">The connection has ended; with the close code, where the server gave one.</exception>
    ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken);
}
