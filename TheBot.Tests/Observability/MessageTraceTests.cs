using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Observability;
using TheBot.Data.Log;
using TheBot.Tests.Delivery;
using TheBot.Tests.Messages;

namespace TheBot.Tests.Observability;

/// <summary>One message as one trace, wherever it goes.</summary>
[Collection(ScratchPostgresTests.Name)]
public class MessageTraceTests(ScratchPostgres postgres)
{
    [Fact]
    public async Task A_trace_goes_from_the_frame_through_the_commit_and_over_the_bell_to_each_connection_of_another_replica()
    {
        using var spans = new Spans();
        await using var talk = await Conversation.OpenAsync(postgres);
        await using var sending = new Replica(talk.School.Database.ConnectionString);
        var options = Options.Create(new DeliveryOptions());
        var other = new Feeds(talk.Log, new UserLog(talk.School.Database), options, NullLogger<Feeds>.Instance);
        FakeConnection[] readers = [new(talk.Teacher, options.Value), new(talk.Parent, options.Value)];
        var head = await talk.HeadAsync();
        foreach (var reader in readers)
        {
            var subscription = await other.FollowAsync(reader, talk.Room);
            subscription.VisibleFromSeq = reader == readers[0] ? 0 : head; // one was there always, the other has just come into the room
            await subscription.GoLiveFromAsync(head, Deadline.Token());
        }


        var sent = await sending.Send(talk.Room, talk.Student, "hello").OutcomeAsync();
        await Deadline.UntilAsync(() => Task.FromResult(sending.Announced.Count), count => count == 1, "announced");
        other.Offer(BellCodec.Read(BellCodec.Write(Guid.NewGuid(), [.. sending.Announced], []), Guid.NewGuid())!.Committed);
        foreach (var reader in readers) await reader.UntilAsync(r => r.Seqs.Count == 1, "heard");

        var send = await spans.OneAsync("chat.send", span => Equals(span.GetTagItem("thebot.seq"), sent.Message!.Seq) && Equals(span.GetTagItem("thebot.room.id"), talk.Room));
        var commit = await spans.OneAsync("chat.commit", span => span.ParentSpanId == send.SpanId);
        var fanOut = await spans.OneAsync("chat.fan_out", span => span.ParentSpanId == send.SpanId);
        Assert.True(fanOut.HasRemoteParent);
        var delivered = await spans.SomeAsync(2, "chat.deliver", span => span.ParentSpanId == fanOut.SpanId);
        Assert.All([commit, fanOut, .. delivered], span => Assert.Equal(send.TraceId, span.TraceId));
        Assert.Null(send.Parent);
        Assert.All([commit, .. delivered], span => Assert.True(span.StartTimeUtc >= send.StartTimeUtc));
    }

    [Fact]
    public async Task Messages_that_share_a_commit_all_show_it_and_a_refused_one_shows_its_code()
    {
        using var spans = new Spans();
        await using var talk = await Conversation.OpenAsync(postgres);
        await using var replica = new Replica(talk.School.Database.ConnectionString);
        await Sent.AllAsync(Enumerable.Range(0, 50).Select(n => replica.Send(talk.Room, talk.Student, $"hello {n}")));
        await replica.Send(talk.Room, talk.Stranger, "let me in").OutcomeAsync();

        var sends = await spans.SomeAsync(51, "chat.send", span => Equals(span.GetTagItem("thebot.room.id"), talk.Room));
        foreach (var send in sends) await spans.OneAsync("chat.commit", span => span.ParentSpanId == send.SpanId && span.TraceId == send.TraceId);
        var shared = spans.Of("chat.commit", span => sends.Any(send => send.TraceId == span.TraceId)).Where(span => span.Links.Any()).ToList();
        Assert.NotEmpty(shared);
        Assert.All(shared, span => Assert.True((int)span.GetTagItem("thebot.batch.size")! > 1));
        var refused = Assert.Single(sends, send => send.Status == ActivityStatusCode.Error);
        Assert.Equal("access_denied", refused.GetTagItem("error.type"));
        Assert.Null(refused.GetTagItem("thebot.seq"));
    }

    [Fact]
    public async Task The_lag_is_measured_when_the_socket_has_taken_the_event_and_not_before()
    {
        var lags = new ConcurrentQueue<double>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: ChatMetrics.Name, Name: "thebot.chat.delivery.lag" }) listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<double>((_, lag, _, _) => lags.Enqueue(lag));
        meters.Start();
        await using var talk = await Conversation.OpenAsync(postgres);
        var options = Options.Create(new DeliveryOptions());
        var feeds = new Feeds(talk.Log, new UserLog(talk.School.Database), options, NullLogger<Feeds>.Instance);
        var reader = new FakeConnection(talk.Teacher, options.Value);
        var head = await talk.HeadAsync();
        await (await feeds.FollowAsync(reader, talk.Room)).GoLiveFromAsync(head, Deadline.Token());

        // a commit of long ago tells this event's measure from those of tests beside this one
        var longAgo = DateTimeOffset.UtcNow.AddDays(-1);
        reader.Stop();
        feeds.Offer(new Committed([new RoomEvent(talk.Room, head + 1, Data.Schema.RoomEventKind.RoomUpdated, longAgo, null, null, "{}"u8.ToArray())], []));
        await reader.UntilAsync(r => r.Writes.Count == 1, "the write has begun");
        Assert.DoesNotContain(lags, IsOfThisEvent);

        reader.GoOn();
        await Deadline.UntilAsync(() => Task.FromResult(lags.Count(IsOfThisEvent)), count => count == 1, "measured once");

        static bool IsOfThisEvent(double lag) => lag is > 86_000 and < 87_000;
    }

    /// <summary>All spans of the product that end meanwhile.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = [];
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == ChatMetrics.Name,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> Of(string name, Func<Activity, bool> fits) => [.. _ended.Where(span => span.OperationName == name && fits(span))];

        public async Task<Activity> OneAsync(string name, Func<Activity, bool> fits) => (await SomeAsync(1, name, fits))[0];

        public async Task<IReadOnlyList<Activity>> SomeAsync(int count, string name, Func<Activity, bool> fits)
        {
            await Deadline.UntilAsync(() => Task.FromResult(Of(name, fits).Count), found => found >= count, $"{count} {name}");
            var spans = Of(name, fits);
            Assert.Equal(count, spans.Count);
            return spans;
        }

        public void Dispose() => _listener.Dispose();
    }
}
