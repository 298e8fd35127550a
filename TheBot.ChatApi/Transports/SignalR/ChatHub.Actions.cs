using TheBot.ChatApi.Messages;
using TheBot.Contracts;

namespace TheBot.ChatApi.Transports.SignalR;

/// <summary>What happens to messages after they were sent. Every call names a state and may be repeated; a connection's calls run one after the other.</summary>
internal sealed partial class ChatHub
{
    /// <summary>The author gives a message another text; the answer is the message as it is now.</summary>
    public async Task<ChatMessage> EditMessage(long roomId, long messageId, string? content) =>
        Done(await actions.EditAsync(roomId, Connection.UserId, messageId, content)).Message!;

    /// <summary>The author or a moderator takes a message back for everybody.</summary>
    public async Task DeleteMessage(long roomId, long messageId) => Done((await actions.DeleteAsync(roomId, Connection.UserId, messageId)).OrDeletedBefore());

    /// <summary>A moderator, or a tutor of a forum room, pins a message or takes the pin away.</summary>
    public async Task Pin(long roomId, long messageId, bool pinned) => Done(await actions.PinAsync(roomId, Connection.UserId, messageId, pinned));

    /// <summary>A member puts an emoji on a message or takes their own away.</summary>
    public async Task React(long roomId, long messageId, string? emoji, bool present) =>
        Done(await actions.ReactAsync(roomId, Connection.UserId, messageId, emoji, present));

    /// <summary>A moderator locks the room, so that it can only be read, or opens it again.</summary>
    public async Task LockRoom(long roomId, bool locked) => Done(await actions.LockAsync(roomId, Connection.UserId, locked));

    /// <summary>The person has read up to a seq; the answer is where their marker stands.</summary>
    public async Task<long> MarkRead(long roomId, long seq)
    {
        var outcome = await actions.ReadAsync(roomId, Connection.Who, seq);
        return outcome.Error is { } code ? throw Failed(code, outcome.Explanation!) : outcome.ReadSeq;
    }

    private static ActionOutcome Done(ActionOutcome outcome) => outcome.Error is not { } code ? outcome
        : throw Failed(code, outcome.Field is { } field ? $"{field}: {outcome.Explanation}" : outcome.Explanation!);
}
