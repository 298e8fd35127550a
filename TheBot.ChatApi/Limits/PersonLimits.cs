using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace TheBot.ChatApi.Limits;

/// <summary>How much one person may ask of this replica, over all their connections and doors together.</summary>
internal sealed class PersonLimits(IOptions<LimitOptions> options)
{
    private readonly TokenBuckets<long> _messages = new(options.Value.MessagesBurst, options.Value.MessagesPerSecond, TimeSpan.FromSeconds(1));
    private readonly TokenBuckets<long> _drafts = new(options.Value.MessagesBurst, options.Value.MessagesPerSecond, TimeSpan.FromSeconds(1));
    private readonly Dictionary<long, int> _sockets = [];

    public LimitOptions Options { get; } = options.Value;

    /// <summary>Counts something that lengthens a log. False = too fast; nothing was counted.</summary>
    /// <param name="userId">Who.</param>
    /// <param name="retryAfter">Where it is too fast: after which time there is room for one.</param>
    public bool TryTakeMessage(long userId, out TimeSpan retryAfter) => _messages.TryTake(userId, out retryAfter);

    /// <summary>As <see cref="TryTakeMessage"/>, for a draft: as many as messages, in a count of their own, so that whoever types has every message left.</summary>
    public bool TryTakeDraft(long userId, out TimeSpan retryAfter) => _drafts.TryTake(userId, out retryAfter);

    /// <summary>What to say to somebody who is too fast.</summary>
    public string TooFast(TimeSpan retryAfter, string what = "messages") => string.Create(
        CultureInfo.InvariantCulture, $"At most {Options.MessagesPerSecond} {what} a second; try again after {Seconds(retryAfter)} s");

    /// <summary>A place for one more socket, to be given back by disposing it; null = the person has as many as they may.</summary>
    public IDisposable? TryOpenSocket(long userId)
    {
        lock (_sockets)
        {
            var open = _sockets.GetValueOrDefault(userId);
            if (open >= Options.SocketsPerPerson) return null;
            _sockets[userId] = open + 1;
            return new Place(this, userId);
        }
    }

    /// <summary>What to say to somebody who has too many sockets.</summary>
    public string TooManySockets => string.Create(CultureInfo.InvariantCulture, $"at most {Options.SocketsPerPerson} connections of one person");

    /// <summary>As the wire has it: seconds, rounded up to a millisecond.</summary>
    [return: NotNullIfNotNull(nameof(time))]
    public static double? Seconds(TimeSpan? time) => time is { } some ? Math.Ceiling(some.TotalMilliseconds) / 1000 : null;

    public void ForgetIdle()
    {
        _messages.ForgetIdle();
        _drafts.ForgetIdle();
    }

    private sealed class Place(PersonLimits limits, long userId) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            lock (limits._sockets)
            {
                if (_left) return;
                _left = true;
                if (--limits._sockets[userId] == 0) limits._sockets.Remove(userId);
            }
        }
    }
}
