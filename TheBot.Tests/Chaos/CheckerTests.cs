using TheBot.Data.Schema;

namespace TheBot.Tests.Chaos;

/// <summary>The checker sees each broken promise, and none where all were kept: otherwise a run that it calls clean says nothing.</summary>
public sealed class CheckerTests
{
    private const long Room = 5;
    private const long Anna = 12;
    private const long Boris = 13;

    [Fact]
    public void A_clean_run_is_clean()
    {
        for (var seed = 0; seed < 50; seed++) Assert.Empty(Checker.Check(new Run(seed).Evidence));
    }

    [Fact]
    public void An_acknowledged_message_that_is_not_in_the_database_is_lost() => Sees(ViolationKind.Lost, run => run.Log.RemoveAt(run.Log.Count - 1));

    [Fact]
    public void A_hole_in_a_stream_is_a_loss() => Sees(ViolationKind.Lost, run => run.Stream.Heard.RemoveAt(run.Random.Next(run.Stream.Heard.Count)));

    [Fact]
    public void A_hole_in_a_stream_of_messages_alone_is_a_loss() => Sees(ViolationKind.Lost, run => run.Messages.Heard.RemoveAt(run.Random.Next(run.Messages.Heard.Count)));

    [Fact]
    public void A_gap_in_the_log_is_a_loss() => Sees(ViolationKind.Lost, run => run.Log.RemoveAt(run.Random.Next(1, run.Log.Count - 1)));

    [Fact]
    public void A_message_stored_twice_is_doubled() =>
        Sees(ViolationKind.Doubled, run => run.Log.Add(run.Log[^1] with { Seq = run.Log[^1].Seq + 1 }));

    [Fact]
    public void An_event_heard_twice_is_doubled() => Sees(ViolationKind.Doubled, run =>
    {
        var at = run.Random.Next(run.Stream.Heard.Count);
        run.Stream.Heard.Insert(run.Random.Next(at, run.Stream.Heard.Count), run.Stream.Heard[at]);
    });

    [Fact]
    public void Two_events_in_the_wrong_order_are_an_inversion() => Sees(ViolationKind.Inverted, run =>
    {
        var at = run.Random.Next(1, run.Stream.Heard.Count);
        (run.Stream.Heard[at - 1], run.Stream.Heard[at]) = (run.Stream.Heard[at], run.Stream.Heard[at - 1]);
    });

    [Fact]
    public void A_page_of_history_without_what_was_acknowledged_before_is_stale() =>
        Sees(ViolationKind.Stale, run => run.Reads.Add(new HistoryRead("anna", Room, run.Sends[^1].AcknowledgedAt + 1, run.Sends[^1].AcknowledgedSeq!.Value - 1)));

    [Fact]
    public void A_fresh_read_that_ends_before_the_log_does_is_stale() => Sees(ViolationKind.Stale, run => run.Fresh.Heard.RemoveAt(run.Fresh.Heard.Count - 1));

    [Fact]
    public void Live_and_resumed_that_differ_from_a_fresh_read_are_different() => Sees(ViolationKind.Different, run =>
    {
        var at = run.Fresh.Heard.FindIndex(heard => heard.Content is not null);
        run.Fresh.Heard[at] = run.Fresh.Heard[at] with { Content = "другое" };
    });

    [Fact]
    public void What_counts_as_sent_without_an_acknowledgement_is_seen() =>
        Sees(ViolationKind.Unacknowledged, run => run.Sends[0].AcknowledgedSeq = null);

    [Fact]
    public void A_send_that_is_never_settled_is_seen() => Sees(ViolationKind.NeverSettled, run => run.Sends[0].State = SendState.Unsettled);

    [Fact]
    public void A_refused_message_that_was_stored_is_seen() => Sees(ViolationKind.RefusedButStored, run =>
    {
        run.Sends[0].State = SendState.Refused;
        run.Sends[0].AcknowledgedSeq = null;
    });

    [Fact]
    public void A_message_stored_under_another_seq_than_acknowledged_is_different() => Sees(ViolationKind.Different, run => run.Sends[0].AcknowledgedSeq += 1);

    [Fact]
    public void Whatever_the_removed_hear_later_is_seen() => Sees(ViolationKind.HeardAfterRemoval, run =>
    {
        run.Removed.Heard.AddRange(run.Stream.Heard.Where(heard => heard.Seq > run.Removed.Last).Take(2));
    });

    [Fact]
    public void A_removal_that_the_stream_did_not_end_for_is_seen() => Sees(ViolationKind.RemovalNotTold, run => run.Removed.WasRemoved = false);

    [Fact]
    public void An_invented_event_is_different() => Sees(ViolationKind.Different, run => run.Stream.Heard.Add(new Heard(run.Log.Count + 1, RoomEventKind.MessageCreated, "x", "x")));

    private static void Sees(ViolationKind kind, Action<Run> inject)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var run = new Run(seed);
            inject(run);
            Assert.Contains(Checker.Check(run.Evidence), violation => violation.Kind == kind);
        }
    }

    /// <summary>A clean run: two people say things in one room, one of them is removed in the middle.</summary>
    private sealed class Run
    {
        public Run(int seed)
        {
            Random = new Random(seed);
            var (length, removal) = (Random.Next(12, 40), Random.Next(4, 10));
            for (var seq = 1L; seq <= length; seq++)
            {
                if (seq == removal) Log.Add(new LogLine(seq, RoomEventKind.MemberRemoved, Boris, null, null, null));
                else if (seq > 2 && seq < length - 2 && Random.Next(5) == 0) Log.Add(new LogLine(seq, RoomEventKind.RoomUpdated, null, null, null, null));
                else Log.Add(new LogLine(seq, RoomEventKind.MessageCreated, null, Anna, $"c{seq}", $"текст {seq}"));
            }

            foreach (var line in Log)
            {
                var heard = new Heard(line.Seq, line.Kind, line.ClientId, line.Content);
                Stream.Add(heard);
                Fresh.Add(heard);
                if (line.Seq < removal) Removed.Add(heard);
                if (line.ClientId is null) continue;
                Messages.Add(heard);
                Sends.Add(new SendTrace("anna", Anna, Room, line.ClientId, line.Content!)
                {
                    State = SendState.Sent,
                    AcknowledgedSeq = line.Seq,
                    AcknowledgedAt = 100 * line.Seq,
                });
                Reads.Add(new HistoryRead("anna", Room, (100 * line.Seq) + 1, line.Seq));
            }

            Sends.Insert(1, new SendTrace("boris", Boris, Room, "refused", "поздно") { State = SendState.Refused, Error = "access_denied" });
        }

        public Random Random { get; }
        public List<LogLine> Log { get; } = [];
        public List<SendTrace> Sends { get; } = [];
        public List<HistoryRead> Reads { get; } = [];
        public RoomTrace Stream { get; } = new("anna", Anna, Room, 0);
        public RoomTrace Messages { get; } = new("anna's old tab", Anna, Room, 0, MessagesOnly: true);
        public RoomTrace Fresh { get; } = new("anna again", Anna, Room, 0);
        public RoomTrace Removed { get; } = new("boris", Boris, Room, 0) { WasRemoved = true };

        public Evidence Evidence => new(
            new Dictionary<long, IReadOnlyList<LogLine>> { [Room] = Log }, Sends, [Stream, Messages, Removed], [Fresh], Reads);
    }
}
