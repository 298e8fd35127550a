using TheBot.Data.Log;

namespace TheBot.Tests.Messages;

/// <summary>Who waits for a room's lock is judged and numbered by what its last holder left, not by what there was before the wait.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class WaitedRoomTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task A_mute_and_an_event_of_the_holder_count_for_those_who_waited()
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 1);
        var (room, log) = (lessons.Rooms[0], new RoomLog(lessons.School.Database));
        var head = await lessons.School.ScalarAsync<long>("SELECT head_seq FROM rooms WHERE id = $1", room);
        await using var hold = await lessons.HoldAsync(room);
        await hold.DoAsync("UPDATE room_members SET muted_until = now() + interval '1 hour' WHERE room_id = $1 AND user_id = $2", room, lessons.Student);
        await hold.DoAsync("INSERT INTO room_events (room_id, seq, kind, created_at) VALUES ($1, $2, 20, now())", room, head + 1);
        await hold.DoAsync("UPDATE rooms SET head_seq = $2 WHERE id = $1", room, head + 1);

        var waiting = log.AppendAsync(
            [new MessageDraft(room, lessons.Student, "s", "успел?", null), new MessageDraft(room, lessons.Teacher, "t", "да", null)], RoomLocks.Wait, Deadline.Token());
        await hold.WantedAsync();
        await hold.ReleaseAsync();

        var results = await waiting;
        Assert.Equal([AppendVerdict.Muted, AppendVerdict.Stored], results.Select(result => result.Verdict));
        Assert.Equal(head + 2, results[1].Message!.Seq);
    }
}
