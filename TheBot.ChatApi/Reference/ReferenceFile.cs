using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace TheBot.ChatApi.Reference;

/// <summary>Writes the document to a file instead of serving anything: <c>openapi FILE</c> on the command line. Needs neither database nor Redis.</summary>
internal static class ReferenceFile
{
    private const string Verb = "openapi";

    /// <summary>Whether that is what was asked for.</summary>
    public static bool IsAskedFor(string[] args) => args is [Verb, _];

    public static async Task WriteAsync(WebApplication app, string file)
    {
        // as at a start: before it the endpoints are known to nobody
        app.UseRouting();
        app.UseEndpoints(_ => { });
        var document = await app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(ReferenceServices.DocumentName).GetOpenApiDocumentAsync();
        var json = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
        await File.WriteAllTextAsync(file, json.ReplaceLineEndings("\n").TrimEnd() + "\n");
    }
}
