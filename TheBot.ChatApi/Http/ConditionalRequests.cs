using Microsoft.Net.Http.Headers;

namespace TheBot.ChatApi.Http;

/// <summary>Changes that are not made where somebody else was first: the thing's version travels as <c>ETag</c> and comes back as <c>If-Match</c> (RFC 9110).</summary>
internal static class ConditionalRequests
{
    private const string Rule = "With If-Match (the ETag of the thing) it is not done where somebody else was first: 412.";

    /// <summary>The versions that <c>If-Match</c> names, on however many lines, of which any one will do; null = whatever it is, none = it names nothing that could be ours.</summary>
    public static string[]? KnownVersions(this HttpRequest request)
    {
        if (request.Headers.IfMatch is not { Count: > 0 } lines) return null;
        if (!EntityTagHeaderValue.TryParseStrictList([.. lines.OfType<string>()], out var tags)) return [];
        return tags is [var only] && only.Equals(EntityTagHeaderValue.Any) ? null : [.. tags.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.ToString().Trim('"'))];
    }

    /// <summary>Says of an endpoint that it looks at <c>If-Match</c>, in words and for the parameter's sake.</summary>
    public static RouteHandlerBuilder TakesIfMatch(this RouteHandlerBuilder endpoint) => endpoint.WithDescription(Rule).WithMetadata(new TakesIfMatch());

    /// <summary>Tells the version of what is answered.</summary>
    public static void SetVersion(this HttpResponse response, string version) => response.Headers.ETag = $"\"{version}\"";
}

/// <summary>On endpoints that look at <c>If-Match</c>, for their description.</summary>
internal sealed class TakesIfMatch;
