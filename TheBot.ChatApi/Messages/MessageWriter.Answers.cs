using TheBot.ChatApi.Observability;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Messages;

/// <content>Answering one batch while the next one commits.</content>
internal sealed partial class MessageWriter
{
    private readonly Queue<Written> _written = new();
    private bool _answering;

    /// <summary>
    /// Batches are answered one after the other, in the order in which they were committed, so that a room's answers and events are in the order of its log.
    /// To be called before the rooms are released.
    /// </summary>
    private void ToBeAnswered(Written batch)
    {
        lock (_written) _written.Enqueue(batch);
    }

    /// <summary>Answers what was committed, here if nothing waits to be committed, or else on another thread. To be called after the rooms are released.</summary>
    private void AnswerInTurn()
    {
        lock (_written)
        {
            if (_answering || _written.Count == 0) return;
            _answering = true;
        }

        bool isBusy;
        lock (_gate) isBusy = _ready.Count > 0;
        // on a quiet server another thread would have to be woken first
        if (isBusy) ThreadPool.UnsafeQueueUserWorkItem(static writer => writer.AnswerAll(), this, preferLocal: false);
        else AnswerAll();
    }

    private void AnswerAll()
    {
        while (true)
        {
            Written? batch;
            lock (_written)
            {
                if (!_written.TryDequeue(out batch))
                {
                    _answering = false;
                    return;
                }
            }

            Answer(batch);
        }
    }

    private void Answer(Written batch)
    {
        var (commands, results) = batch;
        var events = new List<RoomEvent>(commands.Count);
        var answered = 0;
        for (var i = 0; i < commands.Count; i++)
        {
            var result = results[i];
            if (result.Verdict == AppendVerdict.Held) continue;
            Tell(commands[i], SendOutcome.Of(result));
            answered++;
            // a message found after an attempt without an answer may be one of which that attempt never got as far as telling anybody
            if (result.Message is { } message && (result.IsNew || commands[i].IsInDoubt)) events.Add(Created(message) with { Trace = commands[i].Trace?.Context ?? default });
        }

        Announce(events);
        // only now: a process that stops must not end between an answer and its announcement
        Done(answered);
    }

    /// <summary>What fails here must not be the last that is ever answered.</summary>
    private void Announce(List<RoomEvent> events)
    {
        try
        {
            if (events.Count > 0) committed.Announce(new Committed(events, []));
        }
        catch (Exception e)
        {
            MessageLog.NotAnnounced(logger, events.Count, e);
        }
    }

    private static RoomEvent Created(ChatMessage message) => new(
        message.Room, message.Seq, RoomEventKind.MessageCreated, message.CreatedAt, message.Sender.Id, null, WireJson.Utf8(message));

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
        }
        catch (Exception e)
        {
            MessageLog.AnswerFailed(logger, command.Draft.RoomId, e);
        }

        ChatTraces.EndSend(command.Trace, outcome.Message?.Seq, outcome.Error);
    }

    private sealed record Written(List<SendCommand> Commands, AppendResult[] Results);
}
