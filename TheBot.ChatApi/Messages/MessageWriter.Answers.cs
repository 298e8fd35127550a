using TheBot.ChatApi.Observability;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

/// <content>Telling the senders how it ended, and Delivery what is new.</content>
internal sealed partial class MessageWriter
{
    /// <summary>Before the rooms are released, so that a room's answers are in the order of its log. Returns the commands of held rooms, which have none yet.</summary>
    private Dictionary<RoomQueue, List<SendCommand>> Answer(Batch batch, List<SendCommand> commands, AppendResult[] results)
    {
        var held = new Dictionary<RoomQueue, List<SendCommand>>();
        for (var i = 0; i < commands.Count; i++)
        {
            if (results[i].Verdict == AppendVerdict.Held)
            {
                var room = RoomOf(batch, commands[i]);
                if (!held.TryGetValue(room, out var waiting)) held[room] = waiting = [];
                waiting.Add(commands[i]);
                continue;
            }

            var outcome = OutcomeOf(commands[i], results[i]);
            Tell(commands[i], outcome);
            batch.Answered.Add((commands[i], outcome));
        }

        return held;
    }

    /// <summary>What is new in a batch, to Delivery, which puts it in order: the next batch with the same rooms may be further already.</summary>
    private void Announce(Batch batch)
    {
        try
        {
            var events = new List<RoomEvent>(batch.Answered.Count);
            foreach (var (command, outcome) in batch.Answered)
            {
                // a message found after an attempt without an answer may be one of which that attempt never got as far as telling anybody
                if (outcome.Stored is not { } stored || !(outcome.IsNew || command.IsInDoubt)) continue;
                events.Add(command.Trace is { } trace ? stored with { Trace = trace.Context } : stored);
            }

            if (events.Count > 0) committed.Announce(new Committed(events, []));
        }
        catch (Exception e)
        {
            MessageLog.NotAnnounced(logger, batch.Answered.Count, e);
        }

        // only now: a process that stops must not end between an answer and its announcement
        Done(batch.Answered.Count);
        batch.Answered.Clear();
    }

    /// <summary>A message that cannot be written as JSON must not cost the others theirs. It is stored; the same client id finds it.</summary>
    private SendOutcome OutcomeOf(SendCommand command, AppendResult result)
    {
        try
        {
            return SendOutcome.Of(result);
        }
        catch (Exception e)
        {
            MessageLog.AnswerFailed(logger, command.Draft.RoomId, e);
            return SendOutcome.NotSaved;
        }
    }

    private void Complete(SendCommand command, SendOutcome outcome)
    {
        Tell(command, outcome);
        Done(1);
    }

    /// <summary>A sender who cannot take an answer must not cost the others theirs.</summary>
    private void Tell(SendCommand command, SendOutcome outcome)
    {
        try
        {
            command.Completed(outcome);
            ChatTraces.EndSend(command.Trace, outcome.Message?.Seq, outcome.Error);
        }
        catch (Exception e)
        {
            MessageLog.AnswerFailed(logger, command.Draft.RoomId, e);
        }
    }
}
