using Microsoft.Extensions.Logging.Abstractions;
using TheBot.ChatApi.Delivery;
using Xunit.Abstractions;

namespace TheBot.Tests.Delivery;

/// <summary>A feed hands on every seq once and in order, whatever it hears and whenever.</summary>
public sealed class LogFeedTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Every_seq_once_and_in_order_whatever_is_announced_whenever()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        for (var round = 0; round < 400; round++)
        {
            var random = new Random(seed + round);
            var feed = new MemoryFeed(new Random(seed - round), failing: round % 4 == 0);
            feed.Grow(random.Next(0, 300));
            var last = random.Next(1, 500) + feed.Log;
            var listeners = Enumerable.Range(0, 3).Select(i => Task.Run(() => Announce(feed, new Random(seed + (round * 7) + i), last))).ToList();
            var writer = Task.Run(() =>
            {
                for (var left = last - feed.Log; left > 0;)
                {
                    var some = Math.Min(left, random.Next(1, 40));
                    feed.Grow((int)some);
                    left -= some;
                    if (random.Next(3) == 0) Thread.Yield();
                }
            });
            if (random.Next(2) == 0) Thread.Yield();
            await feed.StartAsync().WaitAsync(Deadline.Token());
            await Task.WhenAll([writer, .. listeners]);
            feed.HeadSeen(last);
            await Deadline.UntilAsync(() => Task.FromResult(feed.Handed), handed => handed.Count > 0 ? handed[^1] == last : feed.From == last, $"seed {seed}, round {round}");

            Assert.Equal(Enumerable.Range(1, (int)(last - feed.From)).Select(i => feed.From + i), feed.Handed);
        }
    }

    [Fact]
    public async Task An_event_beyond_the_next_is_enough_to_read_what_is_between()
    {
        var feed = new MemoryFeed(new Random(1), failing: false);
        await feed.StartAsync();
        feed.Grow(3);
        feed.Offer(3); // and no head is ever compared

        await Deadline.UntilAsync(() => Task.FromResult(feed.Handed.Count), count => count == 3, "the gap to be read");
        Assert.Equal([1L, 2, 3], feed.Handed);
    }

    /// <summary>Two replicas that write to one room in turns each hear of their own commit first: reading the log for every message would cost more than writing it.</summary>
    [Fact]
    public async Task What_is_heard_in_the_wrong_order_is_put_right_without_reading_the_log()
    {
        // where the machine stands still for longer than a feed waits, reading is right: once in a hundred it must not have been needed
        for (var round = 0; round < 100; round++)
        {
            var feed = new MemoryFeed(new Random(1), failing: false);
            await feed.StartAsync();
            feed.Grow(4);
            foreach (var seq in new[] { 3, 4, 2, 1 }) feed.Offer(seq);

            await Deadline.UntilAsync(() => Task.FromResult(feed.Handed.Count), count => count == 4, "all four");
            Assert.Equal([1L, 2, 3, 4], feed.Handed);
            if (feed.Reads == 0) return;
        }

        Assert.Fail("the log was read every time");
    }

    [Fact]
    public async Task What_is_announced_while_an_empty_page_is_read_is_not_forgotten()
    {
        var feed = new MemoryFeed(new Random(1), failing: false);
        await feed.StartAsync();
        feed.Grow(200); // as long as a page: the feed has to look whether there is more
        feed.AfterEmptyPage = () =>
        {
            feed.Grow(1);
            feed.Offer(201);
        };
        feed.HeadSeen(200);

        await Deadline.UntilAsync(() => Task.FromResult(feed.Handed.Count), count => count == 201, "what came meanwhile");
    }

    /// <summary>What is committed so far, in any order, some twice, some not at all, some as a head.</summary>
    private static void Announce(MemoryFeed feed, Random random, long last)
    {
        while (true)
        {
            var log = feed.Log;
            for (var i = 0; i < 20 && log > 0; i++)
            {
                var seq = Math.Max(1, log - random.Next(0, random.Next(2) == 0 ? 4 : 60));
                if (random.Next(8) == 0) feed.HeadSeen(seq);
                else feed.Offer(seq);
            }

            if (log >= last) return;
        }
    }

    /// <summary>A log in memory; its events are their seqs.</summary>
    private sealed class MemoryFeed(Random random, bool failing) : LogFeed<long>(NullLogger.Instance)
    {
        private readonly List<long> _handed = [];
        private long _log;
        private int _failures;
        private int _reads;

        public long Log => Volatile.Read(ref _log);

        /// <summary>The head when the feed started.</summary>
        public long From { get; private set; }

        public Action? AfterEmptyPage { get; set; }

        public int Reads => Volatile.Read(ref _reads);

        public IReadOnlyList<long> Handed
        {
            get
            {
                lock (Gate) return [.. _handed];
            }
        }

        public void Grow(int events) => Interlocked.Add(ref _log, events);

        protected override long SeqOf(long logEvent) => logEvent;

        protected override async Task<long> ReadHeadAsync()
        {
            await Task.Yield();
            return From = Log;
        }

        protected override async Task<List<long>> ReadAsync(long afterSeq, int limit)
        {
            Interlocked.Increment(ref _reads);
            await Task.Yield();
            if (failing && _failures < 2 && random.Next(3) == 0)
            {
                _failures++;
                throw new IOException("the database is away");
            }

            var page = Enumerable.Range(1, (int)Math.Min(limit, Math.Max(0, Log - afterSeq))).Select(i => afterSeq + i).ToList();
            if (page.Count > 0 || AfterEmptyPage is not { } after) return page;
            AfterEmptyPage = null;
            after();
            return page;
        }

        protected override void Deliver(long logEvent) => _handed.Add(logEvent);
    }
}
