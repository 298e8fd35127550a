namespace TheBot.ChatApi.Transports.WebSockets;

/// <summary>The addresses of the seed's sockets, each with and without the final slash (routing takes both).</summary>
internal static class SeedEndpoints
{
    public static IEndpointRouteBuilder MapSeedSockets(this IEndpointRouteBuilder app)
    {
        var sockets = app.MapGroup("/ws/chat");
        sockets.Map("/", (HttpContext context, SeedDoor door) => door.OpenRoomAsync(context, context.Request.Query["room_id"]));
        sockets.Map("/general", (HttpContext context, SeedDoor door) => door.OpenRoomAsync(context, SeedDoor.GeneralRoom));
        sockets.Map("/{room}", (HttpContext context, string room, SeedDoor door) => door.OpenRoomAsync(context, room));
        app.Map("/ws/notifications/{user}", (HttpContext context, string user, SeedDoor door) => door.OpenNotificationsAsync(context, user));
        return app;
    }
}
