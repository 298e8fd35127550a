using System.ComponentModel.DataAnnotations;

namespace TheBot.ChatApi.Limits;

/// <summary>Section <c>Chat:Limits</c>. Each replica keeps these by itself: whoever is connected to two has each of them twice.</summary>
/// <remarks>Not shared through Redis, which is a bell that may be away: a limit protects the replica that it stands on, and asking elsewhere would cost every message a round trip.</remarks>
internal sealed class LimitOptions
{
    public const string Section = "Chat:Limits";

    /// <summary>Messages, edits, deletions, reactions, pins and locks of one person a second, in the long run. 0 = no limit. Default 10.</summary>
    [Range(0, 1_000_000)]
    public int MessagesPerSecond { get; set; } = 10;

    /// <summary>So many of them at once after a quiet time. Default 60.</summary>
    [Range(1, 1_000_000)]
    public int MessagesBurst { get; set; } = 60;

    /// <summary>Sockets of one person at the same time, of all kinds. Default 10.</summary>
    [Range(1, 1_000_000)]
    public int SocketsPerPerson { get; set; } = 10;

    /// <summary>Failed logins from one address a minute, in the long run; successful ones are not counted. 0 = no limit. Default 60.</summary>
    [Range(0, 1_000_000)]
    public int FailedLoginsPerMinute { get; set; } = 60;

    /// <summary>So many of them at once after a quiet time. Default 100: a school sits behind one address and types badly on a Monday.</summary>
    [Range(1, 1_000_000)]
    public int FailedLoginsBurst { get; set; } = 100;

    /// <summary>Sockets opened from one address by nobody we know a minute, in the long run. 0 = no limit. Default 300.</summary>
    [Range(0, 1_000_000)]
    public int StrangersPerMinute { get; set; } = 300;

    /// <summary>So many of them at once after a quiet time. Default 300.</summary>
    [Range(1, 1_000_000)]
    public int StrangersBurst { get; set; } = 300;
}
