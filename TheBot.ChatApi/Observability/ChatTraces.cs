using System.Diagnostics;

namespace TheBot.ChatApi.Observability;

/// <summary>
/// One message as a trace, from the frame to each delivery: <c>chat.send</c> (taken in until answered), below it <c>chat.commit</c> (the batch it
/// shared) and, on every replica that has listeners, <c>chat.fan_out</c> with a <c>chat.deliver</c> for each connection.
/// </summary>
/// <remarks>The spans carry numbers and codes: no text, name or token. While nobody listens, nothing is made.</remarks>
internal static class ChatTraces
{
    private static readonly ActivitySource Source = new(ChatMetrics.Name);

    /// <summary>A message was taken in. Ends with <see cref="EndSend"/>, on whatever thread.</summary>
    public static Activity? StartSend(long roomId)
    {
        if (!Source.HasListeners()) return null;
        var before = Activity.Current;
        var send = Source.StartActivity("chat.send", ActivityKind.Consumer);
        Activity.Current = before; // it ends elsewhere, and this thread reads the next frame
        send?.SetTag("thebot.room.id", roomId);
        return send;
    }

    /// <param name="send">Of <see cref="StartSend"/>.</param>
    /// <param name="seq">Where the message stands in the room's log; null = it was refused.</param>
    /// <param name="error">The code of the refusal.</param>
    public static void EndSend(Activity? send, long? seq, string? error)
    {
        if (send is null) return;
        if (seq is not null) send.SetTag("thebot.seq", seq);
        if (error is not null) send.SetTag("error.type", error).SetStatus(ActivityStatusCode.Error);
        Stop(send);
    }

    /// <summary>A batch is on its way to the database: a span of the first message's trace, and current, so that the driver's span stands below it.</summary>
    public static Activity? StartCommit(IEnumerable<Activity?> sends)
    {
        if (!Source.HasListeners() || sends.FirstOrDefault(send => send is not null) is not { } first) return null;
        return Source.StartActivity("chat.commit", ActivityKind.Client, first.Context);
    }

    /// <summary>The batch is committed: every other message's trace gets the same span, with a link to the one that has the driver's span below it.</summary>
    public static void EndCommit(Activity commit, IReadOnlyList<Activity?> sends)
    {
        commit.SetTag("thebot.batch.size", sends.Count);
        Stop(commit);
        foreach (var send in sends)
        {
            if (send is null || send.SpanId == commit.ParentSpanId) continue;
            Span("chat.commit", ActivityKind.Client, send.Context, commit.StartTimeUtc, commit.StartTimeUtc + commit.Duration, commit.TagObjects, [new ActivityLink(commit.Context)]);
        }
    }

    /// <summary>An event begins to go to this replica's connections; null where nobody traces it.</summary>
    public static Activity? StartFanOut(ActivityContext trace, long seq)
    {
        if (trace == default || !Source.HasListeners()) return null;
        return Source.StartActivity("chat.fan_out", ActivityKind.Consumer, trace)?.SetTag("thebot.seq", seq);
    }

    /// <summary>A connection's socket took the event now.</summary>
    public static void Delivered(ActivityContext fanOut, DateTimeOffset queued, DateTimeOffset now) =>
        Span("chat.deliver", ActivityKind.Producer, fanOut, queued.UtcDateTime, now.UtcDateTime);

    /// <summary>A span of something that is over.</summary>
    private static void Span(
        string name, ActivityKind kind, ActivityContext parent, DateTime from, DateTime to, IEnumerable<KeyValuePair<string, object?>>? tags = null, IEnumerable<ActivityLink>? links = null)
    {
        var before = Activity.Current;
        Source.StartActivity(name, kind, parent, tags, links, from)?.SetEndTime(to).Stop();
        Activity.Current = before;
    }

    /// <summary>Stopping makes the activity's predecessor current, which is somebody else's where it began on another thread.</summary>
    private static void Stop(Activity activity)
    {
        var current = Activity.Current;
        activity.Stop();
        if (current != activity) Activity.Current = current;
    }
}
