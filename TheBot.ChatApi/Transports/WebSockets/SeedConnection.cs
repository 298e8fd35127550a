using System.Net.WebSockets;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Messages;
using TheBot.ChatApi.Observability;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>A client of the seed's dialect: one socket, one room.</summary>
internal sealed class SeedConnection(WebSocket socket, HttpContext context, Identity who, SocketServices services)
    : RawConnection(socket, context, who, SeedDialect.Instance, services)
{
    private SeedActions? _actions;
    private long _roomId;
    private Subscription? _subscription;
    private Task _catchingUp = Task.CompletedTask;

    /// <summary>Opens the room, follows it from <paramref name="since"/> (or shows the newest messages), and reads until the end.</summary>
    public async Task RunAsync(long roomId, long? since, CancellationToken cancellationToken)
    {
        _roomId = roomId;
        _actions = new SeedActions(this, roomId, House.Actions);
        await House.Logins.OpenAsync(this).ConfigureAwait(false);
        try
        {
            // followed before rights are asked for: a removal in between is then heard of
            _subscription = await House.Feeds.FollowAsync(this, roomId).ConfigureAwait(false);
            Subscriptions[roomId] = _subscription;
            if (await House.Log.SnapshotAsync(roomId, UserId, ChatLimits.HistoryOnConnect, cancellationToken).ConfigureAwait(false) is not { } room)
            {
                Close(CloseCode.NoAccess, "no access to this room");
            }
            else
            {
                _subscription.VisibleFromSeq = room.VisibleFromSeq;
                var position = since is { } seq ? Math.Clamp(seq, room.VisibleFromSeq, room.Head) : room.Head;
                // paced: fifty long messages in one frame may be more than a queue holds, and nobody is slow for that
                if (since is null) _ = Queue.WriteAsync([SeedDialect.History(room.Messages)]);
                else ChatMetrics.Resumed();
                _catchingUp = CatchUpAsync(_subscription, position, room, cancellationToken);
            }

            await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            House.Feeds.Close(this);
            House.Announcer.TypingEnds(this);
            await _catchingUp.ConfigureAwait(false);
        }
    }

    public override void Removed(long roomId) => Close(CloseCode.NoAccess, "no longer in this room");

    public override void Tell(UserEvent userEvent)
    {
        if (IsRevokedBy(userEvent)) Close(CloseCode.NotAuthenticated, "revoked");
    }

    protected override void OnMessage(ReadOnlyMemory<byte> message)
    {
        if (SeedInbound.Parse(message) is not { } frame)
        {
            Queue.Enqueue(SeedDialect.Error(ErrorCode.Validation, "Invalid JSON"));
            return;
        }

        switch (frame.Kind)
        {
            case SeedFrameKind.Send:
                Send(frame);
                break;
            case SeedFrameKind.Typing when _subscription?.PresentIn is not null:
                House.Announcer.Typing(this, _roomId, isTyping: true);
                break;
            case SeedFrameKind.TypingStop when _subscription?.PresentIn is not null:
                House.Announcer.Typing(this, _roomId, isTyping: false);
                break;
            case SeedFrameKind.Ping:
                Queue.Enqueue(SeedDialect.Pong);
                break;
            case SeedFrameKind.Typing or SeedFrameKind.TypingStop or SeedFrameKind.Auth or SeedFrameKind.Unknown:
                break;
            default:
                if (_actions?.TryDo(frame) != true) throw new InvalidOperationException($"unknown frame {frame.Kind}");
                break;
        }
    }

    private void Send(SeedInbound frame)
    {
        if (MessageRules.Draft(_roomId, UserId, frame.Content, frame.ClientId, frame.ReplyTo, out var broken) is { } draft)
        {
            if (TryOwe()) House.Writer.Submit(new SeedSend(draft, this));
        }
        else
        {
            Queue.Enqueue(SeedDialect.Error(ErrorCode.Validation, broken!.Rule, broken.Field, frame.ClientId));
        }
    }

    private async Task CatchUpAsync(Subscription subscription, long position, RoomSnapshot room, CancellationToken cancellationToken)
    {
        try
        {
            await subscription.GoLiveFromAsync(position, cancellationToken).ConfigureAwait(false);
            // an administrator who looks is not in the room, and in the general room everybody always is
            if (room.IsMember && room.Kind != RoomKind.General) subscription.Enter(House.Presence);
        }
        catch (Exception e)
        {
            if (cancellationToken.IsCancellationRequested) return;
            DeliveryLog.CatchUpFailed(House.Logger, _roomId, UserId, e);
            Close(CloseCode.Fault, "come back");
        }
    }

    /// <summary>The answer stands in the sender's queue before the event does: message_sent, then chat_message.</summary>
    private sealed class SeedSend(MessageDraft draft, LiveConnection connection) : SendCommand(draft)
    {
        public override void Completed(SendOutcome outcome)
        {
            connection.Queue.Enqueue(outcome is { Stored: { } stored, Message: { } message }
                ? SeedDialect.Sent(message.Id, stored)
                : SeedDialect.Error(outcome.Error!, outcome.Explanation!, clientId: MessageRules.ClientIdOf(Draft), retryAfter: PersonLimits.Seconds(outcome.RetryAfter)));
            connection.Settle();
        }
    }
}
