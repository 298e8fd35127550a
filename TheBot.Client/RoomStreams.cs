using System.Text.Json;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Client;

/// <summary>The followed rooms: each one's events in order and exactly once, over any number of connections.</summary>
/// <remarks>
/// What counts is the seq: the next one is delivered, an older one was delivered before, a later one (or a head that does not arrive) is a gap,
/// and the room is asked for again from where it stands.
/// </remarks>
internal sealed class RoomStreams(TimeProvider time, TimeSpan headGrace)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, RoomStream> _streams = [];
    private Session? _session;
    private ChatException? _ended;
    private long _asked;
    private bool _mayBeBehind;

    public bool AreCaughtUp
    {
        get
        {
            lock (_gate)
            {
                // asked after every frame: the rooms are looked through only while one of them may be behind
                if (_mayBeBehind) _mayBeBehind = !_streams.Values.All(s => s.IsCaughtUp);
                return !_mayBeBehind;
            }
        }
    }

    /// <exception cref="InvalidOperationException">The room is followed already.</exception>
    /// <exception cref="ChatException">The client has ended.</exception>
    public RoomStream Open(long room, long? since)
    {
        var stream = new RoomStream(room, since);
        lock (_gate)
        {
            if (_ended is not null) throw _ended;
            if (!_streams.TryAdd(room, stream)) throw new InvalidOperationException($"Room {room} is followed already.");
            Ask(stream);
        }

        return stream;
    }

    /// <summary>The reader is gone.</summary>
    public void Close(RoomStream stream)
    {
        lock (_gate)
        {
            if (!Remove(stream)) return;
            _session?.Post(new V1Frame<V1Nothing> { Type = V1Type.Unsubscribe, Room = stream.Room, Data = V1Nothing.Instance }, V1Json.Wire.Nothing);
        }
    }

    public void Attach(Session session)
    {
        lock (_gate)
        {
            _session = session;
            foreach (var stream in _streams.Values)
            {
                stream.GapAt = null;
                Ask(stream);
            }
        }
    }

    public void Detach()
    {
        lock (_gate) _session = null;
    }

    public void End(ChatException reason)
    {
        lock (_gate)
        {
            _ended = reason;
            foreach (var stream in _streams.Values) stream.Complete(reason);
            _streams.Clear();
        }
    }

    public void OnSubscribed(V1Frame frame)
    {
        var answer = frame.DataAs(V1Json.Wire.V1Subscribed);
        lock (_gate)
        {
            if (Find(frame) is not { } stream || stream.Asked != frame.Id) return;
            var opened = stream.Last is null
                ? new RoomOpened(stream.Room, answer.Head, frame.Ts ?? default, answer.IsMember, answer.ReadSeq, answer.Messages)
                : null;
            stream.Answered(answer.From, answer.Head, opened);
        }
    }

    public void OnEvent(V1Frame frame)
    {
        lock (_gate)
        {
            if (Find(frame) is not { Asked: null } stream || frame.Seq <= stream.Last) return;
            if (frame.Seq == stream.Last + 1)
            {
                stream.Deliver(RoomEvent.From(frame));
                return;
            }

            // asked for anew and again not what follows: another connection, after a wait, rather than asking for ever
            if (stream.GapAt == stream.Last) throw new ChatConnectionException($"room {stream.Room}: nothing follows {stream.Last}");
            stream.GapAt = stream.Last;
            Ask(stream);
        }
    }

    public void OnHeads(V1Frame frame)
    {
        var heads = frame.DataAs(V1Json.Wire.IReadOnlyDictionaryInt64Int64);
        lock (_gate)
        {
            var isMissing = false;
            foreach (var (room, head) in heads)
            {
                if (!_streams.TryGetValue(room, out var stream) || stream.Asked is not null || head <= stream.Last) continue;
                stream.Missing = (head, stream.Last);
                isMissing = true;
            }

            if (isMissing && _session is { } session) _ = AskForMissingAsync(session);
        }
    }

    /// <summary>The room's stream has ended on the server's side.</summary>
    public void OnUnsubscribed(V1Frame frame)
    {
        // an answer to our own unsubscribe says no reason, and the room may be followed anew by now
        if (frame.DataAs(V1Json.Wire.V1Unsubscribed).Reason is null) return;
        lock (_gate)
        {
            if (Find(frame) is not { } stream) return;
            Remove(stream);
            stream.Complete(null);
        }
    }

    /// <summary>An error that may concern a subscribe of ours.</summary>
    public void OnError(V1Frame frame, V1Error error)
    {
        lock (_gate)
        {
            if (Find(frame) is not { } stream || stream.Asked is null || stream.Asked != frame.Id) return;
            if (error.RetryAfter is { } seconds && _session is { } session)
            {
                _ = AskLaterAsync(session, stream, TimeSpan.FromSeconds(seconds));
                return;
            }

            Remove(stream);
            stream.Complete(new ChatException(error.Code, error.Message, error.Field));
        }
    }

    private RoomStream? Find(V1Frame frame) => frame.Room is { } room ? _streams.GetValueOrDefault(room) : null;

    private bool Remove(RoomStream stream) => ((ICollection<KeyValuePair<long, RoomStream>>)_streams).Remove(new(stream.Room, stream));

    private void Ask(RoomStream stream)
    {
        if (_session is null) return;
        _mayBeBehind = true;
        // no client id of a message has a '~', so that an answer cannot be taken for another
        stream.Ask($"subscribe~{++_asked}");
        _session.Post(
            new V1Frame<V1Subscribe> { Type = V1Type.Subscribe, Id = stream.Asked, Room = stream.Room, Data = new(stream.Last) }, V1Json.Wire.Subscribe);
    }

    private async Task AskForMissingAsync(Session session)
    {
        await Task.Delay(headGrace, time, session.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (_session != session) return;
            foreach (var stream in _streams.Values)
            {
                // one that moved on meanwhile is being caught up, and asking would only throw it back
                if (stream is { Asked: null, Missing: var (head, last) } && head > stream.Last && last == stream.Last) Ask(stream);
            }
        }
    }

    private async Task AskLaterAsync(Session session, RoomStream stream, TimeSpan wait)
    {
        var asked = stream.Asked;
        await Task.Delay(wait, time, session.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (_session == session && stream.Asked == asked && _streams.GetValueOrDefault(stream.Room) == stream) Ask(stream);
        }
    }
}
