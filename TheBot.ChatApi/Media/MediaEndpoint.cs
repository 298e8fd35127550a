using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Net.Http.Headers;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Http;
using TheBot.Data.Media;

namespace TheBot.ChatApi.Media;

/// <summary>The files of the replaced system under their old addresses: <c>/media/...</c></summary>
internal static class MediaEndpoint
{
    public static IServiceCollection AddMedia(this IServiceCollection services)
    {
        services.TryAddSingleton<MediaStore>();
        return services;
    }

    public static void MapMedia(this IEndpointRouteBuilder routes) =>
        routes.MapMethods(MediaAddress.Prefix + "{**path}", [HttpMethods.Get, HttpMethods.Head], SendAsync).RequireAuthorization().WithTags("media")
            .WithSummary("A file of a message that the asking person may read, or somebody's picture.");

    private static async Task<IResult> SendAsync(string path, HttpContext context, MediaStore store, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(path, context.Identity()!.UserId, cancellationToken) is not { } file) return Problems.NotFound();
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        // whatever it is and whoever made it: nothing in it runs as this site
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        // who may see it can change at any time, and no cache in between asks again
        headers.CacheControl = "private, no-cache";
        var disposition = new ContentDispositionHeaderValue(MediaContent.IsPicture(file.ContentType) ? "inline" : "attachment");
        disposition.SetHttpFileName(MediaAddress.NameOf(file.Path));
        headers.ContentDisposition = disposition.ToString();
        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = file.Size;
        if (HttpMethods.IsHead(context.Request.Method)) return Results.Empty;
        await foreach (var piece in store.ReadAsync(file, cancellationToken)) await context.Response.Body.WriteAsync(piece, cancellationToken);
        return Results.Empty;
    }
}
