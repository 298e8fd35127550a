using TheBot.ChatApi.Observability;

namespace TheBot.ChatApi.Delivery;

/// <summary>Writes frames to one connection, in order, several at a time. Never called twice at once.</summary>
internal interface IFrameWriter
{
    /// <summary>Ends when the connection's transport has taken the frames. Throws when the connection is gone.</summary>
    ValueTask WriteAsync(IReadOnlyList<OutFrame> frames);

    /// <summary>What a reader who is too slow is told last.</summary>
    OutFrame TooSlow { get; }

    /// <summary>The queue had no place for a frame and takes no more; once. Called under a feed's lock: returns at once.</summary>
    /// <param name="frames">That waited.</param>
    /// <param name="bytes">That they take.</param>
    void Overflowed(int frames, int bytes);

    /// <summary>The connection failed while it was written to. Must not block or throw.</summary>
    void Broken(Exception exception);
}

/// <summary>What waits to be written to one connection: bounded, and never waited for by those who fill it.</summary>
/// <remarks>
/// No task waits while nothing is queued: whoever enqueues the first frame starts the pump on the thread pool, and it ends when it has
/// written everything. Frames that arrive during a write go out together with the next one.
/// </remarks>
internal sealed class ConnectionQueue(IFrameWriter writer, DeliveryOptions options, TimeProvider time) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private List<OutFrame> _waiting = [];
    private List<OutFrame> _writing = [];
    private Dictionary<HintKey, int>? _hints; // where in _waiting
    private List<TaskCompletionSource>? _flushed; // with _waiting
    private List<TaskCompletionSource>? _flushing; // with _writing
    private List<DeliveryWatch>? _watched; // with _waiting
    private List<DeliveryWatch>? _watching; // with _writing
    private int _frames;
    private int _bytes;
    private bool _pumping;
    private bool _closed;
    private long _writeStarted;

    /// <summary>Takes a frame; where it does not fit the reader is told to come back, and the queue takes nothing more. Does not block.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="watch">Told when the socket has taken it.</param>
    public void Enqueue(OutFrame frame, DeliveryWatch? watch = null)
    {
        lock (_gate)
        {
            if (_closed) return;
            if (frame.Hint is { } hint && (TryReplace(hint, frame) || _frames > options.QueueFrames / 4)) return;
            if (_frames < options.QueueFrames && _bytes + frame.Size <= options.QueueBytes)
            {
                if (frame.Hint is not null) (_hints ??= [])[frame.Hint] = _waiting.Count;
                _frames++;
                _bytes += frame.Size;
                if (watch is not null) (_watched ??= []).Add(watch);
                Add(frame);
                return;
            }

            ChatMetrics.ClosedAsSlow();
            writer.Overflowed(_frames, _bytes);
            Close();
            Add(writer.TooSlow);
        }
    }

    /// <summary>Takes frames that somebody paces (a page of history), and tells when they are written, so that the next page waits for the reader.</summary>
    /// <remarks>They count against no bound: it is the server that says so much at once, and the reader is not slow for that.</remarks>
    public Task WriteAsync(IReadOnlyList<OutFrame> frames)
    {
        lock (_gate)
        {
            if (_closed || frames.Count == 0) return Task.CompletedTask;
            foreach (var frame in frames) Add(frame);
            var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_flushed ??= []).Add(flushed);
            return flushed.Task;
        }
    }

    /// <summary>The last frame: everything before it is still written, nothing after it is taken.</summary>
    public void EnqueueLast(OutFrame frame) => _ = WriteLastAsync(frame);

    /// <summary>As <see cref="EnqueueLast"/>, and tells when it is written.</summary>
    public Task WriteLastAsync(OutFrame frame)
    {
        lock (_gate)
        {
            if (_closed) return Task.CompletedTask;
            var written = WriteAsync([frame]);
            _closed = true;
            return written;
        }
    }

    /// <summary>Whether the write that is going on began too long ago.</summary>
    public bool IsStuck()
    {
        var started = Volatile.Read(ref _writeStarted);
        return started != 0 && time.GetElapsedTime(started) > options.WriteTimeout;
    }

    /// <summary>To be called by the writer during a long write: the reader took something, so the write is slow and not stuck.</summary>
    public void Progressed() => Volatile.Write(ref _writeStarted, time.GetTimestamp());

    public void Abandon()
    {
        lock (_gate) Close();
    }

    void IThreadPoolWorkItem.Execute() => _ = PumpAsync();

    private void Add(OutFrame frame)
    {
        _waiting.Add(frame);
        if (_pumping) return;
        _pumping = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    /// <summary>In the older one's place, so that whoever types fast fills no queue.</summary>
    private bool TryReplace(HintKey hint, OutFrame newest)
    {
        if (_hints is null || !_hints.TryGetValue(hint, out var at)) return false;
        _bytes += newest.Size - _waiting[at].Size;
        _waiting[at] = newest;
        return true;
    }

    private void Close()
    {
        _closed = true;
        _waiting.Clear();
        _watched = null;
        Uncount();
        Flushed(ref _flushing);
        Flushed(ref _flushed);
    }

    private void Uncount()
    {
        (_frames, _bytes) = (0, 0);
        _hints = null;
    }

    private static void Flushed(ref List<TaskCompletionSource>? paced)
    {
        paced?.ForEach(p => p.TrySetResult());
        paced = null;
    }

    private static void TellDelivered(List<DeliveryWatch> watching)
    {
        var now = DateTimeOffset.UtcNow;
        foreach (var watch in watching) watch.Delivered(now);
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            lock (_gate)
            {
                Flushed(ref _flushing);
                _writing.Clear();
                if (_waiting.Count == 0)
                {
                    _pumping = false;
                    return;
                }

                (_waiting, _writing) = (_writing, _waiting);
                (_flushing, _flushed) = (_flushed, null);
                (_watching, _watched) = (_watched, null);
                Uncount();
            }

            try
            {
                Volatile.Write(ref _writeStarted, time.GetTimestamp());
                await writer.WriteAsync(_writing).ConfigureAwait(false);
                Volatile.Write(ref _writeStarted, 0);
                if (_watching is { } watching) TellDelivered(watching);
            }
            catch (Exception e)
            {
                Volatile.Write(ref _writeStarted, 0);
                lock (_gate) Close();
                writer.Broken(e);
                return;
            }
        }
    }
}
