using System.Globalization;
using System.Text;
using Npgsql;
using TheBot.Data.Log;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.Data.Rooms;

/// <summary>Rooms that people open themselves, and who is in them: direct rooms by pair, groups by their makers. Forum rooms follow the roster alone.</summary>
/// <remarks>Each call is one transaction; what it adds to the logs is announced after the commit. Asked again, it finds things as wanted. Locks: docs/locks.md.</remarks>
public sealed class RoomMembership(NpgsqlDataSource database, ICommittedEvents listeners)
{
    /// <summary>The one room of two people; made where there is none yet, whoever of them asks first.</summary>
    /// <param name="userId">Who asks.</param>
    /// <param name="otherId">The other.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    public Task<MembershipResult> OpenDirectAsync(long userId, long otherId, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{Math.Min(userId, otherId)}:{Math.Max(userId, otherId)}");
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    Command(RoomMembershipSql.CreateDirect, Text(key), Id(userId), Id(otherId)),
                    Command(RoomMembershipSql.LockDirect, Text(key)),
                    Command(RoomMembershipSql.JoinDirect, Text(key), Id(userId), Id(otherId)),
                },
            };
            await using var rows = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
            return await ReadAsync(rows, userId, cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>A new group of its maker and the given people. A client id finds the group that it made; without one each call makes another.</summary>
    /// <param name="makerId">A teacher, tutor or administrator; manages it from now on.</param>
    /// <param name="name">1 to 200 characters.</param>
    /// <param name="description">May be empty.</param>
    /// <param name="clientId">The maker's own name for this call, or null.</param>
    /// <param name="members">People whom the maker may write to.</param>
    /// <param name="maxMembers">People at most, the maker too.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    public Task<MembershipResult> CreateGroupAsync(
        long makerId, string name, string description, string? clientId, IReadOnlyCollection<long> members, int maxMembers, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await using var create = new NpgsqlCommand(RoomMembershipSql.CreateGroup, connection);
            create.Parameters.Add(Text(name));
            create.Parameters.Add(Text(description));
            create.Parameters.Add(Id(makerId));
            create.Parameters.Add(RosterChange.Value(clientId));
            if (await create.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not long room)
                return await FindGroupAsync(connection, makerId, name, description, clientId, cancellationToken).ConfigureAwait(false);

            await using var fill = new NpgsqlBatch(connection)
            {
                BatchCommands = { Command(RoomMembershipSql.FillGroup, Id(room), Id(makerId), Ids([makerId, .. members]), new NpgsqlParameter<int> { TypedValue = maxMembers }) },
            };
            await using var rows = await fill.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            return await ReadAsync(rows, makerId, cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Somebody comes into a group; they see what is said from now on.</summary>
    public Task<MembershipResult> AddAsync(long roomId, long actorId, long userId, int maxMembers, CancellationToken cancellationToken) =>
        ChangeAsync(roomId, actorId, cancellationToken, RoomMembershipSql.Add, Id(roomId), Id(actorId), Ids([userId]), new NpgsqlParameter<int> { TypedValue = maxMembers });

    /// <summary>Somebody leaves a group, or is put out of it by who manages it.</summary>
    public Task<MembershipResult> RemoveAsync(long roomId, long actorId, long userId, CancellationToken cancellationToken) =>
        ChangeAsync(roomId, actorId, cancellationToken, RoomMembershipSql.Remove, Id(roomId), Id(actorId), Ids([userId]));

    /// <summary>Why no group was made: the client id has one already, or the maker may make none.</summary>
    private static async Task<MembershipResult> FindGroupAsync(
        NpgsqlConnection connection, long makerId, string name, string description, string? clientId, CancellationToken cancellationToken)
    {
        var made = await RosterChange.QueryAsync(
            connection,
            "SELECT id, name, description FROM rooms WHERE created_by = $1 AND client_id = $2",
            row => (Id: row.GetInt64(0), Said: (row.GetString(1), row.GetString(2))),
            cancellationToken,
            RosterChange.Value(makerId),
            RosterChange.Value(clientId)).ConfigureAwait(false);
        return made is not [var group] ? Refused(MembershipVerdict.NotStaff)
            : group.Said == (name, description) ? new MembershipResult(MembershipVerdict.Done, group.Id, Committed.Nothing)
            : Refused(MembershipVerdict.Conflict);
    }

    private Task<MembershipResult> ChangeAsync(long roomId, long actorId, CancellationToken cancellationToken, string sql, params NpgsqlParameter[] values) => RunAsync(
        async connection =>
        {
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands = { Command(RoomMembershipSql.Lock, Id(roomId)), Command(sql, [.. values.Select(value => (NpgsqlParameter)((ICloneable)value).Clone())]) },
            };
            await using var rows = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
            return await ReadAsync(rows, actorId, cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    private Task<MembershipResult> RunAsync(Func<NpgsqlConnection, Task<MembershipResult>> change, CancellationToken cancellationToken) =>
        TransientFaults.RetryAsync(async () =>
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            var result = await change(connection).ConfigureAwait(false);
            if (result.Verdict != MembershipVerdict.Done) return result;
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            if (result.Changed) listeners.Announce(result.Committed);
            return result;
        });

    private static async Task<MembershipResult> ReadAsync(NpgsqlDataReader rows, long actorId, CancellationToken cancellationToken)
    {
        var (roomId, verdict) = (0L, MembershipVerdict.NoAccess);
        var roomEvents = new List<RoomEvent>();
        var userEvents = new List<UserEvent>();
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            switch (rows.GetInt32(0))
            {
                case 0:
                    roomId = rows.IsDBNull(1) ? 0 : rows.GetInt64(1);
                    verdict = VerdictOf(rows.GetString(6));
                    break;
                case 1:
                    roomEvents.Add(new RoomEvent(
                        rows.GetInt64(1),
                        rows.GetInt64(3),
                        (RoomEventKind)rows.GetInt16(4),
                        rows.GetFieldValue<DateTimeOffset>(5),
                        actorId,
                        rows.GetInt64(2),
                        Encoding.UTF8.GetBytes(rows.GetString(6))));
                    break;
                default:
                    userEvents.Add(new UserEvent(rows.GetInt64(2), rows.GetInt64(3), (UserEventKind)rows.GetInt16(4), rows.GetInt64(1), TokenHash: null));
                    break;
            }
        }

        return new MembershipResult(verdict, roomId, new Committed(roomEvents, userEvents));
    }

    private static MembershipVerdict VerdictOf(string name) => name switch
    {
        "ok" => MembershipVerdict.Done,
        "no_access" => MembershipVerdict.NoAccess,
        "not_moderator" => MembershipVerdict.NotManager,
        "no_such_user" => MembershipVerdict.NoSuchUser,
        "not_a_contact" => MembershipVerdict.NotAContact,
        "protected" => MembershipVerdict.Protected,
        "full" => MembershipVerdict.Full,
        _ => throw new InvalidOperationException($"unknown verdict {name}"),
    };

    private static MembershipResult Refused(MembershipVerdict verdict) => new(verdict, 0, Committed.Nothing);

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(value);
        return command;
    }

    private static NpgsqlParameter<long> Id(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<long[]> Ids(long[] values) => new() { TypedValue = values };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };
}

/// <summary>What became of a change of members.</summary>
public enum MembershipVerdict
{
    /// <summary>It is so now, or was so before.</summary>
    Done,

    /// <summary>No such room, or none that the asking person may see.</summary>
    NoAccess,

    /// <summary>Its members follow the roster, or the asking person does not manage it.</summary>
    NotManager,

    /// <summary>Only teachers, tutors and administrators make groups.</summary>
    NotStaff,

    /// <summary>No such person, or their account is not active.</summary>
    NoSuchUser,

    /// <summary>The asking person may not write to them.</summary>
    NotAContact,

    /// <summary>Who made the group is not put out of it.</summary>
    Protected,

    /// <summary>The client id made a group of another name or description.</summary>
    Conflict,

    /// <summary>More people than a group may have.</summary>
    Full,
}

/// <param name="Verdict">What became of it.</param>
/// <param name="RoomId">Which room; 0 where there is none.</param>
/// <param name="Committed">What it added to the logs.</param>
public sealed record MembershipResult(MembershipVerdict Verdict, long RoomId, Committed Committed)
{
    /// <summary>Whether this call changed something.</summary>
    public bool Changed => Committed.RoomEvents.Count > 0;
}
