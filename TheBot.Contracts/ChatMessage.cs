using System.Text.Json.Serialization;

namespace TheBot.Contracts;

/// <summary>The full message object: one shape for REST, both WebSocket dialects and the hub.</summary>
/// <remarks>
/// Names, order and formats are those of the replaced system's serializer, followed by <see cref="Seq"/> and <see cref="ClientId"/>.
/// The order of the properties here is their order on the wire.
/// </remarks>
public sealed record ChatMessage
{
    /// <summary>Integer, unique in the school, rising with <c>seq</c> within a room.</summary>
    public required long Id { get; init; }

    /// <summary>The room it was said in.</summary>
    public required long Room { get; init; }

    /// <summary>A legacy thread, or null.</summary>
    public long? Thread { get; init; }

    /// <summary>Absent (not null) where <c>thread</c> is null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ThreadTitle { get; init; }

    /// <summary>Who said it.</summary>
    public required Person Sender { get; init; }

    /// <summary>As <c>sender.full_name</c>.</summary>
    public string SenderName => Sender.FullName;

    /// <summary>As <c>sender.role</c>.</summary>
    public string SenderRole => Sender.Role;

    /// <summary>Address of the sender's picture, or null.</summary>
    public string? SenderAvatar { get; init; }

    /// <summary>The text; 1 to 10,000 UTF-16 code units, empty beside a file or once deleted.</summary>
    public required string Content { get; init; }

    /// <summary>text, image, file or system.</summary>
    public string MessageType { get; init; } = "text";

    /// <summary>Address of the attached file, or null.</summary>
    public string? File { get; init; }

    /// <summary>As <c>file</c>.</summary>
    public string? FileUrl { get; init; }

    /// <summary>Base name of the file, or null.</summary>
    public string? FileName { get; init; }

    /// <summary>Bytes, or null.</summary>
    public long? FileSize { get; init; }

    /// <summary>image, document, archive or null.</summary>
    public string? FileType { get; init; }

    /// <summary>Address of the attached picture, or null.</summary>
    public string? Image { get; init; }

    /// <summary>As <c>image</c>.</summary>
    public string? ImageUrl { get; init; }

    /// <summary>Whether it carries a picture.</summary>
    public bool IsImage { get; init; }

    /// <summary>Whether its text was changed after it was sent.</summary>
    public bool IsEdited { get; init; }

    /// <summary>The message it answers (same room), or null.</summary>
    public long? ReplyTo { get; init; }

    /// <summary>When it was accepted (UTC, microseconds); never falls within a room.</summary>
    [JsonConverter(typeof(WireTimeConverter))]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    [JsonConverter(typeof(WireTimeConverter))]
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Whether the asking person has read it; always false in live frames.</summary>
    public bool IsRead { get; init; }

    /// <summary>Whether it is pinned.</summary>
    public bool IsPinned { get; init; }

    /// <summary>Answers to it that are not deleted; 0 in live frames and in the answer to a send.</summary>
    public int RepliesCount { get; init; }

    /// <summary>Its place in the room's log.</summary>
    public required long Seq { get; init; }

    /// <summary>The sender's own name for this send, or null where they gave none.</summary>
    public string? ClientId { get; init; }
}

/// <summary>Somebody as others see them.</summary>
/// <param name="Id">User id.</param>
/// <param name="FullName">First and last name; may be empty.</param>
/// <param name="Role">student, teacher, tutor or parent.</param>
public sealed record Person(long Id, string FullName, string Role);
