using TheBot.ChatApi.Messages;
using TheBot.Data.Schema;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Messages;

/// <summary>A school with a few rooms that the same two people write in, replicas that serve it, and what its tables say afterwards.</summary>
internal sealed class Lessons : IAsyncDisposable
{
    private readonly List<Replica> _replicas = [];

    private Lessons(School school, long student, long teacher, long[] rooms) => (School, Student, Teacher, Rooms) = (school, student, teacher, rooms);

    public School School { get; }
    public long Student { get; }
    public long Teacher { get; }
    public long[] Rooms { get; }

    public static async Task<Lessons> OpenAsync(ScratchPostgres postgres, int rooms)
    {
        var school = await School.OpenAsync(postgres);
        var student = await school.PersonAsync(Role.Student);
        var teacher = await school.PersonAsync(Role.Teacher);
        var ids = new long[rooms];
        for (var i = 0; i < rooms; i++) ids[i] = (await school.EnrollAsync(student, await school.SubjectAsync($"Предмет {i}"), teacher)).Rooms[0].Id;
        return new Lessons(school, student, teacher, ids);
    }

    public Replica Replica(Action<MessageWriterOptions>? configure = null, string? connectionString = null)
    {
        var replica = new Replica(connectionString ?? School.Database.ConnectionString, configure);
        _replicas.Add(replica);
        return replica;
    }

    public Task<HeldRoom> HoldAsync(long roomId) => HeldRoom.TakeAsync(School.Database, roomId);

    /// <summary>The test's own idle connections went down with the server; asking must not trip over them.</summary>
    public void ForgetConnections() => School.Database.Clear();

    /// <summary>A room's messages in the order of their seq, after it was made sure that log, messages and head agree.</summary>
    public async Task<List<StoredMessage>> MessagesAsync(long roomId)
    {
        var log = await School.QueryAsync(
            "SELECT seq, created_at, kind, message_id FROM room_events WHERE room_id = $1 ORDER BY seq",
            row => (Seq: row.GetInt64(0), At: row.GetDateTime(1), Kind: row.GetInt16(2), Message: row.IsDBNull(3) ? (long?)null : row.GetInt64(3)),
            roomId);
        Assert.Equal(Enumerable.Range(1, log.Count).Select(i => (long)i), log.Select(line => line.Seq));
        Assert.Equal(log.Count, await School.ScalarAsync<long>("SELECT head_seq FROM rooms WHERE id = $1", roomId));
        Assert.Equal(log.Select(line => line.At).Order(), log.Select(line => line.At));

        var messages = await School.QueryAsync(
            "SELECT id, seq, sender_id, client_id, content, created_at FROM messages WHERE room_id = $1 ORDER BY seq",
            row => new StoredMessage(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.GetString(4), row.GetDateTime(5)),
            roomId);
        Assert.Equal(
            log.Where(line => line.Kind == (short)RoomEventKind.MessageCreated).Select(line => (line.Seq, line.Message!.Value, line.At)),
            messages.Select(message => (message.Seq, message.Id, message.At)));
        Assert.Equal(messages.Select(message => message.Id).Order(), messages.Select(message => message.Id));
        return messages;
    }

    /// <summary>Every send was answered once, with the message that the database holds, once.</summary>
    public async Task StoredOnceAsync(IReadOnlyCollection<Sent> sends)
    {
        await Sent.AllAsync(sends);
        foreach (var room in sends.GroupBy(sent => sent.Draft.RoomId))
        {
            var stored = (await MessagesAsync(room.Key)).ToLookup(message => (message.SenderId, message.ClientId));
            foreach (var sent in room)
            {
                var message = (await sent.OutcomeAsync()).Message;
                var row = Assert.Single(stored[(sent.Draft.SenderId, sent.Draft.ClientId)]);
                Assert.Equal((row.Id, row.Seq, row.Content), (message?.Id, message?.Seq, message?.Content));
                Assert.Equal(sent.Draft.Content, row.Content);
                Assert.Equal(1, sent.Answers);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas) await replica.DisposeAsync();
        await School.DisposeAsync();
    }
}

/// <summary>A row of <c>messages</c>.</summary>
internal sealed record StoredMessage(long Id, long Seq, long SenderId, string ClientId, string Content, DateTime At);
