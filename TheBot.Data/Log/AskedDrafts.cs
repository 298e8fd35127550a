namespace TheBot.Data.Log;

/// <summary>The drafts of one append as the database is asked for them: a client id that comes twice is asked for once.</summary>
internal sealed class AskedDrafts
{
    private readonly IReadOnlyList<MessageDraft> _drafts;
    private readonly List<(int Index, int First)> _repeats = [];

    public AskedDrafts(IReadOnlyList<MessageDraft> drafts)
    {
        _drafts = drafts;
        Firsts = new List<int>(drafts.Count);
        var firsts = new Dictionary<(long, long, string), int>(drafts.Count);
        for (var i = 0; i < drafts.Count; i++)
        {
            var key = (drafts[i].RoomId, drafts[i].SenderId, drafts[i].ClientId);
            if (firsts.TryAdd(key, i)) Firsts.Add(i);
            else _repeats.Add((i, firsts[key]));
        }
    }

    /// <summary>Indexes of the drafts that are asked for, in the order of acceptance.</summary>
    public List<int> Firsts { get; }

    /// <summary>One column of what is asked.</summary>
    public T[] Select<T>(Func<MessageDraft, T> column)
    {
        var values = new T[Firsts.Count];
        for (var i = 0; i < values.Length; i++) values[i] = column(_drafts[Firsts[i]]);
        return values;
    }

    /// <summary>Gives those that were not asked for the answer of the first of their name.</summary>
    /// <param name="results">Filled for the first ones.</param>
    /// <param name="known">The first ones that were stored before, by the id of their message: who repeats them joins them.</param>
    public void Repeat(AppendResult[] results, Dictionary<long, List<int>> known)
    {
        foreach (var (index, first) in _repeats)
        {
            if (known.Values.FirstOrDefault(same => same[0] == first) is { } same) same.Add(index);
            else if (results[first].Verdict != AppendVerdict.Stored) results[index] = results[first];
            else results[index] = _drafts[index].BodyHash == _drafts[first].BodyHash ? results[first] with { IsNew = false } : new(AppendVerdict.Conflict, null, false);
        }
    }
}
