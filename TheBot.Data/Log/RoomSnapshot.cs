using TheBot.Contracts;
using TheBot.Data.Schema;

namespace TheBot.Data.Log;

/// <summary>What somebody sees on opening a room, and from where the live stream goes on without a hole.</summary>
/// <param name="IsMember">May write; false = an administrator who looks.</param>
/// <param name="VisibleFromSeq">They see what comes after this seq.</param>
/// <param name="ReadSeq">They have read up to here.</param>
/// <param name="Head">The log's length at that moment: live goes on with <c>Head + 1</c>.</param>
/// <param name="Kind">What the room is for.</param>
/// <param name="Messages">The newest messages up to <paramref name="Head"/>, oldest first.</param>
public sealed record RoomSnapshot(bool IsMember, long VisibleFromSeq, long ReadSeq, long Head, RoomKind Kind, List<ChatMessage> Messages);

/// <summary>The values of <c>room_readers.standing</c>.</summary>
public static class RoomStanding
{
    /// <summary>Reads and writes.</summary>
    public const string Member = "member";

    /// <summary>Reads, and is nobody in the room: an administrator.</summary>
    public const string Observer = "observer";
}
