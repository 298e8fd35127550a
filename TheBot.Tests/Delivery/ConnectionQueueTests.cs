using TheBot.ChatApi.Delivery;

namespace TheBot.Tests.Delivery;

/// <summary>What waits for one connection: in order, bounded, and never at the expense of others.</summary>
public sealed class ConnectionQueueTests
{
    private static readonly HintKey Typing = new(1, 7, HintFamily.Typing);

    [Fact]
    public async Task Frames_of_several_threads_go_out_in_each_ones_order_and_together()
    {
        var connection = Connection(frames: 1_000_000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 1; i <= 5_000; i++) connection.Queue.Enqueue(new TestFrame(i, $"{thread}", Size: 1));
        })));
        await connection.UntilAsync(c => c.Taken.Count == 20_000, "all frames");

        foreach (var one in connection.Taken.GroupBy(f => f.Text)) Assert.Equal(Enumerable.Range(1, 5_000).Select(i => (long)i), one.Select(f => f.Seq));

        // what comes during a write goes out with the next one
        var busy = await StoppedAsync();
        for (var i = 1; i <= 50; i++) busy.Queue.Enqueue(new TestFrame(i));
        busy.GoOn();
        await busy.UntilAsync(c => c.Seqs.Count == 50, "the fifty");
        Assert.Equal([1, 50], busy.Writes);
    }

    [Fact]
    public async Task A_full_queue_says_too_slow_last_and_keeps_nobody_waiting()
    {
        foreach (var byBytes in new[] { false, true })
        {
            var slow = await StoppedAsync(frames: byBytes ? 1_000 : 20, bytes: 64 * 1024);
            var paced = slow.Queue.WriteAsync([new TestFrame(1)]);
            for (var i = 0; i < 100; i++) slow.Queue.Enqueue(new TestFrame(2, Size: byBytes ? 4_000 : 1)); // returns at once, or this test does not end
            await paced.WaitAsync(Deadline.Token());
            Assert.True(slow.Queue.WriteAsync([new TestFrame(3)]).IsCompleted);

            slow.GoOn();
            await slow.UntilAsync(c => c.Texts.Contains("too slow"), "the last word");
            Assert.Equal(["first", "too slow"], slow.Texts);
        }
    }

    [Fact]
    public void By_default_the_bounds_are_those_of_the_old_channel_layer() =>
        Assert.Equal((1_500, TimeSpan.FromSeconds(10)), (new DeliveryOptions().QueueFrames, new DeliveryOptions().WriteTimeout));

    [Fact]
    public async Task The_last_frame_comes_behind_all_others_and_before_none()
    {
        var connection = await StoppedAsync();
        connection.Queue.Enqueue(new TestFrame(1, "a"));
        connection.Queue.EnqueueLast(new TestFrame(0, "last"));
        connection.Queue.Enqueue(new TestFrame(2, "late"));
        connection.Queue.EnqueueLast(new TestFrame(0, "later"));
        Assert.True(connection.Queue.WriteAsync([new TestFrame(3)]).IsCompleted);
        connection.GoOn();
        await connection.UntilAsync(c => c.Texts.Contains("last"), "the last frame");

        Assert.Equal(["first", "a", "last"], connection.Texts);
    }

    [Fact]
    public async Task Ephemerals_are_left_out_before_anything_else()
    {
        var connection = await StoppedAsync(frames: 20);
        for (var i = 1; i <= 6; i++) connection.Queue.Enqueue(new TestFrame(i, "m"));
        connection.Queue.Enqueue(new TestFrame(0, "typing", Hint: Typing));
        for (var i = 7; i <= 20; i++) connection.Queue.Enqueue(new TestFrame(i, "m"));
        connection.GoOn();
        await connection.UntilAsync(c => c.Seqs.Count == 20, "all messages");

        Assert.DoesNotContain("typing", connection.Texts);
        Assert.DoesNotContain("too slow", connection.Texts);
    }

    [Fact]
    public async Task Of_ephemerals_with_the_same_key_only_the_newest_waits()
    {
        var connection = await StoppedAsync(frames: 20);
        for (var i = 1; i <= 1_000; i++)
        {
            connection.Queue.Enqueue(new TestFrame(0, $"typing {i}", Hint: new HintKey(1, 7, HintFamily.Typing)));
            connection.Queue.Enqueue(new TestFrame(0, $"presence {i}", Hint: new HintKey(1, 7, HintFamily.Presence)));
            connection.Queue.Enqueue(new TestFrame(0, $"other room {i}", Hint: new HintKey(2, 7, HintFamily.Typing)));
            connection.Queue.Enqueue(new TestFrame(0, $"other person {i}", Hint: new HintKey(1, 8, HintFamily.Typing)));
        }

        connection.GoOn();
        await connection.UntilAsync(c => c.Taken.Count >= 5, "the newest");
        Assert.Equal(["first", "typing 1000", "presence 1000", "other room 1000", "other person 1000"], connection.Texts);

        // what was written is no longer there to be replaced
        connection.Queue.Enqueue(new TestFrame(0, "typing again", Hint: Typing));
        await connection.UntilAsync(c => c.Texts[^1] == "typing again", "the next hint");
    }

    [Fact]
    public void Keys_of_ephemerals_tell_rooms_families_and_people_apart()
    {
        static HintKey Key(EphemeralKind kind, long room = 1, long person = 7) => new Ephemeral(room, kind, new EphemeralPerson(person, "", "", "", "")).Key;

        Assert.Equal(Key(EphemeralKind.Typing), Key(EphemeralKind.TypingStopped));
        Assert.Equal(Key(EphemeralKind.Joined), Key(EphemeralKind.Left));
        Assert.NotEqual(Key(EphemeralKind.Typing), Key(EphemeralKind.Joined));
        Assert.NotEqual(Key(EphemeralKind.Typing), Key(EphemeralKind.Typing, room: 2));
        Assert.NotEqual(Key(EphemeralKind.Typing), Key(EphemeralKind.Typing, person: 8));
    }

    [Fact]
    public async Task A_paced_write_ends_when_it_is_written_and_counts_against_no_bound()
    {
        var connection = await StoppedAsync(frames: 20, bytes: 64 * 1024);
        var page = connection.Queue.WriteAsync([.. Enumerable.Range(1, 100).Select(i => new TestFrame(i, Size: 40_000))]);
        for (var i = 101; i <= 120; i++) connection.Queue.Enqueue(new TestFrame(i, Size: 1_000));
        Assert.False(page.IsCompleted);

        connection.GoOn();
        await page.WaitAsync(Deadline.Token());
        Assert.True(connection.Seqs.Count >= 100);
        await connection.UntilAsync(c => c.Seqs.Count == 120, "page and live frames");
        Assert.Equal(Enumerable.Range(1, 120).Select(i => (long)i), connection.Seqs);
    }

    [Fact]
    public async Task A_paced_write_ends_when_the_queue_is_closed_or_breaks()
    {
        var closed = Connection();
        closed.Stop();
        var writing = closed.Queue.WriteAsync([new TestFrame(1)]);
        await closed.UntilAsync(c => c.Writes.Count == 1, "the write");
        var waiting = closed.Queue.WriteAsync([new TestFrame(2)]);
        closed.Queue.Abandon();
        await Task.WhenAll(writing, waiting).WaitAsync(Deadline.Token());

        var broken = await StoppedAsync();
        var lost = broken.Queue.WriteAsync([new TestFrame(1)]);
        broken.Break(new IOException("gone"));
        await lost.WaitAsync(Deadline.Token());
        await broken.UntilAsync(c => c.BrokenBy is IOException, "the news");
        broken.Queue.Enqueue(new TestFrame(2));
        Assert.Empty(broken.Taken);
    }

    [Fact]
    public async Task A_write_that_does_not_move_is_stuck_and_one_that_does_is_not()
    {
        var time = new HandTime();
        var connection = new FakeConnection(1, new DeliveryOptions { WriteTimeout = TimeSpan.FromSeconds(10) }, time);
        Assert.False(connection.Queue.IsStuck());
        connection.Stop();
        connection.Queue.Enqueue(new TestFrame(1));
        await connection.UntilAsync(c => c.Writes.Count == 1, "the write");

        time.Pass(TimeSpan.FromSeconds(9));
        Assert.False(connection.Queue.IsStuck());
        connection.Queue.Progressed();
        time.Pass(TimeSpan.FromSeconds(9));
        Assert.False(connection.Queue.IsStuck());
        time.Pass(TimeSpan.FromSeconds(2));
        Assert.True(connection.Queue.IsStuck());

        connection.GoOn();
        await Deadline.UntilAsync(() => Task.FromResult(connection.Queue.IsStuck()), stuck => !stuck, "the end of the write");
    }

    private static FakeConnection Connection(int frames = 1_500, int bytes = 1024 * 1024) =>
        new(1, new DeliveryOptions { QueueFrames = frames, QueueBytes = bytes });

    /// <summary>A connection in the middle of a write of one frame.</summary>
    private static async Task<FakeConnection> StoppedAsync(int frames = 1_500, int bytes = 1024 * 1024)
    {
        var connection = Connection(frames, bytes);
        connection.Stop();
        connection.Queue.Enqueue(new TestFrame(0, "first"));
        await connection.UntilAsync(c => c.Writes.Count == 1, "the first write");
        return connection;
    }

    private sealed class HandTime : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public void Pass(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);
    }
}
