namespace TheBot.ChatApi.Messages;

internal static class MessageServices
{
    /// <summary>The one writer behind every door.</summary>
    public static IServiceCollection AddMessages(this IServiceCollection services)
    {
        services.AddOptions<MessageWriterOptions>().BindConfiguration(MessageWriterOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<MessageWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<MessageWriter>());
        return services;
    }
}
