using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace TheBot.Data;

/// <summary>The pool behind everything that runs transactions of its own.</summary>
public static class ChatDatabase
{
    /// <summary>The name under which the orchestrator hands over the connection string.</summary>
    public const string ConnectionName = "chatdb";

    /// <summary>One <see cref="NpgsqlDataSource"/> a process, from <c>ConnectionStrings:chatdb</c>; disposed with the host.</summary>
    /// <remarks>Not through the DbContext: its retry strategy, which the orchestrator's registration turns on, forbids transactions of one's own.</remarks>
    public static IServiceCollection AddChatDataSource(this IServiceCollection services) =>
        services.AddSingleton(provider =>
        {
            var connection = provider.GetRequiredService<IConfiguration>().GetConnectionString(ConnectionName)
                ?? throw new InvalidOperationException($"ConnectionStrings:{ConnectionName} is not set.");

            // without a logger: it would write a line for every command, and what fails surfaces as an exception
            return NpgsqlDataSource.Create(connection);
        });
}
