using TheBot.ChatApi.Delivery;
using TheBot.Data.Presence;

namespace TheBot.Tests.Delivery;

/// <summary>What those who watch a room are told of who is in it, when the table knows less than is so.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class PresenceViewTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Nobody_leaves_while_a_missing_row_may_only_mean_that_it_was_not_written_again_yet()
    {
        await using var room = await Followers.OpenAsync(postgres, new DeliveryOptions());
        var (table, replica) = (new PresenceTable(room.School.Database), Guid.NewGuid());
        var watching = new FakeConnection(room.Student, room.Options);
        await room.SubscribeAsync(watching, snapshot => snapshot.Head);
        var view = new PresenceView(table, room.Feeds) { BelievesAbsence = true };
        await view.BeginAsync([room.Room], Deadline.Token());
        await WriteAsync();
        await view.TellAsync([room.Room], Deadline.Token());
        await watching.UntilAsync(c => c.Texts.Contains("Joined"), "the arrival");

        // a crash of the database empties the table, and its replica has not come round to writing it again
        await room.School.ExecuteAsync("TRUNCATE replicas, presence");
        view.BelievesAbsence = false;
        await view.TellAsync([room.Room], Deadline.Token());
        await WriteAsync();
        view.BelievesAbsence = true;
        await view.TellAsync([room.Room], Deadline.Token());

        // and then they do leave
        await table.WriteAsync(replica, [], [(room.Room, room.Teacher)], Deadline.Token());
        await view.TellAsync([room.Room], Deadline.Token());
        await watching.UntilAsync(c => c.Texts.Contains("Left"), "the real leave");
        Assert.Equal(["Joined", "Left"], watching.Texts);

        async Task WriteAsync()
        {
            await table.RenewAsync(replica, TimeSpan.FromMinutes(1), Deadline.Token());
            await table.WriteAsync(replica, [(room.Room, room.Teacher)], [], Deadline.Token());
        }
    }
}
