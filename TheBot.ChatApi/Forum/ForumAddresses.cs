using TheBot.Contracts;

namespace TheBot.ChatApi.Forum;

/// <summary>The replaced system gave absolute addresses by REST and relative ones by WebSocket.</summary>
internal static class ForumAddresses
{
    public static ChatMessage WithAbsoluteAddresses(this HttpContext context, ChatMessage message) =>
        message is { SenderAvatar: null, File: null, Image: null }
            ? message
            : message with
            {
                SenderAvatar = context.Absolute(message.SenderAvatar),
                File = context.Absolute(message.File),
                FileUrl = context.Absolute(message.FileUrl),
                Image = context.Absolute(message.Image),
                ImageUrl = context.Absolute(message.ImageUrl),
            };

    public static string? Absolute(this HttpContext context, string? path) => path is null ? null : $"{context.Request.Scheme}://{context.Request.Host}{path}";
}
