using System.Diagnostics.CodeAnalysis;
using Npgsql;
using TheBot.Data.Auth;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Data.Roster;

/// <summary>One transaction that changes the roster: lock the people, write, let the rooms follow, commit, announce.</summary>
internal sealed class RosterChange(NpgsqlConnection connection, CancellationToken cancellationToken)
{
    /// <summary>A list of people grows under our hands only while somebody enrolls; more often in a row means a fault.</summary>
    private const int Attempts = 20;

    private readonly Dictionary<long, (Role Role, bool IsDeleted)> _people = [];
    private Committed _committed = Committed.Nothing;

    /// <summary>Runs a change, again where Postgres gave it up; a refused change is taken back.</summary>
    /// <param name="database">Where.</param>
    /// <param name="listeners">Who is told after the commit.</param>
    /// <param name="people">Everybody concerned, by id: lock 1.</param>
    /// <param name="change">Null = somebody else concerned has turned up, nothing was written: ask <paramref name="people"/> again.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    public static async Task<RosterResult<T>> RunAsync<T>(
        NpgsqlDataSource database,
        ICommittedEvents listeners,
        Func<NpgsqlConnection, Task<long[]>> people,
        Func<RosterChange, Task<RosterResult<T>?>> change,
        CancellationToken cancellationToken)
        where T : class
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var result = await TransientFaults.RetryAsync(async () =>
            {
                await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                var concerned = await people(connection).ConfigureAwait(false);
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                var running = new RosterChange(connection, cancellationToken);
                await running.LockAsync(concerned).ConfigureAwait(false);
                if (await change(running).ConfigureAwait(false) is not { } answer) return (RosterResult<T>?)null;
                if (answer.Fault is not null || !answer.Changed) return answer;
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                listeners.Announce(running._committed);
                return answer;
            }).ConfigureAwait(false);
            if (result is { } settled) return settled;
        }

        throw new TimeoutException($"The people concerned changed {Attempts} times between reading and locking them.");
    }

    /// <summary>Whether somebody may take a place that asks for a role; null = they may.</summary>
    public RosterFault? Judge(long userId, Role role) =>
        !_people.TryGetValue(userId, out var person) || person.IsDeleted ? RosterFault.UserNotFound
        : person.Role != role ? RosterFault.WrongRole
        : null;

    public bool Holds(IEnumerable<long> userIds) => userIds.All(_people.ContainsKey);

    /// <summary>Whether <see cref="ProvisionAsync"/> changes rooms in this transaction.</summary>
    public static bool FollowsAtOnce(IReadOnlyCollection<long> studentIds) => studentIds.Count <= RoomProvisioner.StudentsAtOnce;

    /// <summary>Lets rooms and members of these students follow what was written: few at once, many soon after the commit, a few at a time.</summary>
    /// <remarks>The rooms of many at once would be held for seconds, and nobody could write there.</remarks>
    public async Task ProvisionAsync(params long[] studentIds)
    {
        if (!FollowsAtOnce(studentIds))
        {
            await ProvisionLaterAsync(studentIds).ConfigureAwait(false);
            return;
        }

        Add((await RoomProvisioner.ConvergeAsync(connection, studentIds, cancellationToken).ConfigureAwait(false)).Committed);
    }

    /// <summary>Lets rooms and members of these students follow soon after the commit (<see cref="RoomProvisioner.ConvergeWaitingAsync"/>).</summary>
    public async Task ProvisionLaterAsync(long[] studentIds) =>
        await ExecuteAsync(RoomProvisionerSql.LetWait, Values(studentIds)).ConfigureAwait(false);

    /// <summary>A deleted person leaves the groups and whatever else does not follow from an enrollment, but for the rooms of two.</summary>
    public async Task LeaveOwnRoomsAsync(long userId) =>
        Add(await RoomProvisioner.LeaveOwnRoomsAsync(connection, userId, cancellationToken).ConfigureAwait(false));

    /// <summary>What the logs and the rooms of two say of a deleted person, they say by <see cref="User.DeletedName"/>.</summary>
    /// <param name="userId">Whose account is overwritten already.</param>
    /// <param name="name">What they were called.</param>
    public async Task ForgetNameAsync(long userId, string name)
    {
        await ExecuteAsync(RoomProvisionerSql.ForgetNameInEvents, Value(userId), Value(User.DeletedName)).ConfigureAwait(false);
        await ExecuteAsync(RoomProvisionerSql.ForgetNameInRooms, Value(userId), Value(name), Value(User.DeletedName)).ConfigureAwait(false);
        await ExecuteAsync(RoomProvisionerSql.ForgetNameInDirectRooms, Value(userId)).ConfigureAwait(false);
    }

    /// <summary>Every login of a person ends with this transaction, on every replica. Goes last (locks 4 and 5).</summary>
    public async Task EndLoginsAsync(long userId) =>
        Add(new Committed([], [await LoginRevocation.EndAllAsync(connection, userId, cancellationToken).ConfigureAwait(false)]));

    public async Task<int> ExecuteAsync(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params NpgsqlParameter[] parameters) =>
        QueryAsync(connection, sql, read, cancellationToken, parameters);

    public static async Task<List<T>> QueryAsync<T>(
        NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        var found = new List<T>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false)) found.Add(read(rows));
        return found;
    }

    public static NpgsqlParameter Value(long value) => new NpgsqlParameter<long> { TypedValue = value };

    public static NpgsqlParameter Values<T>(T[] values) => new NpgsqlParameter<T[]> { TypedValue = values };

    public static NpgsqlParameter Value(bool value) => new NpgsqlParameter<bool> { TypedValue = value };

    public static NpgsqlParameter Value(string? value) =>
        new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    private void Add(Committed part) => _committed = new Committed([.. _committed.RoomEvents, .. part.RoomEvents], [.. _committed.UserEvents, .. part.UserEvents]);

    private async Task LockAsync(long[] people)
    {
        var locked = await QueryAsync(
            "SELECT id, role, deleted_at IS NOT NULL FROM users WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
            row => (Id: row.GetInt64(0), Role: Enum.Parse<Role>(row.GetString(1), ignoreCase: true), IsDeleted: row.GetBoolean(2)),
            Values(people)).ConfigureAwait(false);
        foreach (var person in locked) _people.Add(person.Id, (person.Role, person.IsDeleted));
    }

    [SuppressMessage("Security", "CA2100", Justification = "Every caller in this folder passes a constant; what people say goes into parameters.")]
    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return command;
    }
}
