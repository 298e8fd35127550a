using Microsoft.AspNetCore.Http.Features;
using TheBot.ChatApi.Delivery;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>The bytes below a WebSocket, for two writers: the framework's (pong, close) and ours (data frames, many in one write).</summary>
/// <remarks>
/// Each WriteAsync is one or more whole frames and is not mixed with another. Disposing of it leaves the server's stream to the server: the
/// framework disposes at the first byte that is no WebSocket, and what it answered to that would not be sent (<see cref="LingerAsync"/>).
/// </remarks>
internal sealed class SharedWriteStream(Stream inner) : Stream
{
    private const int Step = 64 * 1024;

    private readonly SemaphoreSlim _writing = new(1);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>As the other, but tells the queue after each <see cref="Step"/> that the reader took it; still nothing gets between.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, ConnectionQueue queue)
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            while (!buffer.IsEmpty)
            {
                var step = buffer[..Math.Min(buffer.Length, Step)];
                await inner.WriteAsync(step).ConfigureAwait(false);
                queue.Progressed();
                buffer = buffer[step.Length..];
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.ReadAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Reads and forgets until the other side ends, so that the last thing written reaches it: a connection that ends first takes that with it.</summary>
    public async Task LingerAsync(TimeSpan patience, CancellationToken ended)
    {
        using var patient = CancellationTokenSource.CreateLinkedTokenSource(ended);
        patient.CancelAfter(patience);
        var rest = new byte[1024];
        try
        {
            while (await inner.ReadAsync(rest, patient.Token).ConfigureAwait(false) > 0) { }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return; // cut, or it does not end: then we do
        }
    }
}

/// <summary>Stands in for the server's upgrade, so that the WebSocket which the framework makes of it lies on a <see cref="SharedWriteStream"/>.</summary>
internal sealed class SharedUpgrade(IHttpUpgradeFeature inner) : IHttpUpgradeFeature
{
    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    private SharedWriteStream? Stream { get; set; }

    public async Task<Stream> UpgradeAsync() => Stream = new SharedWriteStream(await inner.UpgradeAsync().ConfigureAwait(false));

    /// <summary>The stream below the WebSocket that was accepted on this request.</summary>
    public static SharedWriteStream StreamOf(HttpContext context) => (context.Features.Get<IHttpUpgradeFeature>() as SharedUpgrade)?.Stream
        ?? throw new InvalidOperationException("The WebSocket was not accepted on a shared stream.");

    /// <summary>To stand before the WebSocket middleware, which takes the feature it finds.</summary>
    public static Task Install(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade) context.Features.Set<IHttpUpgradeFeature>(new SharedUpgrade(upgrade));
        return next(context);
    }
}
