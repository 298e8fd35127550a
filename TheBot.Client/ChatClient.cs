using System.Runtime.CompilerServices;
using System.Text.Json;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Client;

/// <summary>A person's connection to the chat: many rooms on one socket, for as long as it is wanted.</summary>
/// <remarks>
/// Connects again by itself after 1, 2, 4, 8, 16, 30, 30 ... seconds (half of each left to chance), or when the server wants it to; gives up only
/// where the server says that coming back is of no use (close codes 4001, 4002, 4500-4999).
/// All members may be called from any thread. Events are raised one after the other, on the thread that reads the socket: a handler must return
/// soon, and an exception of its own ends the client.
/// </remarks>
public sealed class ChatClient : IAsyncDisposable
{
    private readonly ChatClientOptions _options;
    private readonly RoomStreams _rooms;
    private readonly Outbox _outbox;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<V1Ready> _firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Connector _connector;
    private bool _isDisposed;
    private Task? _running;
    private Session? _session;
    private TimeSpan? _retryAfter;

    /// <summary>A client that is not connected yet.</summary>
    public ChatClient(ChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _rooms = new RoomStreams(options.Time, options.HeadGrace);
        _outbox = new Outbox(options.Time, options.Jitter);
        _connector = new Connector(options, _stop.Token);
    }

    /// <summary>The state has changed; told in order, each change once.</summary>
    public event Action<ChatState>? StateChanged;

    /// <summary>Somebody types in a followed room; a hint, without promise.</summary>
    public event Action<TypingHint>? Typing;

    /// <summary>Somebody came to or left a followed room; a hint, without promise.</summary>
    public event Action<PresenceHint>? Presence;

    /// <summary>The person is in one more room. What changed while there was no connection is not told: list the rooms anew when it is back.</summary>
    public event Action<long>? RoomAdded;

    /// <summary>The person is in one room less; as <see cref="RoomAdded"/>.</summary>
    public event Action<long>? RoomRemoved;

    /// <summary>How far the client is now.</summary>
    public ChatState State { get; private set; } = ChatState.Offline;

    /// <summary>Who the client is and the server's limits, as the last connection told; null before the first.</summary>
    public V1Ready? Ready { get; private set; }

