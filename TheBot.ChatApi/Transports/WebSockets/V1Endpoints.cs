using TheBot.Contracts.V1;

namespace TheBot.ChatApi.Transports.WebSockets;

internal static class V1Endpoints
{
    /// <summary>The address of v1, with and without the final slash (routing takes both), and the limits for who has no socket yet.</summary>
    public static IEndpointRouteBuilder MapV1Socket(this IEndpointRouteBuilder app)
    {
        ToldLimits.Map(app);
        app.Map(V1Protocol.Path, (HttpContext context, V1Door door) => door.OpenAsync(context));
        return app;
    }
}
