using TheBot.Contracts;

namespace TheBot.ChatApi.Messages;

/// <summary>What moderators do to the room and its members; the same retries and the same announcing as for messages.</summary>
internal sealed partial class MessageActions
{
    /// <summary>What a mute without an end is stored as.</summary>
    public static readonly DateTimeOffset UntilTakenBack = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    /// <param name="roomId">The room.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="memberId">Whom.</param>
    /// <param name="until">In the future; null = until it is taken back.</param>
    public Task<ActionOutcome> MuteAsync(long roomId, long actorId, long memberId, DateTimeOffset? until)
    {
        // whole seconds, rounded up: what the event says and what the database compares are the same moment
        var end = until is { } at && at < UntilTakenBack ? DateTimeOffset.FromUnixTimeSeconds((at.ToUnixTimeMilliseconds() + 999) / 1000) : UntilTakenBack;
        return end <= time.GetUtcNow()
            ? Task.FromResult(ActionOutcome.Failed(null, ErrorCode.Validation, "must be in the future", "until"))
            : RunAsync(roomId, actorId, Other, ct => changes.MuteAsync(roomId, actorId, memberId, end, ct), answer: null);
    }

    public Task<ActionOutcome> UnmuteAsync(long roomId, long actorId, long memberId) =>
        RunAsync(roomId, actorId, Other, ct => changes.MuteAsync(roomId, actorId, memberId, null, ct), answer: null);

    /// <summary>As <see cref="TogglePinAsync"/>; tells also whether the member was to be muted.</summary>
    public async Task<(ActionOutcome Outcome, bool Muted)> ToggleMuteAsync(long roomId, long actorId, long memberId)
    {
        var (answered, muted) = await AskAsync(roomId, ct => changes.IsMutedAsync(roomId, memberId, ct)).ConfigureAwait(false);
        if (!answered) return (ActionOutcome.NotSaved, false);
        var outcome = await (muted ? UnmuteAsync(roomId, actorId, memberId) : MuteAsync(roomId, actorId, memberId, null)).ConfigureAwait(false);
        return (outcome, !muted);
    }

    /// <param name="roomId">The room.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="seconds">0 (none) to <see cref="ChatLimits.SlowModeMaxSeconds"/>.</param>
    public Task<ActionOutcome> SetSlowModeAsync(long roomId, long actorId, int? seconds) => seconds is >= 0 and <= ChatLimits.SlowModeMaxSeconds
        ? RunAsync(roomId, actorId, Other, ct => changes.SetSlowModeAsync(roomId, actorId, seconds.Value, ct), answer: null)
        : Task.FromResult(ActionOutcome.Failed(null, ErrorCode.Validation, $"must be 0 to {ChatLimits.SlowModeMaxSeconds}", "seconds"));

    /// <summary>Who manages a group renames it.</summary>
    /// <param name="roomId">The room.</param>
    /// <param name="actorId">Who does it.</param>
    /// <param name="name">Checked already.</param>
    /// <param name="description">Checked already.</param>
    /// <param name="versions">What the asking person knows (<c>RoomListing.Version</c>), or several of which it is one; null = whatever it is.</param>
    public Task<ActionOutcome> DescribeAsync(long roomId, long actorId, string name, string description, string[]? versions) =>
        RunAsync(roomId, actorId, Other, ct => changes.DescribeAsync(roomId, actorId, name, description, versions, ct), answer: null);
}
