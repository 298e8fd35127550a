using Npgsql;

namespace TheBot.Migrator.Commands.Import;

/// <summary>What a run did.</summary>
/// <param name="IsFirst">Whether everything was made by it.</param>
/// <param name="Totals">What there is now, this run's and earlier ones'.</param>
/// <param name="RoomsMade">Rooms that this run made, or made anew because something in them differed.</param>
/// <param name="MessagesRead">Messages in these.</param>
/// <param name="Findings">What could not be taken over as it was, or is odd.</param>
internal sealed record ImportReport(bool IsFirst, TableCounts Totals, long RoomsMade, long MessagesRead, List<FindingKind> Findings)
{
    /// <summary>How long it took, without files.</summary>
    public double Seconds { get; init; }

    /// <summary>The most memory that this process has held, in MiB.</summary>
    public long PeakMemoryMib { get; init; }

    /// <summary>Null where no folder was given.</summary>
    public MediaReport? Media { get; init; }

    /// <summary>For people.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"{(IsFirst ? "first run" : "delta run")}: {RoomsMade} rooms with {MessagesRead} messages in {Seconds:F1} s "
            + $"({MessagesRead / Math.Max(Seconds, 0.001):F0} messages/s), {PeakMemoryMib} MiB at most";
        yield return $"now there are {Totals.Users} people, {Totals.Enrollments} enrollments, {Totals.Rooms} rooms, {Totals.Members} members, "
            + $"{Totals.Messages} messages, {Totals.Attachments} attachments, {Totals.Tokens} tokens";
        if (Media is { } media) yield return $"files: {media.Stored} stored, {media.Unchanged} stored before, {media.Missing} missing, {media.Refused} refused";
        foreach (var kind in Findings)
        {
            yield return $"{kind.Kind}: {kind.Count}";
            foreach (var finding in kind.First) yield return $"  {finding.Where}: {finding.Note}";
            if (kind.Count > kind.First.Count) yield return $"  ... SELECT * FROM legacy.findings WHERE kind = '{kind.Kind}'";
        }
    }
}

/// <summary>Rows.</summary>
internal sealed record TableCounts(long Users, long Enrollments, long Rooms, long Members, long Messages, long Attachments, long Tokens)
{
    private const string Read =
        """
        SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM enrollments), (SELECT count(*) FROM rooms),
            (SELECT count(*) FROM room_members WHERE cardinality(reasons) > 0), (SELECT count(*) FROM messages), (SELECT count(*) FROM attachments),
            (SELECT count(*) FROM tokens)
        """;

    public static async Task<TableCounts> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Read, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await row.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new TableCounts(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6));
    }
}
