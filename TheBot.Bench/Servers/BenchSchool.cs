using Npgsql;
using TheBot.Bench.Load;

namespace TheBot.Bench.Servers;

/// <summary>Rooms with members, each member in one room, whose tokens can be told from their ids (<see cref="Seat.TokenOf"/>).</summary>
/// <param name="Rooms">Rooms, with ids from <see cref="FirstRoom"/> on.</param>
/// <param name="Members">Members of each; member i of room r (both from 0) is user <see cref="FirstUser"/> + r * Members + i.</param>
/// <param name="History">Messages in each room's log.</param>
internal sealed record BenchSchool(int Rooms, int Members, int History = 0)
{
    public const long FirstRoom = 1001;

    /// <summary>All ids have the same number of digits.</summary>
    public const long FirstUser = 1_000_001;

    /// <summary>$1 first user, $2 users.</summary>
    private const string Users =
        """
        INSERT INTO users (id, username, first_name, last_name, role, is_administrator, is_active, is_demo) OVERRIDING SYSTEM VALUE
        SELECT u, 'bench.' || u, 'Участник', u::text, (ARRAY['student', 'teacher', 'tutor', 'parent'])[u % 4 + 1], false, true, false
        FROM generate_series($1, $1 + $2 - 1) AS u
        """;

    /// <summary>$1 first user, $2 users.</summary>
    private const string TokensOfUsers =
        """
        INSERT INTO tokens (hash, user_id, device)
        SELECT sha256(convert_to(lpad(u::text, 40, '0'), 'UTF8')), u, 'bench'
        FROM generate_series($1, $1 + $2 - 1) AS u
        """;

    /// <summary>$1 first room, $2 rooms, $3 first user, $4 members of a room, $5 lines of its log.</summary>
    private const string RoomsOfUsers =
        """
        INSERT INTO rooms (id, kind, name, created_by, head_seq, locked, slow_mode_seconds) OVERRIDING SYSTEM VALUE
        SELECT $1 + r, 'group', 'Кабинет ' || r, $3 + r * $4, $5, false, 0
        FROM generate_series(0, $2 - 1) AS r
        """;

    /// <summary>$1 first room, $2 rooms, $3 first user, $4 members of a room.</summary>
    private const string MembersOfRooms =
        """
        INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq)
        SELECT $1 + r, $3 + r * $4 + m, ARRAY['added:' || ($3 + r * $4)], 0, 0
        FROM generate_series(0, $2 - 1) AS r, generate_series(0, $4 - 1) AS m
        """;

    /// <summary>$1 first room, $2 rooms, $3 first user, $4 members of a room, $5 lines of its log.</summary>
    private const string Messages =
        """
        WITH message AS (
            INSERT INTO messages (room_id, seq, sender_id, client_id, body_hash, content, type, created_at, updated_at)
            SELECT $1 + r, s, $3 + r * $4 + s % $4, 'history.' || s, 0, 'Сообщение номер ' || s || '. Домашнее задание лежит в общей папке.', 'text', now(), now()
            FROM generate_series(0, $2 - 1) AS r, generate_series(1, $5) AS s
            RETURNING room_id, seq, id, sender_id, created_at)
        INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, created_at)
        SELECT room_id, seq, 1, id, sender_id, created_at FROM message
        """;

    /// <summary>Fills a database that has the schema and nobody of ours.</summary>
    public async Task FillAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await ExecuteAsync(connection, Users, FirstUser, Rooms * Members);
        await ExecuteAsync(connection, TokensOfUsers, FirstUser, Rooms * Members);
        await ExecuteAsync(connection, RoomsOfUsers, FirstRoom, Rooms, FirstUser, Members, History);
        await ExecuteAsync(connection, MembersOfRooms, FirstRoom, Rooms, FirstUser, Members);
        await ExecuteAsync(connection, Messages, FirstRoom, Rooms, FirstUser, Members, History);
        // not what is empty: a table that was counted as empty is planned for as such until it is counted again, and no real one is counted before it has rows
        await ExecuteAsync(connection, "VACUUM ANALYZE users, tokens, rooms, room_members");
        if (History > 0) await ExecuteAsync(connection, "VACUUM ANALYZE messages, room_events");
        await ExecuteAsync(connection, "CHECKPOINT");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params long[] values)
    {
#pragma warning disable CA2100 // the constants above
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
#pragma warning restore CA2100
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = value });
        await command.ExecuteNonQueryAsync();
    }
}
