using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Backup;

/// <summary>
/// How far pg_dump is, in bytes that the tables take on disk: those of which it has said that it is done with them, and of the one under way as much as the
/// server has sent of its rows. How long the file becomes nobody knows before.
/// </summary>
internal sealed partial class DumpProgress : IAsyncDisposable
{
    private const string Tables =
        """
        SELECT n.nspname || '.' || c.relname, c.oid::bigint, coalesce(pg_table_size(c.oid), 0), c.reltuples::bigint
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname, 'pg_')
        """;

    /// <summary>$1 table.</summary>
    private const string RowsSent = "SELECT tuples_processed FROM pg_stat_progress_copy WHERE datname = current_database() AND relid::bigint = $1 AND command = 'COPY TO'";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly VerbRun _run;
    private readonly Dictionary<string, Table> _tables;
    private readonly Progress _progress;
    private readonly CancellationTokenSource _ending;
    private readonly Task _watching;
    private volatile State _state = new(0, null);

    private DumpProgress(VerbRun run, Dictionary<string, Table> tables, CancellationToken cancellationToken)
    {
        (_run, _tables) = (run, tables);
        _progress = run.Progress("of tables written", tables.Values.Sum(table => table.Bytes), Bytes.Read);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _watching = WatchAsync(_ending.Token);
    }

    /// <param name="run">Where it is told.</param>
    /// <param name="connection">Sees what is dumped.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<DumpProgress> StartAsync(VerbRun run, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tables = await Rows.ReadAsync(
            connection, Tables, row => (Name: row.GetString(0), Table: new Table(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3))), cancellationToken).ConfigureAwait(false);
        return new DumpProgress(run, tables.ToDictionary(table => table.Name, table => table.Table), cancellationToken);
    }

    /// <summary>A line of pg_dump's: which table begins, so that the one before is done.</summary>
    public void Hear(string line)
    {
        if (Begun().Match(line) is not { Success: true } begun || !_tables.TryGetValue(begun.Groups[1].Value, out var table)) return;
        _state = new State(_state.Done + (_state.Current?.Bytes ?? 0), table);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _progress.Dispose();
        _ending.Dispose();
    }

    /// <summary>Where the server cannot be asked any more, the dump goes on without being watched, or says itself what is wrong; so nothing is told of it here.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Pause, _run.Services.GetRequiredService<TimeProvider>());
            await using var connection = await _run.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            var furthest = 0L; // a table's last rows are sent, and the server has forgotten that, before pg_dump says what comes next
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                var (done, current) = _state;
                furthest = Math.Max(furthest, done + (current is null ? 0 : await SentAsync(connection, current, cancellationToken).ConfigureAwait(false)));
                _progress.Report(furthest);
            }
        }
        catch (Exception unasked) when (unasked is NpgsqlException or OperationCanceledException)
        {
            // the end, or nobody to ask
        }
    }

    /// <summary>A table of which nobody has counted the rows yet has sent nothing until it is done.</summary>
    private static async Task<long> SentAsync(NpgsqlConnection connection, Table table, CancellationToken cancellationToken)
    {
        if (table.Rows <= 0) return 0;
        var sent = await Rows.ReadAsync(connection, RowsSent, row => row.GetInt64(0), cancellationToken, table.Id).ConfigureAwait(false);
        return (long)(table.Bytes * Math.Min(1, sent.FirstOrDefault() / (double)table.Rows));
    }

    [GeneratedRegex("^pg_dump: dumping contents of table \"(.+)\"$")]
    private static partial Regex Begun();

    /// <param name="Id">Its oid.</param>
    /// <param name="Bytes">On disk, without its indexes.</param>
    /// <param name="Rows">As the last ANALYZE estimated; -1 = there was none.</param>
    private sealed record Table(long Id, long Bytes, long Rows);

    /// <param name="Done">Bytes of the tables that are done.</param>
    /// <param name="Current">The one under way.</param>
    private sealed record State(long Done, Table? Current);
}
