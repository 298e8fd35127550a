using Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql.EntityFrameworkCore.PostgreSQL;
using StackExchange.Redis;

namespace LocalAspire.Tests;

public class ClientTests
{
    private const string Section = "Aspire:Npgsql:EntityFrameworkCore:PostgreSQL";

    [Fact]
    public void Later_configuration_wins_and_the_delegate_has_the_last_word()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [$"{Section}:ConnectionString"] = "Host=general",
            [$"{Section}:CommandTimeout"] = "1",
            [$"{Section}:DisableRetry"] = "true",
            [$"{Section}:chatdb:CommandTimeout"] = "2",
            [$"{Section}:Context:CommandTimeout"] = "3",
            ["ConnectionStrings:chatdb"] = "Host=named",
        });
        NpgsqlEntityFrameworkCorePostgreSQLSettings? seen = null;
        builder.AddNpgsqlDbContext<Context>("chatdb", settings =>
        {
            seen = new() { ConnectionString = settings.ConnectionString, CommandTimeout = settings.CommandTimeout, DisableRetry = settings.DisableRetry };
            settings.CommandTimeout = 4;
        });

        Assert.Equal(("Host=named", 3, true), (seen!.ConnectionString, seen.CommandTimeout, seen.DisableRetry));
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();
        Assert.Equal(4, scope.ServiceProvider.GetRequiredService<Context>().Database.GetCommandTimeout());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_context_retries_unless_told_otherwise(bool disabled)
    {
        var builder = WithConnectionStrings();
        builder.AddNpgsqlDbContext<Context>("chatdb", settings => settings.DisableRetry = disabled);
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();
        var strategy = scope.ServiceProvider.GetRequiredService<Context>().Database.CreateExecutionStrategy();
        Assert.Equal(!disabled, strategy is NpgsqlRetryingExecutionStrategy);
    }

    [Fact]
    public void The_health_checks_have_the_names_of_the_real_ones()
    {
        var builder = WithConnectionStrings();
        builder.AddNpgsqlDbContext<Context>("chatdb");
        builder.AddRedisClient("redis");
        using var host = builder.Build();
        Assert.Equal(["Context", "StackExchange.Redis"], HealthChecks(host));
    }

    [Fact]
    public void A_missing_connection_string_is_named_when_it_is_needed()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.AddNpgsqlDbContext<Context>("chatdb");
        builder.AddRedisClient("redis");
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();
        Assert.Contains("ConnectionStrings:chatdb", Assert.Throws<InvalidOperationException>(() => scope.ServiceProvider.GetRequiredService<Context>().Database.GetConnectionString()).Message, StringComparison.Ordinal);
        Assert.Contains("ConnectionStrings:redis", Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IConnectionMultiplexer>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Redis_that_is_away_at_first_use_does_not_fail_the_service()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,connectTimeout=200,connectRetry=1";
        builder.AddRedisClient("redis", configureOptions: options => options.ClientName = "chat");
        using var host = builder.Build();
        var connection = host.Services.GetRequiredService<IConnectionMultiplexer>();
        Assert.False(connection.IsConnected);
        Assert.Equal("chat", connection.ClientName);
    }

    private static HostApplicationBuilder WithConnectionStrings()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration["ConnectionStrings:chatdb"] = "Host=named";
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1";
        return builder;
    }

    private static IEnumerable<string> HealthChecks(IHost host) =>
        host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Select(item => item.Name);

    private sealed class Context(DbContextOptions<Context> options) : DbContext(options);
}
