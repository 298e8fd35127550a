using System.Text.Json;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>A run of repairs: each is one transaction that also notes how to take it back, so that a killed run leaves whole repairs only.</summary>
/// <remarks>Started again within a day, it goes on with the run that did not finish; an older one ends with what it has. One process at a time.</remarks>
internal sealed class DoctorRun : IAsyncDisposable
{
    private readonly NpgsqlConnection _turn;

    private DoctorRun(VerbRun verb, NpgsqlConnection turn, long id) => (Verb, _turn, Id) = (verb, turn, id);

    public VerbRun Verb { get; }
    public long Id { get; }

    /// <summary>Waits for another doctor to finish, not longer than for any other lock; the run that was stopped and has nothing left to do, or null.</summary>
    public static async Task<DoctorRun?> StoppedAsync(VerbRun verb, CancellationToken cancellationToken)
    {
        var turn = await TakeTurnAsync(verb, cancellationToken).ConfigureAwait(false);
        var found = await Rows.ReadAsync(
            turn, "SELECT id FROM doctor_runs WHERE finished_at IS NULL AND undone_at IS NULL ORDER BY id DESC LIMIT 1", row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        if (found is [var id]) return new DoctorRun(verb, turn, id);
        await turn.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>Waits for another doctor to finish, not longer than for any other lock, and begins a run or goes on with the last one.</summary>
    public static async Task<DoctorRun> BeginAsync(VerbRun verb, CancellationToken cancellationToken)
    {
        var turn = await TakeTurnAsync(verb, cancellationToken).ConfigureAwait(false);
        const string Begin =
            """
            WITH forgotten AS (
                UPDATE doctor_runs SET finished_at = now() WHERE finished_at IS NULL AND undone_at IS NULL AND started_at < now() - interval '1 day'),
            unfinished AS (
                SELECT id FROM doctor_runs
                WHERE finished_at IS NULL AND undone_at IS NULL AND started_at >= now() - interval '1 day'
                ORDER BY id DESC
                LIMIT 1),
            fresh AS (INSERT INTO doctor_runs (started_at) SELECT now() WHERE NOT EXISTS (SELECT FROM unfinished) RETURNING id)
            SELECT id FROM unfinished UNION ALL SELECT id FROM fresh
            """;
        return new DoctorRun(verb, turn, (await Rows.ReadAsync(turn, Begin, row => row.GetInt64(0), cancellationToken).ConfigureAwait(false))[0]);
    }

    /// <summary>Takes the turn for taking a run back.</summary>
    public static async Task<DoctorRun> OpenAsync(VerbRun verb, long id, CancellationToken cancellationToken)
    {
        var turn = await TakeTurnAsync(verb, cancellationToken).ConfigureAwait(false);
        var found = await Rows.ReadAsync(turn, "SELECT undone_at IS NOT NULL FROM doctor_runs WHERE id = $1", row => row.GetBoolean(0), cancellationToken, id).ConfigureAwait(false);
        if (found is [false]) return new DoctorRun(verb, turn, id);
        await turn.DisposeAsync().ConfigureAwait(false);
        throw new VerbFailure(found.Count == 0 ? $"there is no run {id}" : $"run {id} is taken back already", ExitCode.BadArguments);
    }

    /// <summary>One repair, whole or not at all.</summary>
    /// <param name="kind">Which; <see cref="DoctorUndo"/> knows it by this name.</param>
    /// <param name="roomId">The room, where it is about one.</param>
    /// <param name="repair">Does it and answers what is needed to take it back; null = there was nothing to do.</param>
    /// <param name="cancellationToken">Ends it; nothing is kept then.</param>
    public async Task<bool> RepairAsync(string kind, long? roomId, Func<RepairStep, Task<object?>> repair, CancellationToken cancellationToken)
    {
        await using var connection = await Verb.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        var step = new RepairStep(connection, cancellationToken);
        if (await repair(step).ConfigureAwait(false) is not { } undo) return false;
        await step.ExecuteAsync(
            "INSERT INTO doctor_repairs (run_id, n, kind, room_id, undo) SELECT $1, coalesce(max(n), 0) + 1, $2, nullif($3, 0), $4::jsonb FROM doctor_repairs WHERE run_id = $1",
            Id,
            kind,
            roomId ?? 0L,
            JsonSerializer.Serialize(undo)).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Whether it repaired anything; a run without repairs leaves no trace.</summary>
    public async Task<int> FinishAsync(CancellationToken cancellationToken)
    {
        var repairs = (await Rows.ReadAsync(
            _turn, "SELECT count(*) FROM doctor_repairs WHERE run_id = $1", row => row.GetInt64(0), cancellationToken, Id).ConfigureAwait(false))[0];
        await Rows.ReadAsync(
            _turn,
            repairs == 0 ? "DELETE FROM doctor_runs WHERE id = $1" : "UPDATE doctor_runs SET finished_at = now() WHERE id = $1",
            _ => 0,
            cancellationToken,
            Id).ConfigureAwait(false);
        return checked((int)repairs);
    }

    /// <summary>What is still to be taken back, the last first.</summary>
    public Task<List<(int N, string Kind, JsonElement Undo)>> StandingRepairsAsync(CancellationToken cancellationToken) => Rows.ReadAsync(
        _turn,
        "SELECT n, kind, undo::text FROM doctor_repairs WHERE run_id = $1 AND undone_at IS NULL ORDER BY n DESC",
        row => (row.GetInt32(0), row.GetString(1), JsonSerializer.Deserialize<JsonElement>(row.GetString(2))),
        cancellationToken,
        Id);

    /// <summary>Takes one repair back in a transaction that also notes that.</summary>
    public async Task TakeBackAsync(int n, Func<RepairStep, Task> undo, CancellationToken cancellationToken)
    {
        await using var connection = await Verb.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        var step = new RepairStep(connection, cancellationToken);
        await undo(step).ConfigureAwait(false);
        await step.ExecuteAsync("UPDATE doctor_repairs SET undone_at = now() WHERE run_id = $1 AND n = $2", Id, n).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task UndoneAsync(CancellationToken cancellationToken) =>
        Rows.ReadAsync(_turn, "UPDATE doctor_runs SET undone_at = now() WHERE id = $1", _ => 0, cancellationToken, Id);

    public ValueTask DisposeAsync() => _turn.DisposeAsync();

    /// <summary>The session's lock, on a connection that is closed for good: a killed process gives it back.</summary>
    private static async Task<NpgsqlConnection> TakeTurnAsync(VerbRun verb, CancellationToken cancellationToken)
    {
        var turn = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(verb.ConnectionString) { Pooling = false }.ConnectionString);
        try
        {
            await turn.OpenAsync(cancellationToken).ConfigureAwait(false);
            await Rows.ReadAsync(turn, "SELECT pg_advisory_lock(hashtext('thebot.doctor'))", _ => 0, cancellationToken).ConfigureAwait(false);
            return turn;
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await turn.DisposeAsync().ConfigureAwait(false);
            throw new VerbFailure("another doctor is at work; wait for it, or give it more --lock-timeout", inner: busy);
        }
    }
}
