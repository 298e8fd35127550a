using System.Text.Json.Nodes;
using TheBot.ChatApi.Messages;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Tests.Messages;

[Collection(ScratchPostgresTests.Name)]
public sealed class ReactionAndPinTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Reacting_twice_is_one_reaction()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Teacher, "пять");

        var first = await talk.ReactAsync(talk.Student, said, "👍");
        var second = await talk.ReactAsync(talk.Student, said, "👍");
        var gone = await talk.ReactAsync(talk.Student, said, "👍", present: false);
        var goneAgain = await talk.ReactAsync(talk.Student, said, "👍", present: false);

        Assert.Equal(
            [ChangeVerdict.Changed, ChangeVerdict.Unchanged, ChangeVerdict.Changed, ChangeVerdict.Unchanged],
            new[] { first, second, gone, goneAgain }.Select(r => r.Verdict));
        var log = await talk.EventsAsync(talk.Parent, after: said.Seq);
        Assert.Equal([RoomEventKind.ReactionAdded, RoomEventKind.ReactionRemoved], log.Select(e => e.Kind));
        Assert.All(log, e =>
        {
            Assert.Equal(("👍", talk.Student), ((string)JsonNode.Parse(e.Extra.Span)!["emoji"]!, e.ActorId));
            Assert.Equal(said.Id, (long)JsonNode.Parse(e.Data.Span)!["id"]!);
        });
        await talk.School.LogsAgreeAsync();
    }

    [Fact]
    public async Task A_person_has_several_reactions_and_takes_away_only_their_own()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Teacher, "пять");
        await talk.ReactAsync(talk.Student, said, "👍");
        await talk.ReactAsync(talk.Student, said, "🎉");
        await talk.ReactAsync(talk.Parent, said, "👍");
        await talk.ReactAsync(talk.Parent, said, "👍", present: false);

        Assert.Equal(
            [(talk.Student, "🎉"), (talk.Student, "👍")],
            await talk.School.QueryAsync("SELECT user_id, emoji FROM reactions ORDER BY created_at DESC", row => (row.GetInt64(0), row.GetString(1))));
    }

    [Fact]
    public async Task Only_members_who_may_write_react()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Teacher, "пять");
        Assert.Equal(ChangeVerdict.NotMember, (await talk.ReactAsync(talk.Administrator, said, "👍")).Verdict);
        Assert.Equal(ChangeVerdict.NoAccess, (await talk.ReactAsync(talk.Stranger, said, "👍")).Verdict);

        await talk.School.ExecuteAsync("UPDATE room_members SET muted_until = 'infinity' WHERE room_id = $1 AND user_id = $2", talk.Room, talk.Student);
        Assert.Equal(ChangeVerdict.Muted, (await talk.ReactAsync(talk.Student, said, "👍")).Verdict);
        await talk.Changes.LockAsync(talk.Room, talk.Teacher, true, Deadline.Token());
        Assert.Equal(ChangeVerdict.ReadOnly, (await talk.ReactAsync(talk.Parent, said, "👍")).Verdict);
    }

    [Fact]
    public async Task Nobody_touches_what_was_said_before_they_could_see()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "до него");
        await talk.School.ExecuteAsync(
            "INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) VALUES ($1, $2, ARRAY['added:1'], $3, 0)", talk.Room, talk.Stranger, said.Seq);

        Assert.Equal(ChangeVerdict.NotFound, (await talk.ReactAsync(talk.Stranger, said, "👍")).Verdict);
        Assert.Equal(ChangeVerdict.Changed, (await talk.ReactAsync(talk.Stranger, await talk.SayAsync(talk.Student, "при нём"), "👍")).Verdict);
    }

    [Theory]
    [InlineData("👍")]
    [InlineData("❤️")]
    [InlineData("👩‍👩‍👧‍👦")]
    [InlineData("👋🏽")]
    [InlineData("🇷🇺")]
    [InlineData("🏴󠁧󠁢󠁳󠁣󠁴󠁿")]
    [InlineData("5️⃣")]
    [InlineData("‼️")]
    [InlineData("✅")]
    public void One_emoji_is_a_reaction(string emoji) => Assert.True(MessageRules.IsEmoji(emoji));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("👍👍")]
    [InlineData("👍 ")]
    [InlineData("а")]
    [InlineData("5")]
    [InlineData("+")]
    [InlineData("ok")]
    [InlineData("<b>")]
    [InlineData("\0")]
    [InlineData("\u200d")]
    [InlineData("👍\u0301\u0301")]
    public void Anything_else_is_not(string? text) => Assert.False(MessageRules.IsEmoji(text));

    [Fact]
    public void Half_an_emoji_or_one_that_is_too_long_is_no_reaction()
    {
        Assert.False(MessageRules.IsEmoji("👍"[..1])); // not as inline data, which the runner carries as UTF-8
        Assert.False(MessageRules.IsEmoji(string.Join('\u200d', Enumerable.Repeat("👩", 12))));
    }

    [Fact]
    public async Task A_pin_shows_on_the_message_and_is_set_by_those_who_lead_the_room()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "расписание");
        foreach (var member in new[] { talk.Student, talk.Parent }) Assert.Equal(ChangeVerdict.NotModerator, (await talk.PinAsync(member, said)).Verdict);
        Assert.Equal(ChangeVerdict.NoAccess, (await talk.PinAsync(talk.Stranger, said)).Verdict);

        var pinned = await talk.PinAsync(talk.Teacher, said);
        var again = await talk.PinAsync(talk.Administrator, said);
        Assert.True(Assert.Single(await talk.HistoryAsync(talk.Parent)).IsPinned);
        var down = await talk.PinAsync(talk.Teacher, said, pinned: false);

        Assert.Equal((ChangeVerdict.Changed, true), (pinned.Verdict, pinned.Message!.IsPinned));
        Assert.Equal(ChangeVerdict.Unchanged, again.Verdict);
        Assert.Equal((ChangeVerdict.Changed, false), (down.Verdict, down.Message!.IsPinned));
        Assert.Equal([RoomEventKind.MessagePinned, RoomEventKind.MessageUnpinned], (await talk.EventsAsync(talk.Parent, after: said.Seq)).Select(e => e.Kind));
        Assert.Equal(ChangeVerdict.Changed, (await talk.PinAsync(talk.Tutor, await talk.SayAsync(talk.Student, "там", talk.TutorRoom))).Verdict);
        await talk.School.LogsAgreeAsync();
    }

    [Fact]
    public async Task A_lock_says_what_the_room_is_now_as_the_roster_does()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        Assert.Equal(ChangeVerdict.NotModerator, (await talk.Changes.LockAsync(talk.Room, talk.Student, true, Deadline.Token())).Verdict);
        Assert.Equal(ChangeVerdict.NoAccess, (await talk.Changes.LockAsync(talk.Room, talk.Stranger, true, Deadline.Token())).Verdict);

        var locked = await talk.Changes.LockAsync(talk.Room, talk.Teacher, true, Deadline.Token());
        var again = await talk.Changes.LockAsync(talk.Room, talk.Teacher, true, Deadline.Token());
        Roster.School.Expect(await talk.School.Roster.EndEnrollmentAsync(talk.Enrollment, Deadline.Token()));

        Assert.Equal((ChangeVerdict.Changed, ChangeVerdict.Unchanged), (locked.Verdict, again.Verdict));
        var lines = (await talk.EventsAsync(talk.Parent)).Where(e => e.Kind == RoomEventKind.RoomUpdated).TakeLast(2);
        var updates = lines.Select(e => JsonNode.Parse(e.Data.Span)!.AsObject()).ToList();
        Assert.All(updates, data => Assert.Equal(["description", "locked", "name", "slow_mode_seconds", "writable"], data.Select(f => f.Key).Order(StringComparer.Ordinal)));
        Assert.Equal([(true, true), (true, false)], updates.Select(data => ((bool)data["locked"]!, (bool)data["writable"]!)));
        Assert.Equal((string)updates[0]["name"]!, (string)updates[1]["name"]!);
    }
}
