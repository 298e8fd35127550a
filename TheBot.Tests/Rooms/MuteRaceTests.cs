using TheBot.Data.Log;
using TheBot.Data.Schema;
using TheBot.Tests.Messages;

namespace TheBot.Tests.Rooms;

/// <summary>A mute and a send meet under the room's lock: nothing is stored behind a mute.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class MuteRaceTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Whatever_races_with_a_mute_is_stored_before_it_or_refused()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        for (var round = 0; round < 5; round++)
        {
            var name = round;
            var sends = Enumerable.Range(0, 20).Select(i => Task.Run(() => talk.Log.AppendAsync(
                [new MessageDraft(talk.Room, talk.Student, $"{name}.{i}", "успел?", null)], RoomLocks.Wait, Deadline.Token()))).ToList();
            var muted = await talk.Changes.MuteAsync(talk.Room, talk.Teacher, talk.Student, DateTimeOffset.UtcNow.AddHours(1), Deadline.Token());
            var results = await Task.WhenAll(sends);

            var at = Assert.Single(muted.Committed.RoomEvents);
            Assert.Equal((RoomEventKind.MemberMuted, talk.Student), (at.Kind, at.SubjectId));
            foreach (var result in results.Select(r => r[0]))
            {
                if (result.Verdict == AppendVerdict.Stored) Assert.True(result.Message!.Seq < at.Seq, "stored behind the mute");
                else Assert.Equal(AppendVerdict.Muted, result.Verdict);
            }

            Assert.Equal(ChangeVerdict.Changed, (await talk.Changes.MuteAsync(talk.Room, talk.Teacher, talk.Student, null, Deadline.Token())).Verdict);
        }
    }

    [Fact]
    public async Task What_is_read_again_is_what_was_announced()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var muted = await talk.Changes.MuteAsync(talk.Room, talk.Teacher, talk.Student, DateTimeOffset.UtcNow.AddHours(1), Deadline.Token());
        var slowed = await talk.Changes.SetSlowModeAsync(talk.Room, talk.Teacher, 30, Deadline.Token());

        var read = await talk.EventsAsync(talk.Parent, after: muted.Committed.RoomEvents[0].Seq - 1);

        Assert.Equal(
            new[] { muted, slowed }.Select(change => change.Committed.RoomEvents[0]).Select(e => (e.Seq, e.Kind, e.ActorId, e.SubjectId, Convert.ToHexString(e.Data.Span))),
            read.Select(e => (e.Seq, e.Kind, e.ActorId, e.SubjectId, Convert.ToHexString(e.Data.Span))));
    }

    [Fact]
    public async Task Two_messages_of_one_batch_are_two_in_slow_mode()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        await talk.Changes.SetSlowModeAsync(talk.Room, talk.Teacher, 30, Deadline.Token());
        MessageDraft Draft(long who, string id) => new(talk.Room, who, id, id, null);

        var results = await talk.Log.AppendAsync(
            [Draft(talk.Student, "1"), Draft(talk.Student, "2"), Draft(talk.Parent, "3"), Draft(talk.Teacher, "4"), Draft(talk.Teacher, "5"), Draft(talk.Student, "1")],
            RoomLocks.Wait,
            Deadline.Token());

        Assert.Equal(
            [AppendVerdict.Stored, AppendVerdict.SlowMode, AppendVerdict.Stored, AppendVerdict.Stored, AppendVerdict.Stored, AppendVerdict.Stored],
            results.Select(r => r.Verdict));
        Assert.Equal(30, results[1].RetryAfter);
        Assert.False(results[5].IsNew);
    }
}
