using Npgsql;
using TheBot.Data;
using TheBot.Data.Log;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Messages;

/// <summary>What an append reads does not grow with the school, also where Postgres planned it when the tables were small and has not counted them since.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class AppendPlanTests(ScratchPostgres postgres)
{
    private const int Messages = 400;

    /// <summary>Rows read so far, from end to end or by an index, of the tables in which an append looks up people and messages.</summary>
    private const string RowsRead =
        """
        SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint
        FROM pg_stat_user_tables WHERE relname IN ('users', 'room_members', 'messages')
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_append_reads_as_many_rows_in_a_long_log_as_in_a_new_one(bool isCountedWhileEmpty)
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 1);
        if (isCountedWhileEmpty) await lessons.School.ExecuteAsync("VACUUM messages");
        // one connection: its plans, and its share of the counters
        await using var database = ChatDatabase.Create(lessons.School.Database.ConnectionString + ";Maximum Pool Size=1");
        var log = new RoomLog(database);
        async Task AppendAsync(int from, int count)
        {
            for (var i = from; i < from + count; i++)
            {
                var stored = await log.AppendAsync([new MessageDraft(lessons.Rooms[0], lessons.Student, $"m{i}", "дальше", null)], RoomLocks.Free, Deadline.Token());
                Assert.Equal(AppendVerdict.Stored, stored[0].Verdict);
            }
        }

        await AppendAsync(0, Messages);
        var before = await RowsReadAsync(database);
        await AppendAsync(Messages, Messages);
        var read = await RowsReadAsync(database) - before;

        Assert.InRange(read, Messages, Messages * 10L); // the sender, their membership; not the log, nor everybody
    }

    private static async Task<long> RowsReadAsync(NpgsqlDataSource database)
    {
        await using (var flush = database.CreateCommand("SELECT pg_stat_force_next_flush()")) await flush.ExecuteNonQueryAsync(Deadline.Token());
        await using var command = database.CreateCommand(RowsRead);
        return (long)(await command.ExecuteScalarAsync(Deadline.Token()))!;
    }
}
