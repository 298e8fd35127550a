using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using TheBot.Data.Log;
using TheBot.Data.Presence;

namespace TheBot.Data;

/// <summary>The database as SQL sees it: one data source for everything that is hot or holds locks.</summary>
public static class ChatDatabase
{
    /// <summary>The name of the connection string, in the AppHost and everywhere.</summary>
    public const string ConnectionName = "chatdb";

    /// <summary>Connections of one process at most, unless the connection string says otherwise (<c>Maximum Pool Size</c>); who comes later waits for one.</summary>
    public const int ConnectionsPerReplica = 40;

    /// <summary>Registers the <see cref="NpgsqlDataSource"/> and the logs on it.</summary>
    public static IServiceCollection AddChatDatabase(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => Create(
            provider.GetRequiredService<IConfiguration>().GetConnectionString(ConnectionName)
            ?? throw new InvalidOperationException($"ConnectionStrings:{ConnectionName} is not set.")));
        services.TryAddSingleton<RoomLog>();
        services.TryAddSingleton<UserLog>();
        services.TryAddSingleton<PresenceTable>();
        return services;
    }

    /// <summary>A data source with what the hot path wants, whatever the connection string says otherwise.</summary>
    public static NpgsqlDataSource Create(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        // The same few statements over and over: planned once a connection. Nobody leaves session state behind, so nothing needs a reset.
        builder.ConnectionStringBuilder.MaxAutoPrepare = 32;
        builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
        builder.ConnectionStringBuilder.NoResetOnClose = true;
        // Npgsql's own 100 for each of two replicas are twice what a Postgres gives out of the box: a burst would be refused where it should queue.
        if (!new DbConnectionStringBuilder { ConnectionString = builder.ConnectionStringBuilder.ConnectionString }.ContainsKey("Maximum Pool Size"))
            builder.ConnectionStringBuilder.MaxPoolSize = ConnectionsPerReplica;
        // Their plans do not depend on the values: planning the append anew takes longer than running it (1.5 against 0.6 ms for one message).
        builder.ConnectionStringBuilder.Options = $"{builder.ConnectionStringBuilder.Options} -c plan_cache_mode=force_generic_plan".TrimStart();
        // Heads, presence and health are asked for all the time: a statement that is part of nothing is no trace of its own.
        builder.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(static _ => IsTraced).ConfigureBatchFilter(static _ => IsTraced));
        return builder.Build();
    }

    private static bool IsTraced => Activity.Current is { Recorded: true };
}
