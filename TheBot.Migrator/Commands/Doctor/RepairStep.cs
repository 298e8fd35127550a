using System.Diagnostics.CodeAnalysis;
using Npgsql;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>The open transaction of one repair, with what every repair of a log needs.</summary>
internal sealed class RepairStep(NpgsqlConnection connection, CancellationToken cancellationToken)
{
    /// <summary>$1 ids. Locks in the order of docs/locks.md.</summary>
    private const string LockRooms = "SELECT id FROM rooms WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

    /// <summary>$1 room. Takes what is in <c>pg_temp.new_events</c>, in the order of <c>ord</c>, to the end of the room's log.</summary>
    private const string Append =
        """
        WITH room AS MATERIALIZED (SELECT id, head_seq, greatest(clock_timestamp(), updated_at) AS at FROM rooms WHERE id = $1),
        entry AS (
            INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, subject_id, data, created_at)
            SELECT room.id, room.head_seq + e.ord, e.kind, e.message_id, e.actor_id, e.subject_id, e.data, room.at FROM new_events e CROSS JOIN room
        )
        UPDATE rooms SET head_seq = room.head_seq + (SELECT count(*) FROM new_events), updated_at = room.at FROM room WHERE rooms.id = room.id
        """;

    private const string MakeEvents =
        """
        CREATE TEMP TABLE IF NOT EXISTS new_events (
            ord bigint NOT NULL, kind smallint NOT NULL, message_id bigint, actor_id bigint, subject_id bigint, data jsonb) ON COMMIT DROP
        """;

    /// <summary>$1 people, $2 rooms, $3 kinds (1 = added, 2 = removed): lines of people's own logs, all heads locked at once and in order.</summary>
    private const string TellPeople =
        """
        WITH told AS MATERIALIZED (
            SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY ord) AS nth, count(*) OVER (PARTITION BY user_id) AS total
            FROM unnest($1::bigint[], $2::bigint[], $3::smallint[]) WITH ORDINALITY AS t (user_id, room_id, kind, ord)
        ),
        head AS (
            INSERT INTO user_heads (user_id, head_seq)
            SELECT user_id, count(*) FROM told GROUP BY user_id ORDER BY user_id
            ON CONFLICT (user_id) DO UPDATE SET head_seq = user_heads.head_seq + excluded.head_seq
            RETURNING user_id, head_seq
        )
        INSERT INTO user_events (user_id, seq, kind, room_id, created_at)
        SELECT t.user_id, h.head_seq - t.total + t.nth, t.kind, t.room_id, clock_timestamp() FROM told t JOIN head h ON h.user_id = t.user_id
        """;

    /// <summary>A person as member events name them; over <c>u</c> = users.</summary>
    public const string MemberData =
        "jsonb_build_object('user', jsonb_build_object('id', u.id, 'full_name', btrim(u.first_name || ' ' || u.last_name), 'role', u.role))";

    /// <summary>A room as its events of kind 20 say it; over <c>r</c> = rooms.</summary>
    public const string RoomData =
        """
        jsonb_build_object('name', r.name, 'description', r.description, 'writable', r.writable, 'locked', r.locked, 'slow_mode_seconds', r.slow_mode_seconds)
        """;

    public Task LockAsync(params long[] roomIds) => ExecuteAsync(LockRooms, roomIds);

    /// <summary>Appends events that a query makes: columns ord (1, 2, ...), kind, message_id, actor_id, subject_id, data.</summary>
    public async Task AppendAsync(long roomId, string events, params object[] values)
    {
        await ExecuteAsync(MakeEvents).ConfigureAwait(false);
        await ExecuteAsync("DELETE FROM new_events").ConfigureAwait(false);
        await ExecuteAsync($"INSERT INTO new_events (ord, kind, message_id, actor_id, subject_id, data) {events}", values).ConfigureAwait(false);
        await ExecuteAsync(Append, roomId).ConfigureAwait(false);
    }

    /// <summary>Tells people that they gained or lost rooms: the last that a repair does.</summary>
    public Task TellAsync(IReadOnlyCollection<(long User, long Room, bool Added)> changes) => ExecuteAsync(
        TellPeople,
        changes.Select(c => c.User).ToArray(),
        changes.Select(c => c.Room).ToArray(),
        changes.Select(c => (short)(c.Added ? 1 : 2)).ToArray());

    [SuppressMessage("Security", "CA2100", Justification = "Every caller passes constants of this folder; values go into parameters.")]
    public async Task<int> ExecuteAsync(string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values) => Rows.ReadAsync(connection, sql, read, cancellationToken, values);

    /// <summary>What a query answers as one JSON document.</summary>
    public async Task<string> JsonAsync(string sql, params object[] values) => (await QueryAsync(sql, row => row.GetString(0), values).ConfigureAwait(false))[0];
}
