using System.Globalization;
using Npgsql;

namespace TheBot.Tests.Import;

/// <summary>A database of the replaced system, written row by row in the words of the tests of the import. Times rise by a second a row, unless given.</summary>
internal sealed class LegacySchool : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2025, 9, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly NpgsqlDataSource _database;
    private int _seconds;
    private int _people;

    private LegacySchool(string connectionString) => (_database, ConnectionString) = (NpgsqlDataSource.Create(connectionString), connectionString);

    public string ConnectionString { get; }

    public static async Task<LegacySchool> OpenAsync(ScratchPostgres postgres)
    {
        var school = new LegacySchool(await postgres.NewDatabaseAsync(migrated: false));
        await school.ExecuteAsync(LegacySchema.Sql);
        return school;
    }

    /// <summary>The next moment.</summary>
    public DateTimeOffset Now() => Start.AddSeconds(++_seconds).AddMicroseconds(123456);

    public Task<long> StudentAsync(string first, string last, long? parent = null, long? tutor = null, long? createdByTutor = null) =>
        PersonAsync("student", first, last, parent, tutor, createdByTutor);

    /// <summary>Somebody with an account; a student with a profile.</summary>
    public async Task<long> PersonAsync(string role, string first, string last, long? parent = null, long? tutor = null, long? createdByTutor = null)
    {
        var n = ++_people;
        var id = await InsertAsync(
            """
            INSERT INTO accounts_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined, role, phone, is_verified,
                created_at, updated_at, created_by_tutor_id)
            VALUES ('!unusable', false, $1, $2, $3, $4, false, true, $5, $6, '', true, $5, $5, $7) RETURNING id
            """,
            $"{role}{n}", first, last, $"{role}{n}@school.example", Now(), role, createdByTutor);
        if (role == "student") await ProfileAsync(id, parent, tutor);
        return id;
    }

    public Task ProfileAsync(long student, long? parent, long? tutor) => ExecuteAsync(
        """
        INSERT INTO accounts_studentprofile (goal, progress_percentage, streak_days, total_points, accuracy_percentage, parent_id, tutor_id, user_id,
            generated_username, telegram, telegram_id)
        VALUES ('', 0, 0, 0, 0, $2, $3, $1, '', '', '')
        """,
        student, parent, tutor);

    public Task<long> SubjectAsync(string name) => InsertAsync("INSERT INTO materials_subject (name, description, color) VALUES ($1, '', '#fff') RETURNING id", name);

    public Task<long> EnrollmentAsync(long student, long subject, long teacher, bool active = true, string? customName = null) => InsertAsync(
        """
        INSERT INTO materials_subjectenrollment (enrolled_at, is_active, student_id, subject_id, teacher_id, custom_subject_name)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
        """,
        Now(), active, student, subject, teacher, customName);

    public Task<long> RoomAsync(string type, string name, long createdBy, long? enrollment = null, bool active = true) => InsertAsync(
        """
        INSERT INTO chat_chatroom (name, description, type, is_active, created_at, updated_at, created_by_id, auto_delete_days, enrollment_id)
        VALUES ($1, '', $2, $3, $4, $4, $5, 7, $6) RETURNING id
        """,
        name, type, active, Now(), createdBy, enrollment);

    /// <summary>A row in the many-to-many table, as the first signal leaves it.</summary>
    public Task SitAsync(long room, params long[] people) => ExecuteAsync("INSERT INTO chat_chatroom_participants (chatroom_id, user_id) SELECT $1, unnest($2)", room, people);

    /// <summary>A row in the second table.</summary>
    public Task TakePartAsync(long room, long person, DateTimeOffset? lastReadAt = null, bool muted = false, bool admin = false) => ExecuteAsync(
        "INSERT INTO chat_chatparticipant (joined_at, last_read_at, is_muted, is_admin, user_id, room_id) VALUES ($1, $2, $3, $4, $5, $6)",
        Now(), lastReadAt, muted, admin, person, room);

    public Task<long> SayAsync(long room, long sender, string content, DateTimeOffset? at = null, long? replyTo = null, long? thread = null) => InsertAsync(
        """
        INSERT INTO chat_message (content, message_type, is_edited, created_at, updated_at, reply_to_id, room_id, sender_id, thread_id, is_deleted)
        VALUES ($1, 'text', false, $2, $2, $3, $4, $5, $6, false) RETURNING id
        """,
        content, at ?? Now(), replyTo, room, sender, thread);

    public Task<long> ThreadAsync(long room, long maker, string title, bool pinned) => InsertAsync(
        """
        INSERT INTO chat_messagethread (title, is_pinned, is_locked, created_at, updated_at, created_by_id, room_id)
        VALUES ($1, $2, false, $3, $3, $4, $5) RETURNING id
        """,
        title, pinned, Now(), maker, room);

    public Task TokenAsync(long person, string key) => ExecuteAsync("INSERT INTO authtoken_token (key, created, user_id) VALUES ($1, $2, $3)", key, Now(), person);

    /// <summary>Writes around the foreign keys, as a restored dump or a hand with good intentions does.</summary>
    public Task ForceAsync(string sql) => ExecuteAsync($"SET session_replication_role = replica; {sql}; RESET session_replication_role");

    public Task ExecuteAsync(string sql, params object?[] values) => QueryAsync(sql, _ => 0, values);

    /// <summary>Statements without values that may take their time, such as those that make millions of rows.</summary>
    public async Task ExecuteLongAsync(string sql, TimeSpan patience)
    {
#pragma warning disable CA2100 // constants of the tests
        await using var command = _database.CreateCommand(sql);
#pragma warning restore CA2100
        command.CommandTimeout = (int)patience.TotalSeconds;
        await command.ExecuteNonQueryAsync(Deadline.Token(patience));
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object?[] values)
    {
#pragma warning disable CA2100 // constants of the tests
        await using var command = _database.CreateCommand(sql);
#pragma warning restore CA2100
        foreach (var value in values) command.Parameters.Add(value is null ? new NpgsqlParameter { Value = DBNull.Value } : new NpgsqlParameter { Value = value });
        var found = new List<T>();
        await using var row = await command.ExecuteReaderAsync(Deadline.Token());
        while (await row.ReadAsync(Deadline.Token())) found.Add(read(row));
        return found;
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private async Task<long> InsertAsync(string sql, params object?[] values) => (await QueryAsync(sql, row => row.GetInt64(0), values))[0];
}
