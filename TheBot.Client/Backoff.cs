namespace TheBot.Client;

/// <summary>How long to wait before the next attempt: 1, 2, 4, 8, 16, 30, 30 ... seconds, of which half is left to chance.</summary>
internal sealed class Backoff(Func<double> jitter)
{
    private static readonly TimeSpan[] Ladder = [.. new[] { 1, 2, 4, 8, 16, 30 }.Select(seconds => TimeSpan.FromSeconds(seconds))];
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(1);

    private int _failures;

    /// <param name="retryAfter">What the server asked for: it is kept to, with up to a second on top, because others were told the same.</param>
    public TimeSpan Next(TimeSpan? retryAfter = null)
    {
        var step = Ladder[Math.Min(_failures++, Ladder.Length - 1)];
        return retryAfter is { } asked ? asked + (Spread * jitter()) : step * (0.5 + (0.5 * jitter()));
    }

    public void Reset() => _failures = 0;
}
