using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.Contracts;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>A hub connection as Delivery sees it: many rooms, frames out through the same bounded queue as every other.</summary>
internal sealed class HubLiveConnection(HubConnectionContext hub, Identity who, IOptions<DeliveryOptions> options, TimeProvider time, ILogger logger)
    : LiveConnection(who, HubDialect.Instance, options.Value, time, logger)
{
    public override OutFrame TooSlow { get; } = new HubClose(CloseCode.Slow, "too slow, come back");

    public override void Removed(long roomId)
    {
        Subscriptions.TryRemove(roomId, out _);
        Queue.Enqueue(HubFrame.Call(nameof(IChatClient.RoomRemoved), 32, roomId));
    }

    public override void Tell(UserEvent userEvent)
    {
        if (IsRevokedBy(userEvent)) Close(CloseCode.Revoked, "revoked");
        else if (userEvent is { Kind: UserEventKind.RoomAdded, RoomId: { } room }) TellOnceGreeted(HubFrame.Call(nameof(IChatClient.RoomAdded), 32, room));
    }

    /// <summary>A draft, as SignalR carries it to the person's devices. Enqueues and returns; before the greeting nothing is told.</summary>
    public void Tell(SerializedHubMessage draft)
    {
        var call = draft.GetSerializedMessage(hub.Protocol);
        TellOnceGreeted(new HubFrame(draft, call.Length, new HintKey(RoomOf(call.Span), UserId, HintFamily.Draft)));
    }

    public override void Close(int code, string reason) => Queue.EnqueueLast(new HubClose(code, reason));

    public override void Abort() => hub.Abort();

    public override void Broken(Exception exception)
    {
        DeliveryLog.WriteFailed(Logger, UserId, exception);
        Abort();
    }

    /// <summary>A call's first argument. Of one that another replica has made there are these bytes and no object.</summary>
    private static long RoomOf(ReadOnlySpan<byte> call)
    {
        var json = new Utf8JsonReader(call);
        while (json.Read() && json.TokenType != JsonTokenType.StartArray) continue;
        json.Read();
        return json.GetInt64();
    }

    public override async ValueTask WriteAsync(IReadOnlyList<OutFrame> frames)
    {
        foreach (var frame in frames)
        {
            switch (frame)
            {
                case HubFrame call:
                    await hub.WriteAsync(call.Message, hub.ConnectionAborted).ConfigureAwait(false);
                    break;
                case HubClose close:
                    await hub.WriteAsync(HubFrame.Call(nameof(IChatClient.Closed), 64, close.Code, close.Reason).Message, hub.ConnectionAborted).ConfigureAwait(false);
                    Abort();
                    return;
                default:
                    throw new InvalidOperationException($"not a hub frame: {frame.GetType().Name}");
            }
        }
    }
}
