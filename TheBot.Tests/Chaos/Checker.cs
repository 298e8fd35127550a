using TheBot.Data.Schema;

namespace TheBot.Tests.Chaos;

/// <summary>Judges whether the promises were kept; knows nothing of how the product keeps them.</summary>
/// <remarks>
/// Every acknowledged message is in the database once; every reader's stream is the room's log; live and resumed together are what a fresh read
/// shows; who is removed hears nothing later; nothing counts as sent that was not acknowledged; a read shows what was acknowledged before it.
/// </remarks>
internal sealed class Checker
{
    private readonly Evidence _evidence;
    private readonly List<Violation> _found = [];

    private Checker(Evidence evidence) => _evidence = evidence;

    public static IReadOnlyList<Violation> Check(Evidence evidence)
    {
        var checker = new Checker(evidence);
        foreach (var (room, log) in evidence.Logs) checker.CheckLog(room, log);
        checker.CheckSends();
        foreach (var stream in evidence.Streams) checker.CheckStream(stream, ViolationKind.Lost);
        foreach (var fresh in evidence.FreshReads) checker.CheckStream(fresh, ViolationKind.Stale);
        checker.CompareWithFreshReads();
        checker.CheckReads();
        return checker._found;
    }

    private void Found(ViolationKind kind, string where) => _found.Add(new Violation(kind, where));

    private void CheckLog(long room, IReadOnlyList<LogLine> log)
    {
        for (var i = 0; i < log.Count; i++)
        {
            if (log[i].Seq == i + 1) continue;
            Found(log[i].Seq <= i ? ViolationKind.Doubled : ViolationKind.Lost, $"room {room}'s log: line {i + 1} has seq {log[i].Seq}");
            return;
        }
    }

    private void CheckSends()
    {
        var stored = _evidence.Logs
            .SelectMany(log => log.Value.Where(line => line.ClientId is not null).Select(line => (Key: (log.Key, line.SenderId!.Value, line.ClientId!), Line: line)))
            .ToLookup(one => one.Key, one => one.Line);
        foreach (var group in stored.Where(lines => lines.Count() > 1)) Found(ViolationKind.Doubled, $"message {group.Key} is in the log {group.Count()} times");

        foreach (var send in _evidence.Sends)
        {
            var line = stored[(send.Room, send.SenderId, send.ClientId)].FirstOrDefault();
            var name = $"{send.Sender}'s {send.ClientId} in room {send.Room}";
            switch (send.State)
            {
                case SendState.Unsettled: Found(ViolationKind.NeverSettled, name); break;
                case SendState.Refused when line is not null: Found(ViolationKind.RefusedButStored, $"{name}: {send.Error}, but seq {line.Seq}"); break;
                case SendState.Sent when send.AcknowledgedSeq is null: Found(ViolationKind.Unacknowledged, name); break;
                case SendState.Refused or SendState.Sent: break;
                default: throw new InvalidOperationException($"unknown {send.State}");
            }

            if (send.AcknowledgedSeq is not { } seq) continue;
            if (line is null) Found(ViolationKind.Lost, $"{name}: acknowledged as seq {seq}, not in the database");
            else if (line.Seq != seq || line.Content != send.Content) Found(ViolationKind.Different, $"{name}: acknowledged as seq {seq}, stored as {line.Seq}");
        }
    }

    /// <param name="stream">What was heard.</param>
    /// <param name="missing">What it is called when something at the stream's end is missing.</param>
    private void CheckStream(RoomTrace stream, ViolationKind missing)
    {
        var log = _evidence.Logs[stream.Room];
        var name = $"{stream.Reader} in room {stream.Room}";
        var removedAt = RemovalOf(stream, log);
        if (removedAt is not null && !stream.WasRemoved) Found(ViolationKind.RemovalNotTold, $"{name}: out at {removedAt}");

        var seen = new HashSet<long>();
        var newest = stream.After;
        foreach (var heard in stream.Heard)
        {
            if (!seen.Add(heard.Seq)) Found(ViolationKind.Doubled, $"{name}: {heard.Seq} twice");
            else if (heard.Seq < newest) Found(ViolationKind.Inverted, $"{name}: {heard.Seq} after {newest}");
            newest = Math.Max(newest, heard.Seq);
            if (heard.Seq >= removedAt) Found(ViolationKind.HeardAfterRemoval, $"{name}: {heard.Seq}, out at {removedAt}");
            if (heard.Seq < 1 || heard.Seq > log.Count || !Agrees(heard, log[(int)heard.Seq - 1])) Found(ViolationKind.Different, $"{name}: {heard} is not in the log");
        }

        // who was removed while they were away got what they had got until then, without a hole
        var end = removedAt is null ? log.Count : newest;
        foreach (var line in log)
        {
            if (line.Seq <= stream.After || line.Seq > end || seen.Contains(line.Seq)) continue;
            if (stream.MessagesOnly && line.Kind != RoomEventKind.MessageCreated) continue;
            Found(line.Seq > newest ? missing : ViolationKind.Lost, $"{name}: {line.Seq} ({line.Kind}) of {log.Count} is missing");
        }
    }

    /// <summary>The seq at which the stream had to end because its person was put out.</summary>
    private static long? RemovalOf(RoomTrace stream, IReadOnlyList<LogLine> log) =>
        log.FirstOrDefault(line => line.Seq > stream.RightsSince && line.Kind == RoomEventKind.MemberRemoved && line.SubjectId == stream.UserId)?.Seq;

    private static bool Agrees(Heard heard, LogLine line) =>
        heard.Kind == line.Kind && (heard.Kind != RoomEventKind.MessageCreated || (heard.ClientId == line.ClientId && heard.Content == line.Content));

    /// <summary>Said again on its own, because it is the promise that users see: whoever was there all the time and whoever opens the room now see the same.</summary>
    private void CompareWithFreshReads()
    {
        var fresh = _evidence.FreshReads.ToLookup(read => (read.UserId, read.Room));
        foreach (var stream in _evidence.Streams.Where(stream => !stream.WasRemoved))
        {
            foreach (var read in fresh[(stream.UserId, stream.Room)])
            {
                var now = read.Heard.Where(heard => heard.Seq > stream.After && (!stream.MessagesOnly || heard.Kind == RoomEventKind.MessageCreated));
                if (!now.SequenceEqual(stream.Heard)) Found(ViolationKind.Different, $"{stream.Reader} in room {stream.Room}: live and resumed differ from {read.Reader}'s fresh read");
            }
        }
    }

    /// <summary>A page shows at least what was acknowledged before it was asked for.</summary>
    private void CheckReads()
    {
        var acknowledged = _evidence.Sends.Where(send => send.AcknowledgedAt != 0).ToLookup(send => send.Room);
        foreach (var room in _evidence.Reads.GroupBy(read => read.Room))
        {
            using var sends = acknowledged[room.Key].OrderBy(send => send.AcknowledgedAt).GetEnumerator();
            var (isLeft, newest) = (sends.MoveNext(), 0L);
            foreach (var read in room.OrderBy(read => read.AskedAt))
            {
                for (; isLeft && sends.Current.AcknowledgedAt < read.AskedAt; isLeft = sends.MoveNext()) newest = Math.Max(newest, sends.Current.AcknowledgedSeq ?? 0);
                if (newest > read.Newest) Found(ViolationKind.Stale, $"{read.Reader} read room {read.Room} up to {read.Newest} after {newest} was acknowledged");
            }
        }
    }
}
