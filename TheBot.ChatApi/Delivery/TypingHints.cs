using Microsoft.Extensions.Options;

namespace TheBot.ChatApi.Delivery;

/// <summary>Who is typing in the rooms followed here: each is typing for so long, and then is not, whatever became of their connection or replica.</summary>
/// <remarks>Every replica keeps this time by itself, from what it last heard, so that a typist whose replica was killed stops too.</remarks>
internal sealed class TypingHints : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Dictionary<HintKey, Typist> _typists = [];
    private readonly Feeds _feeds;
    private readonly TimeProvider _time;
    private readonly TimeSpan _typingFor;
    private readonly TimeSpan _repeatAfter;
    private readonly ITimer _timer;

    public TypingHints(Feeds feeds, IOptions<DeliveryOptions> options, TimeProvider time)
    {
        (_feeds, _time) = (feeds, time);
        _typingFor = options.Value.TypingFor;
        _repeatAfter = _typingFor / 2; // others hear of it again before their time is over
        _timer = time.CreateTimer(static self => ((TypingHints)self!).EndThoseWhoAreSilent(), this, LookEvery, LookEvery);
    }

    /// <summary>Somebody connected here types, or stops; whether the other replicas are to hear of it.</summary>
    /// <remarks>Clients say that they are typing at every key: only the first word, and one in half of <see cref="DeliveryOptions.TypingFor"/>, is passed on.</remarks>
    public bool Say(Ephemeral hint) => Take(hint, leavesOutRepeats: true);

    /// <summary>Another replica says so.</summary>
    public void Hear(Ephemeral hint) => Take(hint, leavesOutRepeats: false);

    public void Dispose() => _timer.Dispose();

    private bool Take(Ephemeral hint, bool leavesOutRepeats)
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            if (hint.Kind == EphemeralKind.TypingStopped)
            {
                if (!_typists.Remove(hint.Key)) return false;
            }
            else
            {
                var isRepeat = leavesOutRepeats && _typists.TryGetValue(hint.Key, out var typist) && _time.GetElapsedTime(typist.ToldAt, now) < _repeatAfter;
                _typists[hint.Key] = new Typist(hint, now, isRepeat ? _typists[hint.Key].ToldAt : now);
                if (isRepeat) return false;
            }

            _feeds.Pass(hint); // under the gate, so that what is told last is what is so
            return true;
        }
    }

    private void EndThoseWhoAreSilent()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            foreach (var (key, typist) in _typists.Where(t => _time.GetElapsedTime(t.Value.HeardAt, now) >= _typingFor).ToList())
            {
                _typists.Remove(key);
                _feeds.Pass(typist.Hint with { Kind = EphemeralKind.TypingStopped });
            }
        }
    }

    private readonly record struct Typist(Ephemeral Hint, long HeardAt, long ToldAt);
}
