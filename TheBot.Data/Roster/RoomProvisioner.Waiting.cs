using Npgsql;
using TheBot.Data.Schema;
using static TheBot.Data.Roster.RosterChange;

namespace TheBot.Data.Roster;

// The students whom a change of many has left waiting (WaitingStudent).
public sealed partial class RoomProvisioner
{
    /// <summary>Students whose rooms one transaction of a running school touches at most: a room is held for as long as it takes, and nobody writes there meanwhile.</summary>
    public const int StudentsAtOnce = 25;

    /// <summary>Converges the waiting students whose turn it is, a few a transaction, until none is left.</summary>
    /// <remarks>
    /// Any number of replicas may do so at once; each takes others. One that dies leaves its students to the rest. A student whose rooms the database refuses to
    /// change (a room that is at odds with its own log) is set aside and tried again later, up to ten minutes later; the others do not wait for the repair.
    /// </remarks>
    /// <param name="setAside">Told of each student who was set aside, and of what was refused.</param>
    /// <param name="cancellationToken">Ends it between two transactions or within one, which is then taken back.</param>
    public async Task ConvergeWaitingAsync(Action<long, PostgresException> setAside, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(setAside);
        var (total, oneByOne) = (0, 0);
        while (true)
        {
            var taken = new List<long>(StudentsAtOnce);
            try
            {
                await ConvergeSomeWaitingAsync(oneByOne > 0 ? 1 : StudentsAtOnce, taken, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException refused) when (taken.Count > 0 && IsOfTheirData(refused))
            {
                if (taken is not [var student])
                {
                    oneByOne = taken.Count; // one of these, and only alone do they show which
                    continue;
                }

                await SetAsideAsync(student, cancellationToken).ConfigureAwait(false);
                setAside(student, refused);
            }

            if (taken.Count == 0) break;
            if (oneByOne > 0) oneByOne--;
            total += taken.Count;
        }

        if (total >= StudentsUntilAnalyze) await AnalyzeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How many students are waiting.</summary>
    public async Task<WaitingStudents> CountWaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT count(*)::int, (count(*) FILTER (WHERE attempts > 0))::int FROM provisioning");
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await row.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new WaitingStudents(row.GetInt32(0), row.GetInt32(1));
    }

    /// <summary>Whether it is what the database holds of a student that it will not change, and not the database itself, a lock or a lost connection.</summary>
    private static bool IsOfTheirData(PostgresException refused) => refused.SqlState[..2]
        is "21" // more rows than there can be
        or "22" // a value out of its range
        or "23" // a key, a check or a reference
        or "54"; // too large for an index or a row

    /// <param name="atMost">So many students.</param>
    /// <param name="taken">Those whom it has taken, also where it fails.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    private Task<bool> ConvergeSomeWaitingAsync(int atMost, List<long> taken, CancellationToken cancellationToken) =>
        TransientFaults.RetryAsync(
            async () =>
            {
                taken.Clear();
                await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                taken.AddRange(await QueryAsync(connection, RoomProvisionerSql.TakeWaiting, row => row.GetInt64(0), cancellationToken, Value(atMost)).ConfigureAwait(false));
                if (taken.Count == 0) return false;
                var provisioned = await ConvergeAsync(connection, taken, cancellationToken).ConfigureAwait(false);
                await using var done = new NpgsqlCommand(RoomProvisionerSql.NoLongerWaiting, connection) { Parameters = { Values<long>([.. taken]) } };
                await done.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                listeners.Announce(provisioned.Committed);
                return true;
            });

    private async Task SetAsideAsync(long studentId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(RoomProvisionerSql.SetAside);
        command.Parameters.Add(Value(studentId));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <param name="Total">Students whose rooms do not follow the roster yet.</param>
/// <param name="SetAside">Those among them whose rooms could not, and are tried again from time to time.</param>
public readonly record struct WaitingStudents(int Total, int SetAside);