    /// <summary>Ends after <see cref="DisposeAsync"/>; fails with a <see cref="ChatConnectionException"/> where the server refused for good, or with what a handler threw.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Begins to connect (the first call does) and waits for the first connection.</summary>
    /// <param name="cancellationToken">Ends the wait; the client goes on connecting.</param>
    /// <returns>Who the client is, and the server's limits.</returns>
    /// <exception cref="ChatConnectionException">The server refused for good.</exception>
    public Task<V1Ready> ConnectAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_completion.Task.IsFaulted) return Task.FromException<V1Ready>(_completion.Task.Exception.InnerException!);
            _running ??= Task.Run(RunAsync, CancellationToken.None);
        }

        return _firstReady.Task.WaitAsync(cancellationToken);
    }

    /// <summary>A room's events: in order, each exactly once, without a gap, over any number of connections.</summary>
    /// <remarks>
    /// Begins with a <see cref="RoomOpened"/>, or right after <paramref name="since"/>; each event's seq is then one more than the last.
    /// Ends when the person is no longer in the room. A room has one reader at a time. What the reader has not taken yet waits in memory.
    /// </remarks>
    /// <param name="room">The room.</param>
    /// <param name="since">The seq up to which the reader has everything; null = it wants the newest messages first.</param>
    /// <param name="cancellationToken">Ends the reading, and with it the subscription.</param>
    /// <exception cref="ChatException">No access to this room, too many rooms, or the client has ended.</exception>
    /// <exception cref="InvalidOperationException">The room is followed already.</exception>
    public async IAsyncEnumerable<RoomEvent> FollowAsync(long room, long? since = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var stream = _rooms.Open(room, since);
        try
        {
            await foreach (var next in stream.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return next;
        }
        finally
        {
            _rooms.Close(stream);
        }
    }

    /// <summary>Says something: at once into the outbox, to the server as soon as there is a connection and the room's earlier messages are settled.</summary>
    /// <remarks>Messages of one room are stored in the order of this call, each once, over any number of connections.</remarks>
    /// <param name="room">Where.</param>
    /// <param name="content">1 to <see cref="ChatLimits.ContentMaxLength"/> UTF-16 code units after trimming.</param>
    /// <param name="replyTo">A message of the same room.</param>
    /// <param name="clientId">The name of this send where it was given one before (a kept outbox); normally null.</param>
    /// <returns>The message on its way, to be shown at once; it tells what becomes of it.</returns>
    public OutgoingMessage Send(long room, string content, long? replyTo = null, string? clientId = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        var message = new OutgoingMessage(room, content, clientId ?? Guid.CreateVersion7().ToString("N"), replyTo, _options.Time.GetUtcNow());
        _outbox.Add(message);
        return message;
    }

    /// <summary>As <see cref="Send"/>, and waits until the message is stored.</summary>
    /// <exception cref="ChatException">Refused for good, or the client has ended.</exception>
    public Task<ChatMessage> SendAsync(long room, string content, long? replyTo = null, CancellationToken cancellationToken = default) =>
        Send(room, content, replyTo).Stored.WaitAsync(cancellationToken);

    /// <summary>Tells the others in a followed room that the person types, or has stopped; a hint, not sent without a connection.</summary>
    public void SendTyping(long room, bool isTyping = true) => Volatile.Read(ref _session)?.Post(
        new V1Frame<V1TypingNow> { Type = V1Type.Typing, Room = room, Data = new(isTyping) }, V1Json.Wire.TypingNow);

    /// <summary>Closes the connection. Streams and messages that are still open fail with <see cref="ChatException.ClientEnded"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            running = _running;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        if (running is null) End(null);
        else await running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await StayConnectedAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            End(null);
        }
        catch (Exception e)
        {
            End(e);
        }
    }

    private async Task StayConnectedAsync()
    {
        var backoff = new Backoff(_options.Jitter);
        while (true)
        {
            try
            {
                _retryAfter = null;
                SetState(ChatState.Connecting);
                await ServeAsync(backoff).ConfigureAwait(false);
            }
            catch (ChatConnectionException e) when (!e.IsFinal)
            {
                _retryAfter ??= e.RetryAfter;
            }

            SetState(ChatState.Offline);
            await Task.Delay(backoff.Next(_retryAfter), _options.Time, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>One connection, from its beginning to its end, which is an exception.</summary>
    private async Task ServeAsync(Backoff backoff)
    {
        var (session, ready) = await _connector.OpenAsync(HandleWellFormed).ConfigureAwait(false);
        await using var open = session.ConfigureAwait(false);
        backoff.Reset();
        Ready = ready;
        try
        {
            Volatile.Write(ref _session, session);
            _rooms.Attach(session);
            _outbox.Attach(session);
            _firstReady.TrySetResult(ready);
            while (true)
            {
                SetState(_rooms.AreCaughtUp ? ChatState.Live : ChatState.CatchingUp);
                HandleWellFormed(await session.ReceiveAsync().ConfigureAwait(false));
            }
        }
        finally
        {
            Volatile.Write(ref _session, null);
            _rooms.Detach();
            _outbox.Detach();
        }
    }

    private void HandleWellFormed(V1Frame frame)
    {
        try
        {
            Handle(frame);
        }
        catch (JsonException e)
        {
            throw new ChatConnectionException($"a frame {frame.Type} that cannot be read", cause: e);
        }
    }

    private void Handle(V1Frame frame)
    {
        switch (frame.Type)
        {
            case V1Type.Subscribed: _rooms.OnSubscribed(frame); break;
            case V1Type.Unsubscribed: _rooms.OnUnsubscribed(frame); break;
            case V1Type.Heads: _rooms.OnHeads(frame); break;
            case V1Type.Ack: _outbox.OnAck(frame); break;
            case V1Type.Error: OnError(frame, frame.DataAs(V1Json.Wire.V1Error)); break;
            case V1Type.GoingAway: _retryAfter = TimeSpan.FromSeconds(frame.DataAs(V1Json.Wire.V1GoingAway).RetryAfter); break;
            case V1Type.RoomAdded when frame.Room is { } room: RoomAdded?.Invoke(room); break;
            case V1Type.RoomRemoved when frame.Room is { } room: RoomRemoved?.Invoke(room); break;
            case V1Type.Typing when frame.Room is { } room:
                var typing = frame.DataAs(V1Json.Wire.V1Typing);
                Typing?.Invoke(new TypingHint(room, typing.User, typing.IsTyping));
                break;
            case V1Type.Presence when frame.Room is { } room:
                var presence = frame.DataAs(V1Json.Wire.V1Presence);
                Presence?.Invoke(new PresenceHint(room, presence.User, presence.Online));
                break;
            case not null when frame is { Room: not null, Seq: not null }: _rooms.OnEvent(frame); break;
        }
    }

    private void OnError(V1Frame frame, V1Error error)
    {
        // without an id it is about the connection, which ends after it
        if (frame.Id is null && error.RetryAfter is { } seconds) _retryAfter = TimeSpan.FromSeconds(seconds);
        _rooms.OnError(frame, error);
        _outbox.OnError(frame, error);
    }

    private void SetState(ChatState state)
    {
        if (State == state) return;
        State = state;
        StateChanged?.Invoke(state);
    }

    private void End(Exception? reason)
    {
        var code = reason is ChatConnectionException { Code: CloseCode.NotAuthenticated or CloseCode.Revoked } ? ErrorCode.NotAuthenticated : ChatException.ClientEnded;
        var told = new ChatException(code, reason?.Message ?? "The client was disposed.", cause: reason);
        _rooms.End(told);
        _outbox.End(told);
        try
        {
            SetState(ChatState.Offline);
        }
        catch (Exception e)
        {
            reason ??= e; // a handler's own
        }

        _firstReady.TrySetException(reason ?? told);
        _ = _firstReady.Task.Exception; // nobody has to wait for it
        if (reason is null) _completion.TrySetResult();
        else _completion.TrySetException(reason);
        _ = _completion.Task.Exception;
    }
}
