using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using TheBot.ChatApi.Http;

namespace TheBot.ChatApi.Reference;

/// <summary>What a call may be refused with and whether it asks for a login: by what it takes, so that no new call is forgotten.</summary>
internal sealed class OperationReference : IOpenApiOperationTransformer
{
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var rules = metadata.OfType<IAuthorizeData>().ToList();
        if (metadata.OfType<IAllowAnonymous>().Any()) rules.Clear();
        if (metadata.OfType<TakesIfMatch>().Any())
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = "If-Match",
                In = ParameterLocation.Header,
                Description = "The ETag of the thing as the asking person knows it; without it the last one wins.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        if (rules.Count > 0)
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentReference.Login, context.Document)] = [] }];

        var responses = operation.Responses ?? [];
        var isSeed = Problems.IsSeedPath("/" + context.Description.RelativePath);
        foreach (var status in Refusals(operation, context.Description.HttpMethod, rules)) responses.TryAdd(Text(status), new OpenApiResponse());
        foreach (var (status, response) in responses)
        {
            if (response is not OpenApiResponse refusal || int.Parse(status, CultureInfo.InvariantCulture) < StatusCodes.Status400BadRequest) continue;
            refusal.Description = ReasonPhrases.GetReasonPhrase(int.Parse(status, CultureInfo.InvariantCulture));
            refusal.Content = new Dictionary<string, OpenApiMediaType>
            {
                [isSeed ? "application/json" : "application/problem+json"] = new()
                {
                    Schema = new OpenApiSchemaReference(isSeed ? nameof(SeedRefusal) : DocumentReference.Problem, context.Document),
                },
            };
            if (status == Text(StatusCodes.Status429TooManyRequests))
            {
                refusal.Headers = new Dictionary<string, IOpenApiHeader>
                {
                    ["Retry-After"] = new OpenApiHeader { Description = "Whole seconds", Schema = new OpenApiSchema { Type = JsonSchemaType.Integer } },
                };
            }
        }

        operation.Responses = [];
        foreach (var (status, response) in responses.OrderBy(answer => answer.Key, StringComparer.Ordinal)) operation.Responses.Add(status, response);
        return Task.CompletedTask;
    }

    private static IEnumerable<int> Refusals(OpenApiOperation operation, string? method, List<IAuthorizeData> rules)
    {
        var writes = method is not ("GET" or "HEAD");
        var parameters = operation.Parameters ?? [];
        if (operation.RequestBody is not null)
        {
            yield return StatusCodes.Status413PayloadTooLarge;
            yield return StatusCodes.Status415UnsupportedMediaType;
        }

        if (operation.RequestBody is not null || parameters.Count > 0) yield return StatusCodes.Status400BadRequest;
        if (rules.Count > 0) yield return StatusCodes.Status401Unauthorized;
        if (rules.Any(rule => rule.Policy is not null) || (writes && parameters.Count > 0)) yield return StatusCodes.Status403Forbidden;
        if (parameters.Any(parameter => parameter.In == ParameterLocation.Path)) yield return StatusCodes.Status404NotFound;
        if (parameters.Any(parameter => parameter.Name == "If-Match")) yield return StatusCodes.Status412PreconditionFailed;
        if (writes) yield return StatusCodes.Status429TooManyRequests;
        yield return StatusCodes.Status503ServiceUnavailable;
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
