using Microsoft.Net.Http.Headers;

namespace TheBot.ChatApi.Http;

/// <summary>Changes that are not made where somebody else was first: the thing's version travels as <c>ETag</c> and comes back as <c>If-Match</c> (RFC 9110).</summary>
internal static class ConditionalRequests
{
    private const string Rule = "With If-Match (the ETag of the thing) it is not done where somebody else was first: 412.";

    /// <summary>What <c>If-Match</c> names: a version, null where anything will do, or what nothing has where it is none of ours.</summary>
    public static string? KnownVersion(this HttpRequest request)
    {
        if (request.Headers.IfMatch is not [{ Length: > 0 } header]) return null;
        if (!EntityTagHeaderValue.TryParse(header, out var tag)) return "";
        return tag.Equals(EntityTagHeaderValue.Any) ? null : tag.IsWeak ? "" : tag.Tag.ToString().Trim('"');
    }

    /// <summary>Says of an endpoint that it looks at <c>If-Match</c>, in words and for the parameter's sake.</summary>
    public static RouteHandlerBuilder TakesIfMatch(this RouteHandlerBuilder endpoint) => endpoint.WithDescription(Rule).WithMetadata(new TakesIfMatch());

    /// <summary>Tells the version of what is answered.</summary>
    public static void SetVersion(this HttpResponse response, string version) => response.Headers.ETag = $"\"{version}\"";
}

/// <summary>On endpoints that look at <c>If-Match</c>, for their description.</summary>
internal sealed class TakesIfMatch;
