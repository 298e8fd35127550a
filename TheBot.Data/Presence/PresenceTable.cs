using Npgsql;

namespace TheBot.Data.Presence;

/// <summary>Who is in which room, through all replicas: rows that count as long as their replica's lease lasts.</summary>
/// <remarks>All times are the database's, so that no two clocks are compared. A replica writes its own rows only, and deletes those of replicas whose lease has ended.</remarks>
public sealed class PresenceTable(NpgsqlDataSource database)
{
    /// <summary>Extends a replica's lease, or begins one, and does away with those that have ended.</summary>
    /// <param name="replica">Who renews.</param>
    /// <param name="lease">From now on.</param>
    /// <param name="cancellationToken">Ends it; the lease may be renewed or not.</param>
    public async Task<Renewal> RenewAsync(Guid replica, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        Add(batch, "SELECT lease_until > now() FROM replicas WHERE id = $1", Id(replica));
        Add(
            batch,
            """
            INSERT INTO replicas (id, lease_until) VALUES ($1, now() + $2)
            ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until
            """,
            Id(replica),
            new NpgsqlParameter<TimeSpan> { TypedValue = lease });
        // skipped where another replica is at it: two that delete several in different orders would wait for each other
        Add(batch, "DELETE FROM replicas WHERE id IN (SELECT id FROM replicas WHERE lease_until <= now() FOR UPDATE SKIP LOCKED)");
        Add(batch, "SELECT min(lease_until) - now() FROM replicas WHERE id <> $1 AND lease_until > now()", Id(replica));

        await using var rows = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        bool? held = await rows.ReadAsync(cancellationToken).ConfigureAwait(false) ? rows.GetBoolean(0) : null;
        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new Renewal(held, rows.IsDBNull(0) ? null : rows.GetFieldValue<TimeSpan>(0));
    }

    /// <summary>Writes and deletes rows of one replica; what is there already, or gone already, stays so.</summary>
    /// <exception cref="PostgresException">23503: the replica has no lease any more, because somebody found that it had ended.</exception>
    public async Task WriteAsync(
        Guid replica, IReadOnlyList<(long RoomId, long UserId)> present, IReadOnlyList<(long RoomId, long UserId)> absent, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        Add(
            batch,
            """
            DELETE FROM presence p
            USING unnest($2, $3) AS gone (room_id, user_id)
            WHERE p.replica_id = $1 AND p.room_id = gone.room_id AND p.user_id = gone.user_id
            """,
            Id(replica),
            Ids(absent.Select(a => a.RoomId)),
            Ids(absent.Select(a => a.UserId)));
        Add(
            batch,
            """
            INSERT INTO presence (room_id, user_id, replica_id)
            SELECT come.room_id, come.user_id, $1 FROM unnest($2, $3) AS come (room_id, user_id)
            ON CONFLICT DO NOTHING
            """,
            Id(replica),
            Ids(present.Select(p => p.RoomId)),
            Ids(present.Select(p => p.UserId)));
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Everybody in these rooms, once each, whichever replica they are on.</summary>
    public async Task<List<PresentPerson>> ReadAsync(long[] roomIds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT here.room_id, u.id, u.username, u.first_name, u.last_name, u.role
            FROM (
                SELECT DISTINCT p.room_id, p.user_id
                FROM presence p
                JOIN replicas r ON r.id = p.replica_id AND r.lease_until > now()
                WHERE p.room_id = ANY ($1)
            ) AS here
            JOIN users u ON u.id = here.user_id
            """);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = roomIds });
        var people = new List<PresentPerson>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            people.Add(new PresentPerson(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5)));
        }

        return people;
    }

    /// <summary>A replica takes leave: nobody is present through it any more.</summary>
    public async Task EndAsync(Guid replica, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("DELETE FROM replicas WHERE id = $1");
        command.Parameters.Add(Id(replica));
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
#pragma warning disable CA2100 // the constants above
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<Guid> Id(Guid replica) => new() { TypedValue = replica };

    private static NpgsqlParameter<long[]> Ids(IEnumerable<long> ids) => new() { TypedValue = [.. ids] };
}

/// <summary>What a replica learns when it renews its lease.</summary>
/// <param name="Held">Whether its lease had lasted until now; null = it had none, and so no row of its own.</param>
/// <param name="NextEnd">When the first lease of the others ends unless it is renewed; null = there are no others.</param>
public readonly record struct Renewal(bool? Held, TimeSpan? NextEnd);

/// <summary>Somebody in a room.</summary>
public sealed record PresentPerson(long RoomId, long UserId, string Username, string FirstName, string LastName, string Role);
