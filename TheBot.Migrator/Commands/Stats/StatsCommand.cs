using System.Data;
using System.Globalization;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Stats;

/// <summary>What there is: rooms by kind with their members and messages, people, lessons, and how large it all is.</summary>
internal sealed class StatsCommand() : Verb("stats", "Tell how many rooms, members, messages and people there are.")
{
    // Everybody with an active account is in the general room, without a row.
    private const string RoomsByKind =
        """
        SELECT r.kind, count(*), coalesce(sum(m.members), 0)::bigint, coalesce(sum(t.messages), 0)::bigint,
            count(*) FILTER (WHERE NOT r.writable OR r.locked), max(r.head_seq)
        FROM rooms r
        LEFT JOIN (
            SELECT room_id, count(*) AS members FROM room_readers WHERE standing = 'member' GROUP BY room_id) AS m ON m.room_id = r.id
        LEFT JOIN (SELECT room_id, count(*) AS messages FROM messages WHERE deleted_at IS NULL GROUP BY room_id) AS t ON t.room_id = r.id
        GROUP BY r.kind
        ORDER BY r.kind
        """;

    private const string Totals =
        """
        SELECT
            (SELECT count(*) FROM messages), (SELECT count(*) FROM messages WHERE deleted_at IS NOT NULL),
            (SELECT count(*) FROM messages WHERE edited_at IS NOT NULL), (SELECT count(*) FROM messages WHERE created_at > now() - interval '1 day'),
            (SELECT count(*) FROM room_events), (SELECT count(*) FROM enrollments), (SELECT count(*) FROM enrollments WHERE is_active),
            pg_database_size(current_database())
        """;

    private const string PeopleByRole = "SELECT role, count(*), count(*) FILTER (WHERE is_active AND deleted_at IS NULL) FROM users GROUP BY role ORDER BY role";

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);

        // one snapshot, so that the sums agree with each other while people write
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        var rooms = await Rows.ReadAsync(
            connection,
            RoomsByKind,
            row => new RoomStats(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)),
            cancellationToken).ConfigureAwait(false);
        var people = await Rows.ReadAsync(
            connection, PeopleByRole, row => new { Role = row.GetString(0), Accounts = row.GetInt64(1), Active = row.GetInt64(2) }, cancellationToken).ConfigureAwait(false);
        var totals = (await Rows.ReadAsync(
            connection,
            Totals,
            row => new
            {
                Messages = new { Total = row.GetInt64(0), Deleted = row.GetInt64(1), Edited = row.GetInt64(2), LastDay = row.GetInt64(3) },
                Events = row.GetInt64(4),
                Enrollments = new { Total = row.GetInt64(5), Active = row.GetInt64(6) },
                DatabaseBytes = row.GetInt64(7),
            },
            cancellationToken).ConfigureAwait(false))[0];

        Say(run, $"{"rooms",-14} {"count",9} {"members",9} {"messages",10} {"read-only",10} {"longest log",12}");
        foreach (var kind in rooms) Say(run, $"{kind.Kind,-14} {kind.Rooms,9:N0} {kind.Members,9:N0} {kind.Messages,10:N0} {kind.ReadOnly,10:N0} {kind.LongestLog,12:N0}");
        Say(run, $"{"all",-14} {rooms.Sum(r => r.Rooms),9:N0} {rooms.Sum(r => r.Members),9:N0} {rooms.Sum(r => r.Messages),10:N0}");
        Say(run, $"messages       {totals.Messages.Total:N0}, of which {totals.Messages.Deleted:N0} deleted, {totals.Messages.Edited:N0} edited; {totals.Messages.LastDay:N0} in the last 24 hours");
        Say(run, $"events         {totals.Events:N0}");
        Say(run, $"people         {string.Join(", ", people.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Active:N0} {p.Role}")))}");
        Say(run, $"enrollments    {totals.Enrollments.Total:N0}, of which {totals.Enrollments.Active:N0} active");
        Say(run, $"database       {Bytes.Read(totals.DatabaseBytes)}");
        return VerbResult.Done(new { rooms, people, totals.Messages, totals.Events, totals.Enrollments, totals.DatabaseBytes });
    }

    private static void Say(VerbRun run, FormattableString line) => run.Say(line.ToString(CultureInfo.InvariantCulture));

    private sealed record RoomStats(string Kind, long Rooms, long Members, long Messages, long ReadOnly, long LongestLog);
}
