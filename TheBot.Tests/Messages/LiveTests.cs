using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Transports.SignalR;
using TheBot.ChatApi.Transports.WebSockets;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Tests.Messages;

/// <summary>What is announced, what the bell carries and what the log gives are the same.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class LiveTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task Live_events_equal_a_fresh_read_of_the_log()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var said = await talk.SayAsync(talk.Student, "\"в пять\" <b>👋</b>\n— или в шесть?");
        Func<Task<ChangeResult>>[] changes =
        [
            () => talk.EditAsync(talk.Student, said, "в \\шесть\\ ↔ 🎉"),
            () => talk.ReactAsync(talk.Parent, said, "👩‍👩‍👧‍👦"),
            () => talk.ReactAsync(talk.Parent, said, "👩‍👩‍👧‍👦", present: false),
            () => talk.PinAsync(talk.Teacher, said),
            () => talk.PinAsync(talk.Teacher, said, pinned: false),
            () => talk.Changes.LockAsync(talk.Room, talk.Teacher, true, Deadline.Token()),
            () => talk.DeleteAsync(talk.Student, said),
        ];
        foreach (var change in changes)
        {
            var live = Assert.Single((await change()).Committed.RoomEvents);
            var heard = Assert.Single(BellCodec.Read(BellCodec.Write(Guid.NewGuid(), [live], []), Guid.NewGuid())!.Committed.RoomEvents);
            var read = Assert.Single(await talk.EventsAsync(talk.Teacher, after: live.Seq - 1));

            Assert.Equal(Said(read), Said(live));
            Assert.Equal(Said(read), Said(heard));
            foreach (IDialect dialect in new IDialect[] { SeedDialect.Instance, V1Dialect.Instance })
            {
                Assert.Equal((dialect.Render(read) as RawFrame)?.Bytes, (dialect.Render(live) as RawFrame)?.Bytes);
                Assert.Equal((dialect.Render(read) as RawFrame)?.Bytes, (dialect.Render(heard) as RawFrame)?.Bytes);
            }

            Assert.NotNull(HubDialect.Instance.Render(live));
        }
    }

    [Fact]
    public async Task A_feed_that_heard_a_deletion_has_the_text_no_more()
    {
        await using var talk = await Conversation.OpenAsync(postgres);
        var options = Options.Create(new DeliveryOptions());
        var feeds = new Feeds(talk.Log, new UserLog(talk.School.Database), options, NullLogger<Feeds>.Instance);
        var first = new Reader(talk.Teacher, options.Value);
        await FollowAsync(feeds, first, talk.Room, await talk.HeadAsync());
        var before = await talk.HeadAsync();
        var said = await talk.SayAsync(talk.Student, "тайное");
        feeds.RoomHeadSeen(talk.Room, said.Seq);
        await first.UntilAsync("тайное");
        feeds.Offer((await talk.DeleteAsync(talk.Student, said)).Committed);
        await first.UntilAsync("message.deleted");

        var second = new Reader(talk.Parent, options.Value);
        await FollowAsync(feeds, second, talk.Room, before);
        await second.UntilAsync("message.deleted");

        Assert.DoesNotContain("тайное", second.Seen, StringComparison.Ordinal);
        Assert.Contains("message.created", second.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_whose_message_is_gone_keeps_its_place_and_breaks_no_dialect()
    {
        foreach (var kind in Enum.GetValues<RoomEventKind>().Where(k => k.IsAboutMessage()))
        {
            var bare = new RoomEvent(1, 2, kind, DateTimeOffset.UnixEpoch, 3, null, "{}"u8.ToArray(), "{\"emoji\":\"👍\"}"u8.ToArray());
            Assert.Null(SeedDialect.Instance.Render(bare));
            Assert.Null(HubDialect.Instance.Render(bare));
            Assert.Contains("\"seq\":2", Encoding.UTF8.GetString(((RawFrame)V1Dialect.Instance.Render(bare)!).Bytes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_read_hint_survives_the_bell_and_the_seeds_clients_hear_nothing_of_it()
    {
        var hint = new Ephemeral(5, EphemeralKind.Read, new EphemeralPerson(1, "u", "Анна", "П", "parent"), 70_000);

        var heard = Assert.Single(BellCodec.Read(BellCodec.Write(Guid.NewGuid(), hint), Guid.NewGuid())!.Ephemerals);

        Assert.Equal(hint, heard);
        Assert.Null(SeedDialect.Instance.Render(heard));
        Assert.True(HubDialect.Instance.Render(heard)!.IsEphemeral);
        Assert.Contains("read.updated", Encoding.UTF8.GetString(((RawFrame)V1Dialect.Instance.Render(heard)!).Bytes), StringComparison.Ordinal);
    }

    private static string Said(RoomEvent e) =>
        $"{e.RoomId} {e.Seq} {e.Kind} {e.At:O} {e.ActorId} {e.SubjectId} {Encoding.UTF8.GetString(e.Data.Span)} {Encoding.UTF8.GetString(e.Extra.Span)}";

    private static async Task FollowAsync(Feeds feeds, Reader reader, long room, long position)
    {
        var subscription = await feeds.FollowAsync(reader, room);
        await subscription.GoLiveFromAsync(position, Deadline.Token());
    }

    /// <summary>A connection that writes down what it is sent, in v1's words.</summary>
    private sealed class Reader(long userId, DeliveryOptions options)
        : LiveConnection(new Identity(userId, "reader", "", "", "", "parent", false, null, []), V1Dialect.Instance, options, TimeProvider.System, NullLogger.Instance)
    {
        private readonly StringBuilder _seen = new();

        public string Seen
        {
            get
            {
                lock (_seen) return _seen.ToString();
            }
        }

        public override OutFrame TooSlow => throw new InvalidOperationException("too slow");

        public Task UntilAsync(string text) => Deadline.UntilAsync(() => Task.FromResult(Seen), seen => seen.Contains(text, StringComparison.Ordinal), text);

        public override ValueTask WriteAsync(IReadOnlyList<OutFrame> frames)
        {
            lock (_seen)
            {
                foreach (var frame in frames) _seen.Append(Encoding.UTF8.GetString(((RawFrame)frame).Bytes));
            }

            return ValueTask.CompletedTask;
        }

        public override void Removed(long roomId) => throw new InvalidOperationException("removed");

        public override void Tell(UserEvent userEvent)
        {
        }

        public override void Close(int code, string reason) => throw new InvalidOperationException(reason);

        public override void Abort() => throw new InvalidOperationException("aborted");

        public override void Broken(Exception exception) => throw new InvalidOperationException("broken", exception);
    }
}
