using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using TheBot.ChatApi.Http;
using TheBot.Contracts;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

/// <summary>What a message must look like before it is worth a place in a batch.</summary>
internal static class MessageRules
{
    /// <summary>A draft, or the field that breaks a rule and the rule.</summary>
    public static MessageDraft? Draft(long roomId, long senderId, string? content, string? clientId, long? replyTo, out RuleBroken? broken)
    {
        var text = Text(content, out broken);
        if (broken is null && clientId is not null && !FieldRules.IsClientId(clientId))
        {
            broken = new("client_id", $"client_id {FieldRules.ClientIdRule}");
        }

        return broken is null ? new MessageDraft(roomId, senderId, clientId ?? MessageDraft.NewServerMadeId(), text!, replyTo) : null;
    }

    /// <summary>A message's text as it is stored, or the rule that it breaks.</summary>
    public static string? Text(string? content, out RuleBroken? broken)
    {
        var text = content?.Trim();
        broken = string.IsNullOrEmpty(text) ? new("content", "Message content required")
            : text.Length > ChatLimits.ContentMaxLength ? new("content", $"Message content is longer than {ChatLimits.ContentMaxLength} characters")
            : !FieldRules.IsStorable(text) ? new("content", "Message content contains a NUL or half of a surrogate pair")
            : null;
        return broken is null ? text : null;
    }

    /// <summary>Exactly one emoji, as people see it: a single grapheme made of what emoji are made of, at most <see cref="ChatLimits.EmojiMaxLength"/> UTF-16 code units.</summary>
    public static bool IsEmoji([NotNullWhen(true)] string? text)
    {
        if (text is not { Length: > 0 and <= ChatLimits.EmojiMaxLength } || !FieldRules.IsStorable(text)) return false;
        if (StringInfo.GetNextTextElementLength(text) != text.Length) return false;
        var isPicture = false;
        foreach (var rune in text.EnumerateRunes())
        {
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.OtherSymbol or UnicodeCategory.MathSymbol when rune.Value > 0x7F:
                case UnicodeCategory.OtherNotAssigned when rune.Value is >= 0x1F000 and < 0x1FC00: // newer than this runtime's tables
                    isPicture = true;
                    break;
                case UnicodeCategory.NonSpacingMark when rune.Value == 0xFE0F: // "as a picture": makes one of a character that may also be text
                case UnicodeCategory.EnclosingMark when rune.Value == 0x20E3: // keycap
                    isPicture = true;
                    break;
                case UnicodeCategory.ModifierSymbol when rune.Value is >= 0x1F3FB and <= 0x1F3FF: // skin
                case UnicodeCategory.Format when rune.Value is 0x200D or (>= 0xE0020 and <= 0xE007F): // joiner, regional flags
                case UnicodeCategory.DecimalDigitNumber or UnicodeCategory.OtherPunctuation or UnicodeCategory.DashPunctuation:
                    break;
                default:
                    return false;
            }
        }

        return isPicture;
    }

    /// <summary>The client id that the sender gave, or null where the server made one.</summary>
    public static string? ClientIdOf(MessageDraft draft) => draft.ClientId[0] == MessageDraft.ServerMade ? null : draft.ClientId;
}

/// <param name="Field">The field's name on the wire.</param>
/// <param name="Rule">The rule, for a person to read.</param>
internal sealed record RuleBroken(string Field, string Rule);
