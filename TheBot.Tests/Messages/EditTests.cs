using System.Text.Json.Nodes;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Tests.Messages;

[Collection(ScratchPostgresTests.Name)]
public sealed class EditTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task An_edit_is_the_next_event_and_everybody_reads_the_new_text()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "в пять");
        var head = await talk.HeadAsync();

        var result = await talk.EditAsync(talk.Student, said, "в шесть");

        Assert.Equal((ChangeVerdict.Changed, head + 1), (result.Verdict, result.Head));
        Assert.Equal(("в шесть", true, said.Seq, said.Id), (result.Message!.Content, result.Message.IsEdited, result.Message.Seq, result.Message.Id));
        var line = (await talk.EventsAsync(talk.Parent))[^1];
        Assert.Equal((RoomEventKind.MessageUpdated, head + 1, talk.Student), (line.Kind, line.Seq, line.ActorId));
        Assert.Equal("в шесть", (string)JsonNode.Parse(line.Data.Span)!["content"]!);
        Assert.Equal(["в шесть"], (await talk.HistoryAsync(talk.Parent)).Select(m => m.Content));
        await talk.School.LogsAgreeAsync();
    }

    [Fact]
    public async Task An_edit_keeps_what_was_said_before()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "первое");
        var second = await talk.EditAsync(talk.Student, said, "второе");
        var third = await talk.EditAsync(talk.Student, said, "третье");

        var kept = await talk.School.QueryAsync(
            "SELECT seq, content FROM message_edits WHERE message_id = $1 ORDER BY seq", row => (row.GetInt64(0), row.GetString(1)), said.Id);
        Assert.Equal([(second.Head, "первое"), (third.Head, "второе")], kept);
    }

    [Fact]
    public async Task An_edit_to_the_same_text_makes_no_event()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "так и есть");
        var head = await talk.HeadAsync();

        var result = await talk.EditAsync(talk.Student, said, "так и есть");

        Assert.Equal((ChangeVerdict.Unchanged, head), (result.Verdict, result.Head));
        Assert.False(result.Message!.IsEdited);
        Assert.Empty(result.Committed.RoomEvents);
        Assert.Equal(head, await talk.HeadAsync());
    }

    [Fact]
    public async Task Only_the_author_edits()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "моё");

        foreach (var other in new[] { talk.Teacher, talk.Parent }) Assert.Equal(ChangeVerdict.NotAuthor, (await talk.EditAsync(other, said, "чужое")).Verdict);
        foreach (var outside in new[] { talk.Stranger, talk.Tutor }) Assert.Equal(ChangeVerdict.NoAccess, (await talk.EditAsync(outside, said, "чужое")).Verdict);
        Assert.Equal(ChangeVerdict.NotMember, (await talk.EditAsync(talk.Administrator, said, "чужое")).Verdict);

        Assert.Equal(["моё"], (await talk.HistoryAsync(talk.Teacher)).Select(m => m.Content));
    }

    [Fact]
    public async Task A_message_is_edited_in_its_own_room_only()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "в физике");
        var foreign = await talk.SayAsync(talk.Student, "у тьютора", talk.TutorRoom);

        Assert.Equal(ChangeVerdict.Elsewhere, (await talk.Changes.EditAsync(talk.TutorRoom, talk.Student, said.Id, "?", Deadline.Token())).Verdict);

        // the teacher is not in the tutors' room and does not learn what is there
        Assert.Equal(ChangeVerdict.NotFound, (await talk.Changes.EditAsync(talk.Room, talk.Teacher, foreign.Id, "?", Deadline.Token())).Verdict);
        Assert.Equal(ChangeVerdict.NotFound, (await talk.Changes.EditAsync(talk.Room, talk.Teacher, 1_000_000, "?", Deadline.Token())).Verdict);
        Assert.Equal(ChangeVerdict.NoAccess, (await talk.Changes.EditAsync(1_000_000, talk.Teacher, said.Id, "?", Deadline.Token())).Verdict);
    }

    [Fact]
    public async Task Who_cannot_write_cannot_edit()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "до");

        await talk.School.ExecuteAsync("UPDATE room_members SET muted_until = now() + interval '1 hour' WHERE room_id = $1 AND user_id = $2", talk.Room, talk.Student);
        Assert.Equal(ChangeVerdict.Muted, (await talk.EditAsync(talk.Student, said, "после")).Verdict);

        await talk.School.ExecuteAsync("UPDATE room_members SET muted_until = now() - interval '1 hour' WHERE room_id = $1", talk.Room);
        Assert.Equal(ChangeVerdict.Changed, (await talk.Changes.LockAsync(talk.Room, talk.Teacher, true, Deadline.Token())).Verdict);
        Assert.Equal(ChangeVerdict.ReadOnly, (await talk.EditAsync(talk.Student, said, "после")).Verdict);

        Assert.Equal(ChangeVerdict.Changed, (await talk.Changes.LockAsync(talk.Room, talk.Teacher, false, Deadline.Token())).Verdict);
        Roster.School.Expect(await talk.School.Roster.EndEnrollmentAsync(talk.Enrollment, Deadline.Token()));
        Assert.Equal(ChangeVerdict.ReadOnly, (await talk.EditAsync(talk.Student, said, "после")).Verdict);
    }

    [Fact]
    public async Task Somebody_who_left_the_room_no_longer_edits_what_they_said_there()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Parent, "пока я здесь");
        Roster.School.Expect(await talk.School.Roster.RemoveGuardianAsync(talk.Student, talk.Parent, Deadline.Token()));

        Assert.Equal(ChangeVerdict.NoAccess, (await talk.EditAsync(talk.Parent, said, "и потом")).Verdict);
        Assert.Equal(ChangeVerdict.NoAccess, (await talk.DeleteAsync(talk.Parent, said)).Verdict);
    }

    [Fact]
    public async Task Changes_of_many_at_once_leave_a_log_without_gaps()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "0");
        var before = await talk.HeadAsync();

        var results = await Task.WhenAll(Enumerable.Range(1, 60).Select(async i => (i % 3) switch
        {
            0 => (await talk.EditAsync(talk.Student, said, $"{i}")).Verdict,
            1 => (await talk.ReactAsync(talk.Parent, said, i % 2 == 0 ? "👍" : "🎉")).Verdict,
            _ => await SayAsync(i),
        }));

        Assert.Equal(before + results.Count(v => v == ChangeVerdict.Changed), await talk.HeadAsync());
        Assert.Equal(2, (await talk.EventsAsync(talk.Student, after: before)).Count(e => e.Kind == RoomEventKind.ReactionAdded));
        await talk.School.LogsAgreeAsync();

        async Task<ChangeVerdict> SayAsync(int i)
        {
            await talk.SayAsync(talk.Teacher, $"{i}");
            return ChangeVerdict.Changed;
        }
    }
}
