using TheBot.ChatApi.Observability;

namespace TheBot.ChatApi.Delivery;

/// <summary>One log as this replica follows it: hands on each event once and in order, whatever order and however often it hears of them.</summary>
/// <remarks>
/// Next seq -> handed on. Older -> known already. Newer -> kept for a moment, because what is missing is as a rule another replica's and on its way:
/// two replicas that write to one room in turns hear of their own commits first. If it does not come, or a head beyond is seen, the log is read until
/// nothing is missing. While that goes on, what is heard is only remembered by its seq: the log has it all.
/// </remarks>
internal abstract class LogFeed<TEvent>(ILogger logger)
{
    private const int PageSize = 200;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);

    /// <summary>How long what is missing may be on its way: several times what the bell takes under load, and less than anybody notices.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<long, TEvent> _early = [];
    private bool _expecting;
    private long _wanted;
    private bool _reading;
    private Task? _started;

    /// <summary>Guards the position and the subscriptions; events are handed on under it.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>The seq that comes next; 0 until the log's head is known.</summary>
    protected long Next { get; private set; }

    /// <summary>Nobody listens any more: the feed left the registry, and whoever found it there looks again.</summary>
    protected bool IsClosed { get; set; }

    /// <summary>Ends once the feed knows where the log ends; live goes on from there.</summary>
    public Task StartAsync()
    {
        lock (Gate) return _started ??= StartCoreAsync();
    }

    /// <summary>An event that somebody committed.</summary>
    public void Offer(TEvent logEvent)
    {
        var seq = SeqOf(logEvent);
        lock (Gate)
        {
            if (Next == 0 || _reading) _wanted = Math.Max(_wanted, seq);
            else if (seq == Next) HandOnAll(logEvent);
            else if (seq > Next) Keep(seq, logEvent);
        }
    }

    /// <summary>The log is known to reach at least <paramref name="head"/>.</summary>
    public void HeadSeen(long head)
    {
        lock (Gate)
        {
            if (Next == 0 || _reading) _wanted = Math.Max(_wanted, head);
            else if (head >= Next) ReadUpTo(head);
        }
    }

    protected abstract long SeqOf(TEvent logEvent);

    protected abstract Task<long> ReadHeadAsync();

    protected abstract Task<List<TEvent>> ReadAsync(long afterSeq, int limit);

    /// <summary>Called once an event, in order, under <see cref="Gate"/>: enqueues and returns.</summary>
    protected abstract void Deliver(TEvent logEvent);

    private async Task StartCoreAsync()
    {
        await Task.Yield(); // the caller holds the gate
        var head = await ReadHeadAsync().ConfigureAwait(false);
        lock (Gate)
        {
            Next = head + 1;
            if (_wanted >= Next) ReadUpTo(_wanted);
        }
    }

    private void HandOnAll(TEvent logEvent)
    {
        do HandOn(logEvent);
        while (_early.Remove(Next, out logEvent!));
    }

    private void Keep(long seq, TEvent logEvent)
    {
        _early[seq] = logEvent;
        if (_early.Count >= PageSize) ReadUpTo(seq);
        else if (!_expecting) _ = ExpectAsync(Next);
    }

    /// <summary>Reads the log if what is missing does not come in time.</summary>
    private async Task ExpectAsync(long missing)
    {
        _expecting = true;
        while (true)
        {
            await Task.Delay(Overdue).ConfigureAwait(false);
            lock (Gate)
            {
                if (_early.Count > 0 && missing != Next && !IsClosed)
                {
                    missing = Next;
                    continue;
                }

                if (_early.Count > 0 && !IsClosed) ReadUpTo(_early.Keys.Max());
                _expecting = false;
                return;
            }
        }
    }

    private void HandOn(TEvent logEvent)
    {
        Next++;
        try
        {
            Deliver(logEvent);
        }
        catch (Exception e)
        {
            // one line of the log that nobody can show must not stop all that come after it
            DeliveryLog.DeliverFailed(logger, SeqOf(logEvent), e);
        }
    }

    private void ReadUpTo(long seq)
    {
        _wanted = Math.Max(_wanted, Math.Max(seq, _early.Keys.DefaultIfEmpty().Max()));
        _early.Clear();
        _reading = true;
        ChatMetrics.GapFound();
        _ = Task.Run(ReadOnAsync);
    }

    private async Task ReadOnAsync()
    {
        while (true)
        {
            List<TEvent> page;
            var asked = Volatile.Read(ref _wanted);
            try
            {
                page = await ReadAsync(Next - 1, PageSize).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // the log is all there is to go by: nothing to do but ask again, for as long as somebody listens
                DeliveryLog.ReadFailed(logger, e);
                await Task.Delay(RetryAfter).ConfigureAwait(false);
                lock (Gate)
                {
                    if (IsClosed) return;
                }

                continue;
            }

            lock (Gate)
            {
                foreach (var logEvent in page)
                {
                    if (SeqOf(logEvent) == Next) HandOn(logEvent);
                }

                // a short page is the log's end at that moment; beyond it only a seq that was announced meanwhile, perhaps after an empty page was read
                if (IsClosed || (page.Count < PageSize && (Next > _wanted || (page.Count == 0 && _wanted == asked))))
                {
                    _wanted = 0;
                    _reading = false;
                    return;
                }
            }
        }
    }
}
