using System.Globalization;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Messages;
using TheBot.ChatApi.Observability;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>The hub of docs/protocol.md. A failed call's message begins with a code of <see cref="ErrorCode"/> and a colon.</summary>
internal sealed partial class ChatHub(
    HubConnections connections,
    Feeds feeds,
    LiveLogins logins,
    Announcer announcer,
    Presence presence,
    MessageWriter writer,
    MessageActions actions,
    PersonLimits limits,
    ToldLimits told,
    RoomLog log,
    IOptions<DeliveryOptions> options,
    TimeProvider time,
    ILogger<ChatHub> logger) : Hub<IChatClient>
{
    internal const string ConnectionKey = "thebot.connection";
    private const string PlaceKey = "thebot.place";

    private HubLiveConnection Connection => (HubLiveConnection)Context.Items[ConnectionKey]!;

    public override async Task OnConnectedAsync()
    {
        var who = Context.GetHttpContext()?.Identity() ?? throw Failed(ErrorCode.NotAuthenticated, "no valid token");
        var connection = new HubLiveConnection(connections.Find(Context.ConnectionId), who, options, time, logger);
        Context.Items[ConnectionKey] = connection;
        if (limits.TryOpenSocket(who.UserId) is not { } place)
        {
            connection.Close(CloseCode.RateLimited, limits.TooManySockets);
            return;
        }

        Context.Items[PlaceKey] = place;
        try
        {
            await Groups.AddToGroupAsync(Context.ConnectionId, DevicesOf(who.UserId)); // which waits for nothing, and tells nothing before the greeting
            await logins.OpenAsync(connection);
            connection.Greet(HubFrame.Call(nameof(IChatClient.Ready), 256, new V1Ready(new Person(who.UserId, who.FullName, who.Role), told.Limits)));
        }
        catch
        {
            place.Dispose(); // who never got in is not told to leave either
            throw;
        }
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        if (Context.Items[PlaceKey] is IDisposable place) place.Dispose();
        if (Context.Items[ConnectionKey] is not HubLiveConnection connection) return Task.CompletedTask;
        announcer.TypingEnds(connection);
        feeds.Close(connection);
        return Task.CompletedTask;
    }

    /// <summary>Follows a room, from its newest messages or from <paramref name="since"/> on. Events may come before this call's answer; each is after its head.</summary>
    public async Task<SubscribeReply> Subscribe(long roomId, long? since)
    {
        Unsubscribe(roomId);
        var connection = Connection;
        var subscription = await feeds.FollowAsync(connection, roomId);
        connection.Subscriptions[roomId] = subscription;
        if (Context.ConnectionAborted.IsCancellationRequested) subscription.End(); // who left meanwhile has been cleaned up after already
        if (await log.SnapshotAsync(roomId, connection.UserId, since is null ? ChatLimits.HistoryOnConnect : 0, CancellationToken.None) is not { } room)
        {
            Unsubscribe(roomId);
            throw Failed(ErrorCode.AccessDenied, "no access to this room");
        }

        subscription.VisibleFromSeq = room.VisibleFromSeq;
        subscription.IsMember = room.IsMember;
        if (since is not null) ChatMetrics.Resumed();
        var position = since is { } seq ? Math.Clamp(seq, room.VisibleFromSeq, room.Head) : room.Head;
        _ = CatchUpAsync(connection, roomId, subscription, position, room.Kind);
        return new SubscribeReply(roomId, room.Head, room.Messages);
    }

    public void Unsubscribe(long roomId)
    {
        announcer.Typing(Connection, roomId, isTyping: false);
        if (Connection.Subscriptions.TryRemove(roomId, out var subscription)) subscription.End();
    }

    /// <summary>Says something; the answer is the stored message.</summary>
    public async Task<ChatMessage> SendMessage(long roomId, SendMessageRequest? message)
    {
        if (message is null) throw Failed(ErrorCode.Validation, "message: is required");
        if (MessageRules.Draft(roomId, Connection.UserId, message.Content, message.ClientId, message.ReplyTo, out var broken) is not { } draft)
        {
            throw Failed(ErrorCode.Validation, $"{broken!.Field}: {broken.Rule}");
        }

        var send = new AwaitedSend(draft);
        writer.Submit(send);
        var outcome = await send.Outcome;
        return outcome.Message
            ?? throw Failed(outcome.Error!, outcome.RetryAfter is { } seconds ? $"{outcome.Explanation} (retry_after {seconds})" : outcome.Explanation!);
    }

    public void Typing(long roomId, bool isTyping)
    {
        if (!Connection.Subscriptions.TryGetValue(roomId, out var subscription) || !subscription.IsMember)
        {
            throw Failed(ErrorCode.AccessDenied, "not subscribed to this room as a member");
        }

        announcer.Typing(Connection, roomId, isTyping);
    }

    /// <summary>Shows the person's other devices what they have begun to write. Kept nowhere; while Redis is away only those on this replica hear of it.</summary>
    public Task Draft(long roomId, string? text)
    {
        if (text is null || text.Length > ChatLimits.ContentMaxLength) throw Failed(ErrorCode.Validation, $"text: at most {ChatLimits.ContentMaxLength} characters");
        if (!limits.TryTakeDraft(Connection.UserId, out var retryAfter)) throw Failed(ErrorCode.RateLimited, limits.TooFast(retryAfter, "drafts"));
        return Clients.OthersInGroup(DevicesOf(Connection.UserId)).DraftChanged(roomId, text);
    }

    private async Task CatchUpAsync(HubLiveConnection connection, long roomId, Subscription subscription, long position, RoomKind kind)
    {
        try
        {
            await subscription.GoLiveFromAsync(position, Context.ConnectionAborted).ConfigureAwait(false);
            if (subscription.IsMember && kind != RoomKind.General) subscription.Enter(presence);
        }
        catch (Exception e)
        {
            DeliveryLog.CatchUpFailed(logger, roomId, connection.UserId, e);
            connection.Close(CloseCode.Fault, "come back");
        }
    }

    /// <summary>The group of a person's hub connections, on every replica.</summary>
    private static string DevicesOf(long userId) => string.Create(CultureInfo.InvariantCulture, $"person:{userId}");

    private static HubException Failed(string code, string explanation) => new($"{code}: {explanation}");
}
