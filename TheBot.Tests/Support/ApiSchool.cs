using Npgsql;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Support;

/// <summary>A school in a database of its own with an API process before it, in the words of tests of doors and limits.</summary>
internal sealed class ApiSchool : IAsyncDisposable
{
    /// <summary>What Django would have stored long ago for <see cref="Password"/>: one round, so that many logins are cheap.</summary>
    public const string StoredPassword = "pbkdf2_sha256$1$salt$ON9CizCTCOSMNofn+QvaDpzyU1aMIex1Sg4HarSrZCM=";

    public const string Password = "secret";

    private int _people;

    private ApiSchool(School school, string connectionString, ScratchRedis redis) => (School, ConnectionString, Redis) = (school, connectionString, redis);

    public School School { get; }
    public string ConnectionString { get; }
    public ScratchRedis Redis { get; }
    public ApiProcess Api { get; private set; } = null!;
    public NpgsqlDataSource Database => School.Database;

    public static async Task<ApiSchool> OpenAsync(ScratchPostgres postgres, params (string Name, string Value)[] settings)
    {
        var school = await School.OpenAsync(postgres);
        var it = new ApiSchool(school, school.Database.ConnectionString, await ScratchRedis.StartAsync());
        it.Api = await ApiProcess.StartAsync(it.ConnectionString, it.Redis, settings);
        return it;
    }

    /// <summary>One more process on the same database and Redis.</summary>
    public Task<ApiProcess> AnotherAsync(params (string Name, string Value)[] settings) => ApiProcess.StartAsync(ConnectionString, Redis, settings);

    /// <summary>Somebody with an account and a token.</summary>
    public async Task<Person> PersonAsync(Role role = Role.Student, bool isAdministrator = false)
    {
        var id = await School.PersonAsync(role, "Имя", $"{Interlocked.Increment(ref _people)}");
        var token = await Database.LogInAsync(id);
        await School.ExecuteAsync("UPDATE users SET is_administrator = $2, password_hash = $3 WHERE id = $1", id, isAdministrator, StoredPassword);
        return new Person(id, await School.ScalarAsync<string>("SELECT username FROM users WHERE id = $1", id), token);
    }

    /// <summary>A room with a student and a teacher in it.</summary>
    public async Task<(long Room, Person Student, Person Teacher)> ClassAsync()
    {
        var (student, teacher) = (await PersonAsync(), await PersonAsync(Role.Teacher));
        var enrollment = await School.EnrollAsync(student.Id, await School.SubjectAsync(), teacher.Id);
        return (enrollment.Rooms.Single(room => room.Kind == RoomKind.ForumSubject).Id, student, teacher);
    }

    /// <summary>Opens a room in the seed's dialect, at an address that leads to a process, as a rule the first.</summary>
    public async Task<SeedSocket> SeedAsync(Person person, long room, Uri? at = null)
    {
        var socket = await SeedSocket.ConnectAsync(at ?? Api.Address, $"/ws/chat/{room}/?token={person.Token}");
        await socket.NextAsync("room_history");
        return socket;
    }

    /// <summary>Opens v1, with the token in a header or in the first frame.</summary>
    public async Task<SeedSocket> V1Async(Person person, bool byFrame = false, Uri? at = null) =>
        await TryV1Async(person, byFrame, at) ?? throw new InvalidOperationException("refused");

    /// <summary>Opens v1 and follows a room, from its head or from a seq.</summary>
    public async Task<SeedSocket> FollowAsync(Person person, long room, Uri? at = null, long? since = null)
    {
        var socket = await V1Async(person, at: at);
        await socket.SendAsync(new { type = V1Type.Subscribe, room, data = new { since } });
        await socket.NextAsync(V1Type.Subscribed);
        return socket;
    }

    /// <summary>As <see cref="V1Async"/>; null = closed instead of greeted.</summary>
    public async Task<SeedSocket?> TryV1Async(Person person, bool byFrame = false, Uri? at = null)
    {
        var socket = await SeedSocket.ConnectAsync(at ?? Api.Address, V1Protocol.Path, byFrame ? null : $"Token {person.Token}", V1Protocol.Subprotocol);
        if (byFrame) await socket.SendAsync(new { type = V1Type.Auth, data = new { token = person.Token } });
        if (await socket.FirstAsync() is { } first)
        {
            Assert.Equal(V1Type.Ready, (string)first["type"]!);
            return socket;
        }

        await socket.DisposeAsync();
        return null;
    }

    /// <summary>Null where a v1 socket of this person is let in (and left again), otherwise the close code.</summary>
    public async Task<int?> OpensAsync(Person person)
    {
        await using var socket = await SeedSocket.ConnectAsync(Api.Address, V1Protocol.Path, $"Token {person.Token}", V1Protocol.Subprotocol);
        return await socket.FirstAsync() is null ? await socket.CloseCodeAsync() : null;
    }

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await Redis.DisposeAsync();
        await School.DisposeAsync();
    }
}
