using System.Globalization;
using TheBot.Data.Schema;

namespace TheBot.Tests.BadInput;

/// <summary>A school with something of everything, and people who log in anew for each call, whatever the last one did to them.</summary>
internal sealed class HostileSchool : IAsyncDisposable
{
    private readonly List<Person> _callers = [];
    private readonly List<long> _people = [];
    private readonly List<long> _rooms = [];
    private readonly List<long> _messages = [];
    private readonly List<long> _other = [];
    private string _stateCommand = "";

    private HostileSchool(ApiSchool school) => School = school;

    public ApiSchool School { get; }

    public static async Task<HostileSchool> OpenAsync(ScratchPostgres postgres)
    {
        var it = new HostileSchool(await ApiSchool.OpenAsync(postgres, ("Chat__Limits__MessagesPerSecond", "0"), ("Chat__Limits__FailedLoginsPerMinute", "0"), ("Chat__Limits__StrangersPerMinute", "0")));
        await it.FurnishAsync();
        return it;
    }

    /// <summary>A token of somebody; null = of nobody.</summary>
    public async Task<string?> CallerAsync(Hostile hostile)
    {
        if (hostile.Chance(5)) return null;
        return await LogInAsync(hostile.Chance(60) ? _callers[0] : hostile.One(_callers));
    }

    /// <summary>A token of somebody who may do everything.</summary>
    public Task<string> AdministratorAsync() => LogInAsync(_callers[0]);

    public Task<Dictionary<string, string>> StateAsync() => SchoolState.ReadAsync(School.Database, _stateCommand);

    /// <summary>A value that an address may well have there.</summary>
    public string Good(Hostile hostile, string name) => name switch
    {
        "emoji" => "%F0%9F%91%8D",
        "path" => "chat/picture.png",
        _ => Id(hostile, name),
    };

    /// <summary>A JSON value that a body may well have there.</summary>
    public string Good(Hostile hostile, string name, string type) => (name, type) switch
    {
        (_, "array") => $"[{Id(hostile, "user_id")}]",
        (_, "integer") => name is "seconds" or "seq" ? "1" : Id(hostile, name),
        (_, "boolean") => hostile.Chance(50) ? "true" : "false",
        ("role", _) => hostile.One(["\"student\"", "\"teacher\"", "\"tutor\"", "\"parent\""]),
        ("until", _) => "\"2099-01-01T00:00:00Z\"",
        ("username" or "client_id" or "external_id", _) => $"\"n{hostile.Number(1_000_000)}\"",
        ("password_hash", _) => $"\"pbkdf2_sha256$1${new string('s', 80)}${Convert.ToBase64String(new byte[32])}\"",
        (_, "string") => hostile.Chance(50) ? "\"Физика\"" : "\"text\"",
        _ => "{}",
    };

    /// <summary>Rooms follow a load in their own time; until they do, what changes is not the next call's doing.</summary>
    public Task SettledAsync() =>
        Deadline.UntilAsync(() => School.School.Provisioner.CountWaitingAsync(Deadline.Token()), waiting => waiting.Total == 0, "the rooms follow the roster");

    public async ValueTask DisposeAsync() => await School.DisposeAsync();

    private async Task<string> LogInAsync(Person caller)
    {
        await School.School.ExecuteAsync("UPDATE users SET is_active = true, deleted_at = NULL WHERE id = $1 AND NOT (is_active AND deleted_at IS NULL)", caller.Id);
        await School.School.ExecuteAsync("UPDATE users SET is_administrator = true WHERE id = $1 AND NOT is_administrator", _callers[0].Id);
        return await School.Database.LogInAsync(caller.Id);
    }

    private string Id(Hostile hostile, string name)
    {
        var ids = name.ToUpperInvariant() switch
        {
            "ROOMID" or "ROOM" or "ROOM_ID" => _rooms,
            "MESSAGEID" or "REPLY_TO" => _messages,
            "ID" or "SUBJECT_ID" => _other,
            _ => _people,
        };
        return hostile.One(ids).ToString(CultureInfo.InvariantCulture);
    }

    private async Task FurnishAsync()
    {
        _callers.Add(await School.PersonAsync(Role.Tutor, isAdministrator: true));
        foreach (var role in Enum.GetValues<Role>()) _callers.Add(await School.PersonAsync(role));
        foreach (var role in Enum.GetValues<Role>()) _people.Add((await School.PersonAsync(role)).Id);
        _people.AddRange(_callers.Skip(1).Select(caller => caller.Id));
        var (student, teacher, tutor, parent) = (_callers[1].Id, _callers[2].Id, _callers[3].Id, _callers[4].Id);
        var roster = School.School;
        var subject = await roster.SubjectAsync();
        await roster.TutorAsync(student, tutor);
        await roster.GuardianAsync(student, parent);
        var enrollment = await roster.EnrollAsync(student, subject, teacher);
        await roster.EnrollAsync(_people[0], subject, _people[1]);
        _rooms.AddRange(await roster.QueryAsync("SELECT id FROM rooms ORDER BY id", row => row.GetInt64(0)));
        _other.AddRange([enrollment.Id, subject, .. _people]);
        foreach (var room in enrollment.Rooms)
        {
            await using var socket = await School.SeedAsync(_callers[1], room.Id);
            await socket.SendAsync(new { type = "chat_message", content = "Когда контрольная?" });
            _messages.Add((long)(await socket.NextAsync("message_sent"))["message_id"]!);
        }

        _stateCommand = await SchoolState.ReadCommandAsync(School.Database);
    }
}
