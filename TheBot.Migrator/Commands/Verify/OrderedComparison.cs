namespace TheBot.Migrator.Commands.Verify;

/// <summary>Two streams in the order of one key, side by side.</summary>
internal static class OrderedComparison
{
    /// <summary>Every key of either side once, in order, with what each side has under it; the default where it has nothing.</summary>
    public static async IAsyncEnumerable<(TKey Key, bool InLeft, TLeft? Left, bool InRight, TRight? Right)> JoinAsync<TKey, TLeft, TRight>(
        IAsyncEnumerable<(TKey Key, TLeft Value)> left,
        IAsyncEnumerable<(TKey Key, TRight Value)> right,
        IComparer<TKey> order)
    {
        await using var l = left.GetAsyncEnumerator();
        await using var r = right.GetAsyncEnumerator();
        var (hasLeft, hasRight) = (await l.MoveNextAsync().ConfigureAwait(false), await r.MoveNextAsync().ConfigureAwait(false));
        while (hasLeft || hasRight)
        {
            var compared = !hasLeft ? 1 : !hasRight ? -1 : order.Compare(l.Current.Key, r.Current.Key);
            var (takeLeft, takeRight) = (compared <= 0, compared >= 0);
            yield return (
                takeLeft ? l.Current.Key : r.Current.Key,
                takeLeft,
                takeLeft ? l.Current.Value : default,
                takeRight,
                takeRight ? r.Current.Value : default);
            if (takeLeft) hasLeft = await l.MoveNextAsync().ConfigureAwait(false);
            if (takeRight) hasRight = await r.MoveNextAsync().ConfigureAwait(false);
        }
    }
}
