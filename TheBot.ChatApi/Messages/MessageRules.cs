using System.Buffers;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

/// <summary>What a message must look like before it is worth a place in a batch.</summary>
internal static class MessageRules
{
    private static readonly SearchValues<char> ClientIdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-");

    /// <summary>A draft, or the field that breaks a rule and the rule.</summary>
    public static MessageDraft? Draft(long roomId, long senderId, string? content, string? clientId, long? replyTo, out RuleBroken? broken)
    {
        broken = null;
        var text = content?.Trim();
        if (string.IsNullOrEmpty(text)) broken = new("content", "Message content required");
        else if (text.Length > ChatLimits.ContentMaxLength) broken = new("content", $"Message content is longer than {ChatLimits.ContentMaxLength} characters");
        else if (!IsStorable(text)) broken = new("content", "Message content contains a NUL or half of a surrogate pair");
        else if (clientId is not null && !IsClientId(clientId))
        {
            broken = new("client_id", $"client_id must be 1 to {ChatLimits.ClientIdMaxLength} characters of A-Z a-z 0-9 _ . : -");
        }

        return broken is null ? new MessageDraft(roomId, senderId, clientId ?? MessageDraft.NewServerMadeId(), text!, replyTo) : null;
    }

    /// <summary>The client id that the sender gave, or null where the server made one.</summary>
    public static string? ClientIdOf(MessageDraft draft) => draft.ClientId[0] == MessageDraft.ServerMade ? null : draft.ClientId;

    private static bool IsClientId(string id) => id.Length is > 0 and <= ChatLimits.ClientIdMaxLength && !id.AsSpan().ContainsAnyExcept(ClientIdCharacters);

    /// <summary>Postgres stores neither NUL nor what is not Unicode.</summary>
    private static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || char.IsLowSurrogate(text[i])) return false;
            if (char.IsHighSurrogate(text[i]) && (++i == text.Length || !char.IsLowSurrogate(text[i]))) return false;
        }

        return true;
    }
}

/// <param name="Field">The field's name on the wire.</param>
/// <param name="Rule">The rule, for a person to read.</param>
internal sealed record RuleBroken(string Field, string Rule);
