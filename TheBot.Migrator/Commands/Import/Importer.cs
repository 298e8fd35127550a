using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;
using TheBot.Data.Roster;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Import;

/// <summary>One run: the replaced system's database as it is now becomes ours, in one transaction. Killed anywhere, nothing has happened.</summary>
/// <remarks>
/// The first run makes everything, a later one makes those rooms anew of which anything differs. Rows go from one server to the other as they are
/// and are put into place there by statements over all of them at once, so that this process holds no more than a buffer, however many there are.
/// </remarks>
internal sealed class Importer(VerbRun run, bool dryRun)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private NpgsqlConnection _connection = null!;
    private bool _isFirst;

    /// <summary>Runs it.</summary>
    /// <exception cref="VerbFailure">Our database has what an import would destroy.</exception>
    public async Task<ImportReport> RunAsync(LegacyDatabase source, CancellationToken cancellationToken)
    {
        await using var connection = await run.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        _connection = connection;
        await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(WorkingArea.Create, cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(WorkingArea.Settings, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(WorkingArea.HoldLiveWrites, cancellationToken).ConfigureAwait(false);
        _isFirst = await ScalarAsync<bool>(WorkingArea.IsFirst, cancellationToken).ConfigureAwait(false);
        await RequireOwnDatabaseAsync(cancellationToken).ConfigureAwait(false);

        Tell("reading people, roster, rooms, and what each room says in one number");
        await StageAsync(source, cancellationToken).ConfigureAwait(false);
        Tell("planning the rooms");
        await PlanAsync(cancellationToken).ConfigureAwait(false);
        var (messages, rooms, allRooms) = await AmountAsync(cancellationToken).ConfigureAwait(false);
        Tell(string.Create(CultureInfo.InvariantCulture, $"reading {messages:N0} messages of {rooms:N0} rooms, of {allRooms:N0}"));
        await ReadMessagesAsync(source, messages, everything: rooms == allRooms, cancellationToken).ConfigureAwait(false);
        var indexes = _isFirst ? await DropIndexesAsync(cancellationToken).ConfigureAwait(false) : [];
        foreach (var (what, sql) in RoomContent.All)
        {
            Tell(what);
            await ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
        }

        for (var n = 0; n < indexes.Count; n++)
        {
            Tell($"building index {n + 1} of {indexes.Count}");
            await ExecuteAsync(indexes[n], cancellationToken).ConfigureAwait(false);
        }

        await ExecuteAsync(RosterImport.DropPeople, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(Findings.OfPlan, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(Findings.OfContent, cancellationToken).ConfigureAwait(false);
        var report = new ImportReport(
            _isFirst,
            await TableCounts.ReadAsync(connection, cancellationToken).ConfigureAwait(false),
            rooms,
            messages,
            await Findings.ReadAsync(connection, cancellationToken).ConfigureAwait(false));
        if (dryRun) return Finished();

        await ExecuteAsync(WorkingArea.MoveIdentities, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(WorkingArea.RememberRoster, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        // a database that was filled at once has no statistics yet; a delta is for autovacuum
        if (_isFirst) await ExecuteAsync(RoomContent.Analyze, cancellationToken).ConfigureAwait(false);
        return Finished();

        ImportReport Finished() => report with
        {
            Seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds,
            PeakMemoryMib = Process.GetCurrentProcess().PeakWorkingSet64 / (1024 * 1024),
        };
    }

    /// <summary>Which step begins, and when: each is a statement over all rows at once, of which nobody sees how far it is.</summary>
    private void Tell(string step) => run.Tell(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_started).TotalSeconds,6:F1} s  {step}"));

    /// <summary>Only this wait is bounded by the patience; the session's own limit for locks on tables and rows holds again afterwards.</summary>
    private async Task TakeTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            var patience = Math.Max(1, (long)run.Patience.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            await ExecuteAsync($"SET lock_timeout = {patience}", cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(WorkingArea.TakeTurn, cancellationToken).ConfigureAwait(false);
            await ExecuteAsync("RESET lock_timeout", cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new VerbFailure($"another import is under way and did not finish within {run.Patience.TotalSeconds:N0} s; give it more --wait", inner: busy);
        }
    }

    private async Task RequireOwnDatabaseAsync(CancellationToken cancellationToken)
    {
        var found = await ScalarAsync<string?>(_isFirst ? WorkingArea.Strangers : WorkingArea.LiveTraces, cancellationToken).ConfigureAwait(false);
        if (found is null) return;
        throw new VerbFailure(_isFirst
            ? $"there are {found} in the database already: an import begins in an empty one"
            : $"people use this system already ({found}): another import would undo what they did");
    }

    private async Task StageAsync(LegacyDatabase source, CancellationToken cancellationToken)
    {
        foreach (var (table, columns, query) in Staging.Small)
        {
            await ExecuteAsync($"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP", cancellationToken).ConfigureAwait(false);
            await source.CopyAsync(query, _connection, table, null, cancellationToken).ConfigureAwait(false);
        }

        await ExecuteAsync($"CREATE TEMP TABLE {Staging.MessageTable} ({Staging.MessageColumns}) ON COMMIT DROP", cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(Staging.AddLostRooms, cancellationToken).ConfigureAwait(false);
        if (await ScalarAsync<string?>(WorkingArea.Outgrown, cancellationToken).ConfigureAwait(false) is { } name)
            throw new VerbFailure($"the {name} there have reached the ids that were left for ours; import into a new, empty database");
        await ExecuteAsync(WorkingArea.Claim, cancellationToken).ConfigureAwait(false);
    }

    private async Task PlanAsync(CancellationToken cancellationToken)
    {
        await ExecuteAllAsync(RosterImport.Before, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(RoomPlan.RemoveStale, cancellationToken).ConfigureAwait(false);
        await ExecuteAllAsync(RosterImport.After, cancellationToken).ConfigureAwait(false);
        await ExecuteAllAsync(RoomPlan.Before, cancellationToken).ConfigureAwait(false);
        await MakeRoomsAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAllAsync(RoomPlan.After, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(RoomPlan.RemoveStale, cancellationToken).ConfigureAwait(false);
    }

    [SuppressMessage("Security", "CA2100", Justification = "The roster's constant within ours.")]
    private async Task MakeRoomsAsync(CancellationToken cancellationToken)
    {
        var students = await ScalarAsync<long[]>("SELECT coalesce(array_agg(DISTINCT student_id), ARRAY[]::bigint[]) FROM sound_enrollment", cancellationToken)
            .ConfigureAwait(false);
        await using var command = new NpgsqlCommand(RoomPlan.Rooms(RoomProvisionerSql.WantedRooms), _connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = students });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<(long Messages, long Rooms, long AllRooms)> AmountAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(RoomPlan.Amount, _connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await row.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
    }

    private async Task ReadMessagesAsync(LegacyDatabase source, long messages, bool everything, CancellationToken cancellationToken)
    {
        if (messages == 0) return;
        var query = Staging.Messages;
        if (!everything)
        {
            var rooms = new List<long>();
            await using var command = new NpgsqlCommand(RoomPlan.RoomsToRead, _connection);
            await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false)) rooms.Add(row.GetInt64(0));
            query += $" WHERE room_id = ANY ('{{{string.Join(',', rooms)}}}')";
        }

        using var progress = run.Progress("messages", messages);
        await source.CopyAsync(query, _connection, Staging.MessageTable, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes away the indexes of the large tables, as long as these are empty; answers how to make them again.</summary>
    private async Task<List<string>> DropIndexesAsync(CancellationToken cancellationToken)
    {
        var (drop, create) = (new List<string>(), new List<string>());
        await using (var command = new NpgsqlCommand(RoomContent.IndexesToBuildAtTheEnd, _connection))
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                var (table, index) = (row.GetString(0), row.GetString(1));
                var isConstraint = !row.IsDBNull(3);
                drop.Add(isConstraint ? $"ALTER TABLE {table} DROP CONSTRAINT \"{row.GetString(3)}\"" : $"DROP INDEX {index}");
                create.Add(isConstraint ? $"ALTER TABLE {table} ADD CONSTRAINT \"{row.GetString(3)}\" {row.GetString(4)}" : row.GetString(2));
            }
        }

        await ExecuteAllAsync(drop, cancellationToken).ConfigureAwait(false);
        return create;
    }

    private async Task ExecuteAllAsync(IEnumerable<string> statements, CancellationToken cancellationToken)
    {
        foreach (var statement in statements) await ExecuteAsync(statement, cancellationToken).ConfigureAwait(false);
    }

    [SuppressMessage("Security", "CA2100", Justification = "Constants of this folder, and definitions that the database itself wrote.")]
    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    [SuppressMessage("Security", "CA2100", Justification = "Constants of this folder.")]
    private async Task<T> ScalarAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is T value ? value : default!;
    }
}
