using System.Text;
using Npgsql;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Data.Roster;

/// <summary>Derives rooms and their members from the roster: the same statements for a single change and for the whole school, from any state.</summary>
/// <remarks>
/// Per enrollment one <c>forum_subject</c> (student, teacher, guardians), and one <c>forum_tutor</c> (student, all tutors, guardians) once the
/// student has a tutor; it stays when the last one leaves. Only the reasons of <see cref="MemberReason"/> that follow from the roster are touched.
/// What changes for people goes into the logs in the same transaction, so that log and members always agree. Locks: docs/locks.md.
/// </remarks>
public sealed partial class RoomProvisioner(NpgsqlDataSource database, ICommittedEvents listeners)
{
    /// <summary>The name that the school's one general room is born with.</summary>
    public const string GeneralRoomName = "Общий форум";

    /// <summary>Students of one transaction of the Migrator, which nobody waits for.</summary>
    private const int StudentsPerChunk = 200;

    /// <summary>So many new students, and the database's statistics say nothing about the school any more.</summary>
    private const int StudentsUntilAnalyze = 500;

    /// <summary>Converges all rooms of some students within the caller's transaction; announcing after the commit is the caller's.</summary>
    /// <remarks>Takes locks 1, 3 and 4; a caller who writes the roster holds the students' lock already.</remarks>
    public static async Task<Provisioned> ConvergeAsync(NpgsqlConnection connection, IReadOnlyCollection<long> studentIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        long[] students = [.. studentIds];
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(RoomProvisionerSql.LockStudents, students),
                Command(RoomProvisionerSql.CreateRooms, students),
                Command(RoomProvisionerSql.LockRooms, students),
                Command(RoomProvisionerSql.Converge, students),
            },
        };
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);

        // The results of the two locks come before; CreateRooms has none.
        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var (committed, reasonsChanged) = await ReadAsync(rows, cancellationToken).ConfigureAwait(false);
        var report = new ProvisionReport(
            checked((int)batch.BatchCommands[1].RecordsAffected),
            committed.RoomEvents.Count(e => e.Kind == RoomEventKind.RoomUpdated),
            committed.RoomEvents.Count(e => e.Kind == RoomEventKind.MemberAdded),
            committed.RoomEvents.Count(e => e.Kind == RoomEventKind.MemberRemoved),
            reasonsChanged);
        return new Provisioned(committed, report);
    }

    /// <summary>Converges the whole school, chunk by chunk, and sees to the one general room.</summary>
    /// <param name="dryRun">Does all of it and takes it back: the report tells what there would be to do.</param>
    /// <param name="cancellationToken">Ends it between two chunks or within one, which is then taken back.</param>
    /// <param name="progress">Told after each chunk how many students are done.</param>
    public async Task<ProvisionReport> ConvergeEverythingAsync(bool dryRun, CancellationToken cancellationToken, IProgress<long>? progress = null)
    {
        var report = await EnsureGeneralRoomAsync(dryRun, cancellationToken).ConfigureAwait(false);
        var (after, done) = (0L, 0L);
        while (await NextStudentsAsync(after, cancellationToken).ConfigureAwait(false) is { Count: > 0 } students)
        {
            var provisioned = await InTransactionAsync(students, commit: !dryRun, cancellationToken).ConfigureAwait(false);
            report += provisioned.Report;
            after = students[^1];
            progress?.Report(done += students.Count);
        }

        // A school that arrived at once has no statistics yet: until the database looks by itself, plans made without them take seconds.
        if (!dryRun && !report.IsNothing) await AnalyzeAsync(cancellationToken).ConfigureAwait(false);
        return report;
    }

    /// <summary>A deleted person leaves every room that follows from no enrollment, but for those of two, within the caller's transaction.</summary>
    internal static async Task<Committed> LeaveOwnRoomsAsync(NpgsqlConnection connection, long userId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(RoomProvisionerSql.LeaveOwnRooms, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = userId } } };
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return (await ReadAsync(rows, cancellationToken).ConfigureAwait(false)).Committed;
    }

    private async Task AnalyzeAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("ANALYZE users, subjects, enrollments, tutorships, guardianships, rooms, room_members");
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private Task<Provisioned> InTransactionAsync(IReadOnlyCollection<long> students, bool commit, CancellationToken cancellationToken) =>
        TransientFaults.RetryAsync(
            async () =>
            {
                await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                var provisioned = await ConvergeAsync(connection, students, cancellationToken).ConfigureAwait(false);
                if (!commit) return provisioned;
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                listeners.Announce(provisioned.Committed);
                return provisioned;
            });

    private async Task<ProvisionReport> EnsureGeneralRoomAsync(bool dryRun, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(RoomProvisionerSql.CreateGeneralRoom, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = GeneralRoomName });
        var created = await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        if (!dryRun) await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return new ProvisionReport(created, 0, 0, 0, 0);
    }

    private async Task<List<long>> NextStudentsAsync(long after, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(RoomProvisionerSql.NextStudents);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = StudentsPerChunk });
        var students = new List<long>(StudentsPerChunk);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) students.Add(rows.GetInt64(0));
        return students;
    }

    private static NpgsqlBatchCommand Command(string sql, long[] students) =>
        new(sql) { Parameters = { new NpgsqlParameter<long[]> { TypedValue = students } } };

    private static async Task<(Committed Committed, int ReasonsChanged)> ReadAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        var roomEvents = new List<RoomEvent>();
        var userEvents = new List<UserEvent>();
        var reasonsChanged = 0L;
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var seq = rows.GetInt64(3);
            var kind = rows.GetInt16(4);
            switch (rows.GetString(0))
            {
                case "r":
                    roomEvents.Add(new RoomEvent(
                        rows.GetInt64(1),
                        seq,
                        (RoomEventKind)kind,
                        rows.GetFieldValue<DateTimeOffset>(5),
                        ActorId: null,
                        rows.IsDBNull(2) ? null : rows.GetInt64(2),
                        Encoding.UTF8.GetBytes(rows.GetString(6))));
                    break;
                case "u":
                    userEvents.Add(new UserEvent(rows.GetInt64(2), seq, (UserEventKind)kind, rows.GetInt64(1), TokenHash: null));
                    break;
                default:
                    reasonsChanged = seq;
                    break;
            }
        }

        return (new Committed(roomEvents, userEvents), checked((int)reasonsChanged));
    }
}
