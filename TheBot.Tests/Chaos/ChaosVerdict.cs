using System.Net;
using TheBot.Client;
using TheBot.Contracts.V1;
using TheBot.Data.Schema;
using TheBot.Tests.Chaos.Members;

namespace TheBot.Tests.Chaos;

/// <summary>The end of a run: everything comes to rest, the evidence is gathered, and the checker judges.</summary>
internal static class ChaosVerdict
{
    private const int ReadersAtOnce = 8;

    /// <param name="run">The run, in which nobody talks any more and nothing is broken.</param>
    /// <param name="freshReaders">Who opens all their rooms anew; null = everybody.</param>
    public static async Task<IReadOnlyList<Violation>> JudgeAsync(this ChaosRun run, IReadOnlyList<Someone>? freshReaders = null)
    {
        await run.ComeToRestAsync();
        var logs = await run.ReadLogsAsync();
        var fresh = await run.ReadAfreshAsync(logs, freshReaders ?? [.. run.Members.Select(member => member.Person).DistinctBy(person => person.Id)]);
        return Checker.Check(new Evidence(
            logs,
            [.. run.Members.SelectMany(member => member.Sends)],
            [.. run.Members.SelectMany(member => member.Traces)],
            fresh,
            [.. run.Reads]));
    }

    /// <summary>
    /// Every send is settled and every stream as far as its log. What does not come to rest in time is the checker's to name, so nothing is said here.
    /// </summary>
    private static async Task ComeToRestAsync(this ChaosRun run)
    {
        try
        {
            await Deadline.UntilAsync(() => Task.FromResult(run.Members.Sum(member => member.Unsettled)), open => open == 0, "unsettled sends");
            var ends = (await run.ReadLogsAsync()).ToDictionary(log => log.Key, log => (All: EndOf(log.Value, false), Messages: EndOf(log.Value, true)));
            await Deadline.UntilAsync(
                () => Task.FromResult(run.Members.Sum(member => member.Rooms.Count(room =>
                    member.Hearing(room) is { } trace && trace.Last < (trace.MessagesOnly ? ends[room].Messages : ends[room].All)))),
                behind => behind == 0,
                "streams that are behind");
        }
        catch (TimeoutException e)
        {
            run.Struck($"did not come to rest ({e.Message})");
        }
    }

    private static long EndOf(IReadOnlyList<LogLine> log, bool messagesOnly) =>
        log.LastOrDefault(line => !messagesOnly || line.Kind == RoomEventKind.MessageCreated)?.Seq ?? 0;

    private static async Task<IReadOnlyDictionary<long, IReadOnlyList<LogLine>>> ReadLogsAsync(this ChaosRun run)
    {
        var rooms = run.School.Rooms.Select(room => room.Id).ToArray();
        run.Graph.Database.Clear(); // connections from before a restart
        var logs = rooms.ToDictionary(room => room, _ => new List<LogLine>());
        await using var command = run.Graph.Database.CreateCommand(
            """
            SELECT coalesce(e.room_id, m.room_id), coalesce(e.seq, m.seq), coalesce(e.kind, 1)::smallint, e.subject_id, m.sender_id, m.client_id, m.content
            FROM (SELECT * FROM room_events WHERE room_id = ANY ($1)) AS e
            FULL JOIN (SELECT * FROM messages WHERE room_id = ANY ($1)) AS m ON m.id = e.message_id AND e.kind = 1
            ORDER BY 1, 2
            """);
        command.Parameters.AddWithValue(rooms);
        await using var row = await command.ExecuteReaderAsync(Deadline.Token());
        while (await row.ReadAsync(Deadline.Token()))
        {
            logs[row.GetInt64(0)].Add(new LogLine(
                row.GetInt64(1), (RoomEventKind)row.GetInt16(2), row.IsDBNull(3) ? null : row.GetInt64(3), row.IsDBNull(4) ? null : row.GetInt64(4),
                row.IsDBNull(5) ? null : row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6)));
        }

        return logs.ToDictionary(log => log.Key, log => (IReadOnlyList<LogLine>)log.Value);
    }

    /// <summary>Each person opens each of their rooms anew, at another replica than before as it happens.</summary>
    private static async Task<IReadOnlyList<RoomTrace>> ReadAfreshAsync(
        this ChaosRun run, IReadOnlyDictionary<long, IReadOnlyList<LogLine>> logs, IReadOnlyList<Someone> people)
    {
        using var places = new SemaphoreSlim(ReadersAtOnce);
        var reading = people.Select(async person =>
        {
            await places.WaitAsync();
            try
            {
                var address = new UriBuilder(new Uri(run.NextReplica(), V1Protocol.Path)) { Scheme = "ws" }.Uri;
                await using var client = new ChatClient(new ChatClientOptions
                {
                    Transport = new WebSocketTransport(address),
                    Token = _ => ValueTask.FromResult(person.Token),
                });
                await client.ConnectAsync(Deadline.Token());
                return await Task.WhenAll(person.Rooms.Select(room => ClientMember.ReadAfreshAsync(client, person, room, EndOf(logs[room], false))));
            }
            finally
            {
                places.Release();
            }
        });
        return [.. (await Task.WhenAll(reading)).SelectMany(traces => traces)];
    }
}
