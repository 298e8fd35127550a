using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Messages;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Tests.Messages;

/// <summary>A database that breaks off in the middle of an action.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class LostAnswerTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task An_action_whose_connection_is_cut_is_asked_for_again_and_makes_one_event()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "до");
        var (actions, _) = ActionsOf(talk, talk.School.Database);
        talk.School.Announced.Clear();

        await using var holder = await talk.School.Database.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("SELECT FROM rooms WHERE id = $1 FOR NO KEY UPDATE", holder) { Parameters = { new() { Value = talk.Room } } })
        {
            await hold.ExecuteNonQueryAsync();
        }

        var editing = actions.EditAsync(talk.Room, talk.Student, said.Id, "после");
        await Deadline.UntilAsync(() => talk.School.ScalarAsync<long>(Waiting("count(*)")), waiting => waiting == 1, "the edit waits");
        await talk.School.ExecuteAsync(Waiting("pg_terminate_backend(pid)"));
        await transaction.CommitAsync();

        var outcome = await editing;
        Assert.Equal((null, "после"), (outcome.Error, outcome.Message!.Content));
        Assert.Equal(RoomEventKind.MessageUpdated, Assert.Single(Assert.Single(talk.School.Announced).RoomEvents).Kind);
        Assert.Single(await talk.EventsAsync(talk.Teacher, after: said.Seq));
    }

    [Theory]
    [InlineData("edit", 1)]
    [InlineData("delete", 1)]
    [InlineData("react", 1)]
    [InlineData("toggle pin", 1)]
    [InlineData("toggle lock", 0)]
    public async Task An_action_that_was_committed_without_an_answer_is_done_once_and_told(string action, int aboutMessages)
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Teacher, "до");
        await using var proxy = new AnswerLosingProxy(talk.School.Database.ConnectionString);
        await using var database = NpgsqlDataSource.Create(proxy.ConnectionString);
        var (actions, _) = ActionsOf(talk, database);
        talk.School.Announced.Clear();

        // the next thing that lengthens the log is committed, and its answer is lost
        proxy.LoseAnswerWhen(() => talk.HeadAsync(), head => head > said.Seq);
        var outcome = action switch
        {
            "edit" => await actions.EditAsync(talk.Room, talk.Teacher, said.Id, "после"),
            "delete" => await actions.DeleteAsync(talk.Room, talk.Teacher, said.Id),
            "react" => await actions.ReactAsync(talk.Room, talk.Teacher, said.Id, "👍", true),
            "toggle pin" => await actions.TogglePinAsync(talk.Room, talk.Teacher, said.Id),
            _ => await actions.ToggleLockAsync(talk.Room, talk.Teacher),
        };

        Assert.Equal(1, proxy.Lost);
        Assert.Null(outcome.Error);
        var line = Assert.Single(await talk.EventsAsync(talk.Teacher, after: said.Seq));
        Assert.Equal(aboutMessages == 1, line.Kind.IsAboutMessage());
        Assert.Equal(line.Seq, Assert.Single(Assert.Single(talk.School.Announced).RoomEvents).Seq);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_a_save_error_in_the_end()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "до");
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Timeout=1");
        var (actions, readers) = ActionsOf(talk, nowhere);

        var edited = await actions.EditAsync(talk.Room, talk.Student, said.Id, "после");
        var read = await actions.ReadAsync(talk.Room, new Identity(talk.Student, "s", "", "", "", "student", false, null, []), 1);

        Assert.Equal((ErrorCode.Save, "Failed to save message"), (edited.Error, edited.Explanation));
        Assert.Equal(ErrorCode.Save, read.Error);
        Assert.Empty(readers.Told);
    }

    [Fact]
    public async Task Reading_is_announced_once_and_not_in_the_general_room()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "раз");
        var general = await talk.SayAsync(talk.Student, "всем", talk.General);
        var (actions, readers) = ActionsOf(talk, talk.School.Database);
        var teacher = new Identity(talk.Teacher, "t", "", "", "", "teacher", false, null, []);

        foreach (var seq in new[] { said.Seq, said.Seq, said.Seq - 1 }) Assert.Equal(said.Seq, (await actions.ReadAsync(talk.Room, teacher, seq)).ReadSeq);
        Assert.Equal(general.Seq, (await actions.ReadMessageAsync(talk.General, teacher, general.Id)).ReadSeq);
        Assert.Equal((ErrorCode.NotFound, "message_id"), await RefusalAsync(actions.ReadMessageAsync(talk.Room, teacher, general.Id)));
        Assert.Equal((ErrorCode.Validation, "seq"), await RefusalAsync(actions.ReadAsync(talk.Room, teacher, -1)));

        Assert.Equal([(talk.Room, talk.Teacher, said.Seq)], readers.Told);
    }

    private static async Task<(string?, string?)> RefusalAsync(Task<ReadOutcome> reading) => ((await reading).Error, (await reading).Field);

    private static string Waiting(string what) =>
        $"SELECT {what} FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE%'";

    private static (MessageActions Actions, Readers Readers) ActionsOf(Conversation talk, NpgsqlDataSource database)
    {
        var readers = new Readers();
        return (
            new MessageActions(
                new RoomChanges(database),
                new ReadMarkers(database),
                talk.Log,
                talk.School,
                readers,
                Replica.NoLimits,
                Options.Create(new MessageWriterOptions()),
                TimeProvider.System,
                NullLogger<MessageActions>.Instance),
            readers);
    }

    private sealed class Readers : IReadMarkerListener
    {
        public List<(long Room, long Reader, long Seq)> Told { get; } = [];

        public void Announce(long roomId, Identity reader, long seq) => Told.Add((roomId, reader.UserId, seq));
    }
}
