using Microsoft.Extensions.Options;
using TheBot.Data.Log;

namespace TheBot.ChatApi.Messages;

internal static class MessageServices
{
    /// <summary>Connections that the writer takes at most.</summary>
    public static int AppendConnections(IServiceProvider services) => services.GetRequiredService<IOptions<MessageWriterOptions>>().Value.Connections;

    /// <summary>The one writer and the one set of actions behind every door.</summary>
    public static IServiceCollection AddMessages(this IServiceCollection services)
    {
        services.AddOptions<MessageWriterOptions>().BindConfiguration(MessageWriterOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<MessageWriter>();
        services.AddSingleton<RoomChanges>();
        services.AddSingleton<ReadMarkers>();
        services.AddSingleton<MessageActions>();
        services.AddHostedService(provider => provider.GetRequiredService<MessageWriter>());
        return services;
    }
}
