using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace TheBot.ChatApi.Reference;

/// <summary>What the REST API says of itself: <c>/openapi/v1.json</c> in every environment, and a page to read and try it in Development.</summary>
internal static class ReferenceServices
{
    public const string DocumentName = "v1";

    /// <summary>Where the page is, in Development.</summary>
    public const string PagePath = "/reference";

    public static IServiceCollection AddReference(this IServiceCollection services) => services.AddOpenApi(DocumentName, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddOperationTransformer<OperationReference>();
        options.AddSchemaTransformer<SchemaReference>();
        options.AddDocumentTransformer<DocumentReference>();
    });

    public static void MapReference(this WebApplication app)
    {
        app.MapOpenApi().AllowAnonymous();
        if (!app.Environment.IsDevelopment()) return;

        // all from here: the page's script is part of its package, and nothing else is fetched
        app.MapScalarApiReference(PagePath, page => page
                .WithTitle(DocumentReference.Title)
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp())
            .AllowAnonymous();
    }
}
