namespace TheBot.Tests.Support;

/// <summary>How long a test waits for something before it is wrong: long, because waiting costs nothing where the thing happens.</summary>
internal static class Deadline
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static CancellationToken Token(TimeSpan? patience = null) => new CancellationTokenSource(patience ?? Patience).Token;

    /// <summary>Asks again until the answer fits.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> fits, string what, TimeSpan? patience = null)
    {
        var token = Token(patience);
        while (true)
        {
            var answer = await ask();
            if (fits(answer)) return answer;
            if (token.IsCancellationRequested) throw new TimeoutException($"{what}: still {answer} after {patience ?? Patience}");
            await Task.Delay(50, CancellationToken.None);
        }
    }
}
