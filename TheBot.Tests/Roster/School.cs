using Npgsql;
using TheBot.Data.Log;
using TheBot.Data.Roster;
using TheBot.Data.Schema;

namespace TheBot.Tests.Roster;

/// <summary>A small school in a database of its own, in the words of its tests.</summary>
internal sealed class School : ICommittedEvents, IAsyncDisposable
{
    private int _people;

    private School(string connectionString)
    {
        Database = NpgsqlDataSource.Create(connectionString);
        Roster = new SchoolRoster(Database, this);
        Provisioner = new RoomProvisioner(Database, this);
    }

    public NpgsqlDataSource Database { get; }
    public SchoolRoster Roster { get; }
    public RoomProvisioner Provisioner { get; }
    public List<Committed> Announced { get; } = [];

    public static async Task<School> OpenAsync(ScratchPostgres postgres)
    {
        var school = new School(await postgres.NewDatabaseAsync());
        await school.Provisioner.ConvergeEverythingAsync(dryRun: false, Deadline.Token());
        return school;
    }

    /// <summary>The school that a database has already.</summary>
    public static School In(string connectionString) => new(connectionString);

    public void Announce(Committed committed)
    {
        lock (Announced) Announced.Add(committed);
    }

    public async Task<long> PersonAsync(Role role, string first = "Имя", string last = "Фамилия")
    {
        var user = new NewUser($"{role}{Interlocked.Increment(ref _people)}", role) { FirstName = first, LastName = last };
        return Expect(await Roster.CreateUserAsync(user, Deadline.Token())).Id;
    }

    public async Task<long> SubjectAsync(string name = "Физика") => Expect(await Roster.CreateSubjectAsync(name, null, Deadline.Token())).Id;

    public async Task<RosterEnrollment> EnrollAsync(long student, long subject, long teacher, string? customName = null) =>
        Expect(await Roster.EnrollAsync(student, subject, teacher, customName, Deadline.Token()));

    public async Task TutorAsync(long student, long tutor) => Expect(await Roster.AssignTutorAsync(student, tutor, Deadline.Token()));

    public async Task GuardianAsync(long student, long guardian) => Expect(await Roster.AddGuardianAsync(student, guardian, Deadline.Token()));

    public async Task RenameAsync(long user, string first, string last = "") =>
        Expect(await Roster.ChangeUserAsync(user, new UserChange { FirstName = first, LastName = last }, null, Deadline.Token()));

    public async Task<ProvisionReport> DriftAsync() => await Provisioner.ConvergeEverythingAsync(dryRun: true, Deadline.Token());

    /// <summary>Who may see a room.</summary>
    public Task<List<long>> ReadersAsync(long roomId) => QueryAsync("SELECT user_id FROM room_readers WHERE room_id = $1 ORDER BY user_id", r => r.GetInt64(0), roomId);

    public async Task<T> ScalarAsync<T>(string sql, params object[] values) => (await QueryAsync(sql, row => row.GetFieldValue<T>(0), values))[0];

    public async Task ExecuteAsync(string sql, params object[] values) => await QueryAsync(sql, _ => 0, values);

    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values)
    {
#pragma warning disable CA2100 // constants of the tests
        await using var command = Database.CreateCommand(sql);
#pragma warning restore CA2100
        foreach (var value in values) command.Parameters.AddWithValue(value);
        var found = new List<T>();
        await using var row = await command.ExecuteReaderAsync(Deadline.Token());
        while (await row.ReadAsync(Deadline.Token())) found.Add(read(row));
        return found;
    }

    /// <summary>Every log is as long as its head says, without gaps, and a replay of the members' events gives the members.</summary>
    public async Task LogsAgreeAsync()
    {
        Assert.Equal(0L, await ScalarAsync<long>(
            """
            SELECT count(*) FROM rooms r
            LEFT JOIN LATERAL (SELECT count(*) AS lines, coalesce(max(seq), 0) AS last FROM room_events e WHERE e.room_id = r.id) AS log ON true
            WHERE r.head_seq <> log.lines OR r.head_seq <> log.last
            """));
        Assert.Equal(0L, await ScalarAsync<long>(
            """
            SELECT count(*) FROM user_heads h
            LEFT JOIN LATERAL (SELECT count(*) AS lines, coalesce(max(seq), 0) AS last FROM user_events e WHERE e.user_id = h.user_id) AS log ON true
            WHERE h.head_seq <> log.lines OR h.head_seq <> log.last
            """));
        Assert.Equal(0L, await ScalarAsync<long>(
            """
            SELECT count(*) FROM room_members m
            LEFT JOIN LATERAL (
                SELECT kind FROM room_events e WHERE e.room_id = m.room_id AND e.subject_id = m.user_id AND e.kind IN (10, 11) ORDER BY seq DESC LIMIT 1) AS last ON true
            WHERE (cardinality(m.reasons) > 0) IS DISTINCT FROM coalesce(last.kind = 10, false) -- a read position in the general room is no membership
            """));
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    public static T Expect<T>(RosterResult<T> result) where T : class =>
        result.Value ?? throw new InvalidOperationException($"refused: {result.Fault} ({result.Field})");
}
