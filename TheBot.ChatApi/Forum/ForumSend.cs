using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace TheBot.ChatApi.Forum;

/// <summary>The body of a send: JSON, or the form that the page makes where it might carry a file.</summary>
/// <param name="Content">The text.</param>
/// <param name="ReplyTo">A message of the same room.</param>
/// <param name="ClientId">The client's own name for the send, for those that have one.</param>
internal sealed record ForumSend(string? Content, long? ReplyTo = null, string? ClientId = null)
{
    /// <summary>Bytes of a form without a file; one with a file is refused before it is read to its end.</summary>
    private const int FormMaxBytes = 256 * 1024;

    /// <summary>What the old page may send, and a little more: Kestrel reads and drops it, where beyond its limit it breaks the connection, and with it the refusal.</summary>
    private const long RefusedFormMaxBytes = 64 * 1024 * 1024;

    private const string NoFiles = "Files are not accepted here; send the text without one";

    /// <returns>The body, or what is wrong with it.</returns>
    public static async Task<(ForumSend? Body, string? Broken)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.HasFormContentType) return await ReadFormAsync(request, cancellationToken);
        JsonDocument json;
        try
        {
            json = await JsonDocument.ParseAsync(request.Body, default, cancellationToken);
        }
        catch (JsonException)
        {
            return (null, "The body is neither JSON nor a form");
        }

        using (json)
        {
            if (json.RootElement.ValueKind != JsonValueKind.Object) return (null, "The body must be a JSON object");
            try
            {
                return Of(name => json.RootElement.TryGetProperty(name, out var value) ? value : default);
            }
            catch (InvalidOperationException)
            {
                return (null, "A text contains half of a surrogate pair"); // JSON can say it, Unicode cannot
            }
        }
    }

    private static (ForumSend? Body, string? Broken) Of(Func<string, JsonElement> field)
    {
        var (content, type, reply, client) = (field("content"), field("message_type"), field("reply_to"), field("client_id"));
        if (!IsTextOrMissing(content)) return (null, "content must be a string");
        if (!IsTextOrMissing(client)) return (null, "client_id must be a string");
        if (!IsMissing(type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("text"u8))) return (null, "message_type can only be text");
        if (field("file") is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) }) return (null, NoFiles);
        long? replyTo = null;
        if (!IsMissing(reply))
        {
            replyTo = reply.ValueKind == JsonValueKind.Number && reply.TryGetInt64(out var number) ? number
                : reply.ValueKind == JsonValueKind.String ? Id(reply.GetString()) : null;
            if (replyTo is null) return (null, "reply_to must be a message's id");
        }

        return (new ForumSend(IsMissing(content) ? null : content.GetString(), replyTo, IsMissing(client) ? null : client.GetString()), null);
    }

    private static async Task<(ForumSend? Body, string? Broken)> ReadFormAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = RefusedFormMaxBytes;
        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(new FormOptions { MultipartBodyLengthLimit = FormMaxBytes, BufferBodyLengthLimit = FormMaxBytes }, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            return (null, NoFiles);
        }

        if (form.Files.Count > 0) return (null, NoFiles);
        if (form["message_type"] is [{ Length: > 0 } and not "text"]) return (null, "message_type can only be text");
        var reply = form["reply_to"].ToString();
        if (reply.Length > 0 && Id(reply) is null) return (null, "reply_to must be a message's id");
        return (new ForumSend(form["content"], reply.Length > 0 ? Id(reply) : null, form["client_id"]), null);
    }

    private static bool IsMissing(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    private static bool IsTextOrMissing(JsonElement value) => IsMissing(value) || value.ValueKind == JsonValueKind.String;

    private static long? Id(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
