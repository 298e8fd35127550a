using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using TheBot.Contracts.V1;

namespace TheBot.Client;

/// <summary>One connection while it lasts: frames out in the order of <see cref="Post"/>, frames in one after the other, and an end when the server falls silent.</summary>
internal sealed class Session : IAsyncDisposable
{
    private readonly IChatConnection _connection;
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _cut;
    private readonly CancellationToken _stop;
    private readonly ITimer _silence;
    private readonly Task _pump;
    private TimeSpan _silenceMax;
    private Exception? _failure;

    /// <param name="connection">Owned from here on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="silenceMax">Without a frame for so long, the connection is dead.</param>
    /// <param name="stop">The client's end.</param>
    public Session(IChatConnection connection, TimeProvider time, TimeSpan silenceMax, CancellationToken stop)
    {
        (_connection, _silenceMax, _stop) = (connection, silenceMax, stop);
        _cut = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _silence = time.CreateTimer(_ => Cut(new ChatConnectionException("the server fell silent")), null, silenceMax, Timeout.InfiniteTimeSpan);
        Ended = _cut.Token;
        _pump = PumpAsync();
    }

    /// <summary>Cancelled when the session is over.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Changes how long the server may be silent.</summary>
    public void SetSilenceMax(TimeSpan silenceMax)
    {
        _silenceMax = silenceMax;
        _silence.Change(silenceMax, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a frame to be sent; does not block. Lost where the connection ends before.</summary>
    public void Post<T>(V1Frame<T> frame, JsonTypeInfo<V1Frame<T>> type) => _outgoing.Writer.TryWrite(JsonSerializer.SerializeToUtf8Bytes(frame, type));

    /// <summary>The next frame.</summary>
    /// <exception cref="ChatConnectionException">The session is over.</exception>
    /// <exception cref="OperationCanceledException">The client ends.</exception>
    public async Task<V1Frame> ReceiveAsync()
    {
        try
        {
            var message = await _connection.ReceiveAsync(_cut.Token).ConfigureAwait(false);
            _silence.Change(_silenceMax, Timeout.InfiniteTimeSpan);
            return V1Frame.Parse(message.Span);
        }
        catch (JsonException e)
        {
            throw new ChatConnectionException("the server said what is no frame", cause: e);
        }
        catch (OperationCanceledException e) when (!_stop.IsCancellationRequested)
        {
            throw _failure as ChatConnectionException ?? new ChatConnectionException("the connection was given up", cause: _failure ?? e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _silence.DisposeAsync().ConfigureAwait(false);
        Cut(null);
        await _pump.ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        _cut.Dispose();
    }

    private async Task PumpAsync()
    {
        try
        {
            await foreach (var frame in _outgoing.Reader.ReadAllAsync(Ended).ConfigureAwait(false))
            {
                await _connection.SendAsync(frame, Ended).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (Ended.IsCancellationRequested)
        {
            return; // the session is over; what was not sent is sent by the next one
        }
        catch (Exception e)
        {
            Cut(e); // whoever receives learns of it
        }
    }

    private void Cut(Exception? failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        _cut.Cancel();
    }
}
