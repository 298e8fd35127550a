using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TheBot.ChatApi.Delivery;
using TheBot.Data.Log;
using TheBot.Data.Schema;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Delivery;

/// <summary>One room of a small school and one replica's feeds on it: the real log, connections that write down what they get.</summary>
internal sealed class Followers : IAsyncDisposable
{
    private int _sent;

    private Followers(School school, long student, long teacher, long room, DeliveryOptions options)
    {
        (School, Student, Teacher, Room, Options) = (school, student, teacher, room, options);
        Log = new RoomLog(school.Database);
        Feeds = new Feeds(Log, new UserLog(school.Database), Microsoft.Extensions.Options.Options.Create(options), NullLogger<Feeds>.Instance);
    }

    public School School { get; }
    public long Student { get; }
    public long Teacher { get; }
    public long Room { get; }
    public DeliveryOptions Options { get; }
    public RoomLog Log { get; }
    public Feeds Feeds { get; }

    public static async Task<Followers> OpenAsync(ScratchPostgres postgres, DeliveryOptions options)
    {
        var school = await School.OpenAsync(postgres);
        var (student, teacher) = (await school.PersonAsync(Role.Student), await school.PersonAsync(Role.Teacher));
        var enrollment = await school.EnrollAsync(student, await school.SubjectAsync(), teacher);
        return new Followers(school, student, teacher, Assert.Single(enrollment.Rooms).Id, options);
    }

    /// <summary>Appends a few messages without telling anybody.</summary>
    public async Task AppendAsync(int messages)
    {
        var drafts = Enumerable.Range(0, messages).Select(_ => new MessageDraft(Room, Student, $"c{Interlocked.Increment(ref _sent)}", "текст", null)).ToList();
        var results = await Log.AppendAsync(drafts, RoomLocks.Wait, Deadline.Token());
        Assert.All(results, r => Assert.Equal(AppendVerdict.Stored, r.Verdict));
    }

    /// <summary>Announces what was committed after <paramref name="after"/> as a lossy bell would: shuffled, doubled, with holes, or only as a head. The head.</summary>
    public async Task<long> RingAsync(long after, Random random)
    {
        var events = await Log.ReadAsync(Room, after, 10_000, null, Deadline.Token());
        if (events.Count == 0) return after;
        switch (random.Next(4))
        {
            case 0:
                break;
            case 1:
                Feeds.RoomHeadSeen(Room, events[^1].Seq);
                break;
            default:
                var heard = events.Concat(events).Where(_ => random.Next(3) > 0).ToArray();
                random.Shuffle(heard);
                Feeds.Offer(new Committed(heard, []));
                break;
        }

        return events[^1].Seq;
    }

    /// <summary>As a transport does it: follow, then ask for rights, then go live. Null = no access.</summary>
    public async Task<RoomSnapshot?> SubscribeAsync(FakeConnection connection, Func<RoomSnapshot, long> from)
    {
        var subscription = await Feeds.FollowAsync(connection, Room);
        connection.Subscriptions[Room] = subscription;
        if (await Log.SnapshotAsync(Room, connection.UserId, 50, Deadline.Token()) is not { } room)
        {
            subscription.End();
            return null;
        }

        await subscription.GoLiveFromAsync(Math.Clamp(from(room), room.VisibleFromSeq, room.Head), Deadline.Token()).WaitAsync(Deadline.Token());
        return room;
    }

    /// <summary>The whole log, as its reader would see it without any feed.</summary>
    public Task<List<RoomEvent>> EverythingAsync() => Log.ReadAsync(Room, 0, 1_000_000, null, Deadline.Token());

    public async ValueTask DisposeAsync() => await School.DisposeAsync();
}
