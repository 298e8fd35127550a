using TheBot.Data.Log;
using TheBot.Data.Rooms;
using TheBot.Data.Schema;

namespace TheBot.Tests.Messages;

[Collection(ScratchPostgresTests.Name)]
public sealed class ReadMarkerTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task A_read_marker_never_falls()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        await talk.SayAsync(talk.Student, "раз");
        var last = await talk.SayAsync(talk.Student, "два");

        Assert.Equal(new ReadResult(ReadVerdict.Moved, last.Seq, false), await ReadAsync(talk, talk.Teacher, last.Seq));
        Assert.Equal(new ReadResult(ReadVerdict.Unchanged, last.Seq, false), await ReadAsync(talk, talk.Teacher, last.Seq - 1));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => ReadAsync(talk, talk.Parent, last.Seq - (i % 3))));

        Assert.Equal(
            [last.Seq, last.Seq],
            await talk.School.QueryAsync(
                "SELECT read_seq FROM room_members WHERE room_id = $1 AND user_id = ANY ($2)", row => row.GetInt64(0), talk.Room, new[] { talk.Teacher, talk.Parent }));
    }

    [Fact]
    public async Task A_read_marker_goes_no_further_than_the_log()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        await talk.SayAsync(talk.Student, "раз");
        var head = await talk.HeadAsync();

        Assert.Equal(new ReadResult(ReadVerdict.Moved, head, false), await ReadAsync(talk, talk.Teacher, long.MaxValue));

        await talk.SayAsync(talk.Student, "два");
        Assert.Equal(1, (await RoomAsync(talk, talk.Teacher, RoomKind.ForumSubject)).Unread);
        Assert.Equal(head + 1, await talk.HeadAsync()); // reading is no event
    }

    [Fact]
    public async Task A_message_marks_its_own_room_only()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "здесь");
        var foreign = await talk.SayAsync(talk.Student, "там", talk.TutorRoom);

        Assert.Equal(ReadVerdict.NotFound, (await talk.Markers.MoveToMessageAsync(talk.Room, talk.Parent, foreign.Id, Deadline.Token())).Verdict);
        Assert.Equal(ReadVerdict.NotFound, (await talk.Markers.MoveToMessageAsync(talk.Room, talk.Parent, 1_000_000, Deadline.Token())).Verdict);
        Assert.Equal(0, (await RoomAsync(talk, talk.Parent, RoomKind.ForumSubject)).ReadSeq);
        Assert.Equal(new ReadResult(ReadVerdict.Moved, said.Seq, false), await talk.Markers.MoveToMessageAsync(talk.Room, talk.Parent, said.Id, Deadline.Token()));
    }

    [Fact]
    public async Task Who_only_looks_or_is_out_leaves_no_marker()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        await talk.SayAsync(talk.Student, "раз");
        Roster.School.Expect(await talk.School.Roster.RemoveGuardianAsync(talk.Student, talk.Parent, Deadline.Token()));

        foreach (var outside in new[] { talk.Stranger, talk.Parent }) Assert.Equal(ReadVerdict.NoAccess, (await ReadAsync(talk, outside, 1)).Verdict);
        Assert.Equal(ReadVerdict.NotMember, (await ReadAsync(talk, talk.Administrator, 1)).Verdict);
        Assert.Equal(0L, await talk.School.ScalarAsync<long>("SELECT count(*) FROM room_members WHERE user_id = ANY ($1)", new[] { talk.Administrator, talk.Stranger }));
    }

    [Fact]
    public async Task A_marker_in_the_general_room_is_kept_and_makes_nobody_a_member()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Teacher, "всем", talk.General);

        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => talk.Markers.MoveToAsync(talk.General, talk.Student, said.Seq, Deadline.Token())));

        Assert.All(results, r => Assert.Equal((said.Seq, true), (r.ReadSeq, r.IsGeneral)));
        var room = await RoomAsync(talk, talk.Student, RoomKind.General);
        Assert.Equal((said.Seq, 0), (room.ReadSeq, room.Unread));
        Assert.Equal(1, (await RoomAsync(talk, talk.Parent, RoomKind.General)).Unread);
        Assert.Empty(await talk.School.ScalarAsync<string[]>("SELECT reasons FROM room_members WHERE room_id = $1", talk.General));
        await talk.School.ExecuteAsync("UPDATE users SET is_active = false WHERE id = $1", talk.Student);
        Assert.DoesNotContain(talk.Student, await talk.School.ReadersAsync(talk.General));
        await talk.School.LogsAgreeAsync();
    }

    private static Task<ReadResult> ReadAsync(Conversation talk, long who, long seq) => talk.Markers.MoveToAsync(talk.Room, who, seq, Deadline.Token());

    private static async Task<RoomListing> RoomAsync(Conversation talk, long who, RoomKind kind) =>
        (await new RoomList(talk.School.Database).ReadAsync(who, [kind], Deadline.Token())).Single();
}
