using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using TheBot.Data.Log;
using TheBot.Data.Presence;

namespace TheBot.Data;

/// <summary>The database as SQL sees it: a data source for appends to the rooms' logs, and one for everything else that is hot or holds locks.</summary>
/// <remarks>
/// Npgsql hands out the connections of a pool in turns. What is written all the time is written through few, because whoever wrote last has the indexes' upper
/// pages, the tables' metadata and the plan at hand: of 20 connections that take turns each finds its caches cold, and 50 busy rooms get a quarter fewer messages through (docs/performance.md).
/// </remarks>
public static class ChatDatabase
{
    /// <summary>The name of the connection string, in the AppHost and everywhere.</summary>
    public const string ConnectionName = "chatdb";

    /// <summary>
    /// Connections of one process at most, besides those for appends, unless the connection string says otherwise (<c>Maximum Pool Size</c>); who comes later waits
    /// for one.
    /// </summary>
    private const int Connections = 30;

    private const string Appends = "appends";

    /// <summary>Registers the <see cref="NpgsqlDataSource"/> and the logs on it.</summary>
    /// <param name="services">Where.</param>
    /// <param name="appends">Connections for appends at most, where there are many.</param>
    public static IServiceCollection AddChatDatabase(this IServiceCollection services, Func<IServiceProvider, int>? appends = null)
    {
        services.TryAddSingleton(provider => Create(ConnectionString(provider)));
        services.TryAddKeyedSingleton(Appends, (provider, _) => Create(ConnectionString(provider), appends?.Invoke(provider) ?? 1, Appends));
        services.TryAddSingleton(provider => new RoomLog(provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredKeyedService<NpgsqlDataSource>(Appends)));
        services.TryAddSingleton<UserLog>();
        services.TryAddSingleton<PresenceTable>();
        return services;
    }

    /// <summary>A data source with what the hot path wants, whatever the connection string says otherwise.</summary>
    /// <param name="connectionString">Of the database.</param>
    /// <param name="connections">At most; null = as the connection string says.</param>
    /// <param name="name">By which the metrics of its connections are told from another's.</param>
    public static NpgsqlDataSource Create(string connectionString, int? connections = null, string? name = null)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString) { Name = name };
        // The same few statements over and over: planned once a connection. Nobody leaves session state behind, so nothing needs a reset.
        builder.ConnectionStringBuilder.MaxAutoPrepare = 32;
        builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
        builder.ConnectionStringBuilder.NoResetOnClose = true;
        // Npgsql's own 100 for each of two replicas are twice what a Postgres gives out of the box: a burst would be refused where it should queue.
        if (connections is not null || !new DbConnectionStringBuilder { ConnectionString = builder.ConnectionStringBuilder.ConnectionString }.ContainsKey("Maximum Pool Size"))
            builder.ConnectionStringBuilder.MaxPoolSize = connections ?? Connections;
        builder.ConnectionStringBuilder.MinPoolSize = Math.Min(builder.ConnectionStringBuilder.MinPoolSize, builder.ConnectionStringBuilder.MaxPoolSize);
        // Their plans do not depend on the values: planning the append anew takes longer than running it (1.5 against 0.6 ms for one message).
        builder.ConnectionStringBuilder.Options = $"{builder.ConnectionStringBuilder.Options} -c plan_cache_mode=force_generic_plan".TrimStart();
        // Heads, presence and health are asked for all the time: a statement that is part of nothing is no trace of its own.
        builder.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(static _ => IsTraced).ConfigureBatchFilter(static _ => IsTraced));
        return builder.Build();
    }

    private static string ConnectionString(IServiceProvider provider) =>
        provider.GetRequiredService<IConfiguration>().GetConnectionString(ConnectionName)
        ?? throw new InvalidOperationException($"ConnectionStrings:{ConnectionName} is not set.");

    private static bool IsTraced => Activity.Current is { Recorded: true };
}
