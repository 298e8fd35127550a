using TheBot.Contracts;

namespace TheBot.ChatApi.Forum;

/// <summary>The replaced system gave absolute addresses by REST and relative ones by WebSocket.</summary>
internal static class ForumAddresses
{
    public static ChatMessage WithAbsoluteAddresses(this HttpContext context, ChatMessage message) =>
        message.SenderAvatar is null ? message : message with { SenderAvatar = context.Absolute(message.SenderAvatar) };

    public static string? Absolute(this HttpContext context, string? path) => path is null ? null : $"{context.Request.Scheme}://{context.Request.Host}{path}";
}
