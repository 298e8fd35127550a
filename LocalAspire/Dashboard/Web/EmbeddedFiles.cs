using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LocalAspire.Dashboard.Web;

/// <summary>The pages' own files, out of the assembly.</summary>
internal static class EmbeddedFiles
{
    private static readonly string Version = $"\"{typeof(EmbeddedFiles).Assembly.ManifestModule.ModuleVersionId:N}\"";

    public static void Map(WebApplication app) => app.MapGet("/{**path}", WriteAsync);

    public static string Text(string path)
    {
        using var reader = new StreamReader(Open(path) ?? throw new FileNotFoundException(path), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static Stream? Open(string path) => typeof(EmbeddedFiles).Assembly.GetManifestResourceStream(path);

    private static async Task WriteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value is "/" ? "/index.html" : context.Request.Path.Value!;
        await using var file = Open(path);
        if (file is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.Headers.ETag = Version;
        if (context.Request.Headers.IfNoneMatch == Version)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = Path.GetExtension(path) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "application/octet-stream",
        };
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
