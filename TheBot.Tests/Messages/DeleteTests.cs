using System.Text;
using System.Text.Json.Nodes;
using TheBot.Data.Log;
using TheBot.Data.Rooms;
using TheBot.Data.Schema;

namespace TheBot.Tests.Messages;

[Collection(ScratchPostgresTests.Name)]
public sealed class DeleteTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task A_deleted_text_is_gone_from_history_and_resume()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        const string Secret = "пароль от дневника";
        var said = await talk.SayAsync(talk.Student, Secret);
        await talk.EditAsync(talk.Student, said, Secret + "!");
        await talk.PinAsync(talk.Teacher, said);

        var result = await talk.DeleteAsync(talk.Student, said);

        Assert.Equal(ChangeVerdict.Changed, result.Verdict);
        Assert.Empty(await talk.HistoryAsync(talk.Teacher));
        Assert.Empty((await talk.Log.SnapshotAsync(talk.Room, talk.Teacher, 50, Deadline.Token()))!.Messages);
        var room = (await new RoomList(talk.School.Database).ReadAsync(talk.Teacher, [RoomKind.ForumSubject], Deadline.Token())).Single();
        Assert.Equal((null, 0), (room.LastMessage, room.Unread));
        var log = await talk.EventsAsync(talk.Teacher);
        var told = string.Concat(log.Concat(result.Committed.RoomEvents).Select(e => Encoding.UTF8.GetString(e.Data.Span) + Encoding.UTF8.GetString(e.Extra.Span)));
        Assert.DoesNotContain("пароль", told, StringComparison.Ordinal);
        Assert.Equal(
            [RoomEventKind.MessageCreated, RoomEventKind.MessageUpdated, RoomEventKind.MessagePinned, RoomEventKind.MessageDeleted],
            log.Where(e => e.Kind.IsAboutMessage()).Select(e => e.Kind));
        await talk.School.LogsAgreeAsync();
    }

    [Fact]
    public async Task A_moderator_deletes_and_a_classmate_does_not()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        Assert.Equal(ChangeVerdict.NotAuthor, (await talk.DeleteAsync(talk.Parent, await talk.SayAsync(talk.Student, "1"))).Verdict);
        Assert.Equal(ChangeVerdict.NotAuthor, (await talk.DeleteAsync(talk.Student, await talk.SayAsync(talk.Teacher, "2"))).Verdict);
        Assert.Equal(ChangeVerdict.NoAccess, (await talk.DeleteAsync(talk.Stranger, await talk.SayAsync(talk.Student, "3"))).Verdict);
        await ExpectAsync(talk, talk.Student, "author", await talk.SayAsync(talk.Student, "4"));
        await ExpectAsync(talk, talk.Teacher, "moderator", await talk.SayAsync(talk.Student, "5"));
        await ExpectAsync(talk, talk.Teacher, "author", await talk.SayAsync(talk.Teacher, "6"));

        // who only looks moderates, and is in the room no more than before
        await ExpectAsync(talk, talk.Administrator, "moderator", await talk.SayAsync(talk.Student, "7"));
        Assert.Equal(0L, await talk.School.ScalarAsync<long>("SELECT count(*) FROM room_members WHERE user_id = $1", talk.Administrator));

        // a tutor moderates the tutors' room, and an administrator the general one; a teacher there is one of many
        await ExpectAsync(talk, talk.Tutor, "moderator", await talk.SayAsync(talk.Student, "8", talk.TutorRoom));
        var general = await talk.SayAsync(talk.Student, "9", talk.General);
        Assert.Equal(ChangeVerdict.NotAuthor, (await talk.DeleteAsync(talk.Teacher, general)).Verdict);
        await ExpectAsync(talk, talk.Administrator, "moderator", general);
    }

    [Fact]
    public async Task Staff_whom_somebody_added_to_a_room_do_not_moderate_it()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        await talk.School.ExecuteAsync(
            "INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) SELECT $1, u, ARRAY['added:1'], 0, 0 FROM unnest($2) AS u",
            talk.Room, new[] { talk.Stranger, talk.Tutor });
        var said = await talk.SayAsync(talk.Student, "при всех");

        foreach (var added in new[] { talk.Stranger, talk.Tutor }) Assert.Equal(ChangeVerdict.NotAuthor, (await talk.DeleteAsync(added, said)).Verdict);
        Assert.Equal(ChangeVerdict.NotModerator, (await talk.PinAsync(talk.Stranger, said)).Verdict);
        Assert.Equal(ChangeVerdict.Changed, (await talk.PinAsync(talk.Tutor, said)).Verdict); // as in the replaced system
        Assert.Equal(ChangeVerdict.NotModerator, (await talk.Changes.LockAsync(talk.Room, talk.Tutor, true, Deadline.Token())).Verdict);
    }

    [Fact]
    public async Task What_is_deleted_stays_so_and_changes_no_more()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "раз");
        await talk.ReactAsync(talk.Parent, said, "👍");
        await talk.PinAsync(talk.Teacher, said);
        await talk.DeleteAsync(talk.Student, said);
        var head = await talk.HeadAsync();

        ChangeResult[] again =
        [
            await talk.DeleteAsync(talk.Student, said),
            await talk.DeleteAsync(talk.Teacher, said),
            await talk.EditAsync(talk.Student, said, "два"),
            await talk.PinAsync(talk.Teacher, said, pinned: false),
            await talk.ReactAsync(talk.Parent, said, "👍", present: false),
        ];

        Assert.All(again, result => Assert.Equal((ChangeVerdict.Deleted, null, head), (result.Verdict, result.Message, result.Head)));
        Assert.Equal(head, await talk.HeadAsync());
        Assert.Equal(0L, await talk.School.ScalarAsync<long>("SELECT count(*) FROM pins"));
    }

    [Fact]
    public async Task A_muted_author_in_a_locked_room_may_still_take_back_what_they_said()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "лишнее");
        await talk.School.ExecuteAsync("UPDATE room_members SET muted_until = now() + interval '1 hour' WHERE room_id = $1", talk.Room);
        await talk.Changes.LockAsync(talk.Room, talk.Teacher, true, Deadline.Token());

        await ExpectAsync(talk, talk.Student, "author", said);
    }

    private static async Task ExpectAsync(Conversation talk, long who, string role, Contracts.ChatMessage said)
    {
        var result = await talk.DeleteAsync(who, said);
        Assert.Equal(ChangeVerdict.Changed, result.Verdict);
        var line = Assert.Single(result.Committed.RoomEvents);
        Assert.Equal((RoomEventKind.MessageDeleted, who), (line.Kind, line.ActorId));
        Assert.Equal(role, (string)JsonNode.Parse(line.Extra.Span)!["deleted_by_role"]!);
    }
}
