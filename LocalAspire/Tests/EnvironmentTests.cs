using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace LocalAspire.Tests;

public sealed class HealthyGraph : IAsyncLifetime
{
    internal Graph Graph { get; private set; } = null!;

    public async Task InitializeAsync() => Graph = await Graph.StartHealthyAsync(builder =>
    {
        var chatapi = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(item => item.Name == "chatapi"));
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(item => item.Name == "migrator")).WithReference(chatapi);
    }, "Parameters:postgres-password=p:s/1 %");

    public async Task DisposeAsync() => await Graph.DisposeAsync();
}

public class EnvironmentTests(HealthyGraph fixture) : IClassFixture<HealthyGraph>
{
    private readonly Graph _graph = fixture.Graph;

    [Fact]
    public async Task A_reference_to_a_database_brings_its_connection_string_and_its_parts()
    {
        var replica = (await _graph.ReplicasAsync())[0];
        var port = new NpgsqlConnectionStringBuilder(await _graph.App.GetConnectionStringAsync("postgres")).Port;

        Assert.Equal($"Host=localhost;Port={port};Username=postgres;Password=p:s/1 %;Database=chatdb", replica.Variable("ConnectionStrings__chatdb"));
        Assert.Equal("localhost", replica.Variable("CHATDB_HOST"));
        Assert.Equal($"{port}", replica.Variable("CHATDB_PORT"));
        Assert.Equal("postgres", replica.Variable("CHATDB_USERNAME"));
        Assert.Equal("p:s/1 %", replica.Variable("CHATDB_PASSWORD"));
        Assert.Equal("chatdb", replica.Variable("CHATDB_DATABASENAME"));
        Assert.Equal($"postgresql://postgres:p%3As%2F1%20%25@localhost:{port}/chatdb", replica.Variable("CHATDB_URI"));
        Assert.Equal($"jdbc:postgresql://localhost:{port}/chatdb", replica.Variable("CHATDB_JDBCCONNECTIONSTRING"));
    }

    [Fact]
    public async Task A_reference_to_Redis_brings_its_connection_string_and_its_parts()
    {
        var replica = (await _graph.ReplicasAsync())[0];
        var password = replica.Variable("REDIS_PASSWORD");
        var port = replica.Variable("REDIS_PORT");

        Assert.Matches("^[A-Za-z0-9]{22}$", password);
        Assert.Equal($"localhost:{port},password={password}", replica.Variable("ConnectionStrings__redis"));
        Assert.Equal("localhost", replica.Variable("REDIS_HOST"));
        Assert.Equal($"redis://:{password}@localhost:{port}", replica.Variable("REDIS_URI"));
    }

    [Fact]
    public async Task Every_project_receives_the_telemetry_and_launch_variables()
    {
        var replica = (await _graph.ReplicasAsync())[0];
        var expected = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://localhost:19099",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
            ["OTEL_SERVICE_NAME"] = "chatapi",
            ["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={replica.ResourceId["chatapi-".Length..]}",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "1000",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
            ["OTEL_TRACES_SAMPLER"] = "always_on",
            ["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based",
            ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory",
            ["LOGGING__CONSOLE__FORMATTERNAME"] = "simple",
            ["DOTNET_LAUNCH_PROFILE"] = "http",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["Jwt__Key"] = Graph.JwtKey,
        };
        foreach (var (name, value) in expected)
            Assert.Equal((name, value), (name, replica.Variable(name)));
    }

    [Fact]
    public async Task A_reference_to_a_project_brings_its_stable_address()
    {
        var migrator = await _graph.UntilAsync("migrator", item => item.Snapshot.ExitCode == 0);
        var address = _graph.App.GetEndpoint("chatapi").ToString().TrimEnd('/');

        Assert.Equal(address, migrator.Variable("services__chatapi__http__0"));
        Assert.Equal(address, migrator.Variable("CHATAPI_HTTP"));
    }

    [Fact]
    public async Task Each_replica_listens_on_a_port_of_its_own_and_says_its_pid()
    {
        var replicas = await _graph.ReplicasAsync();
        using var client = new HttpClient();
        Assert.Equal(2, replicas.Select(item => item.Variable("ASPNETCORE_URLS")).Distinct().Count());
        foreach (var replica in replicas)
            Assert.Equal(replica.Pid(), await client.GetFromJsonAsync<int>($"{replica.Variable("ASPNETCORE_URLS")}/pid"));
    }

    [Fact]
    public async Task What_an_instance_prints_can_be_read_by_its_id()
    {
        var migrator = await _graph.UntilAsync("migrator", item => item.Snapshot.ExitCode == 0);
        var logs = _graph.App.Services.GetRequiredService<ResourceLoggerService>();
        await foreach (var lines in logs.WatchAsync(migrator.ResourceId))
        {
            Assert.Contains(lines, line => line.Content == "migrated");
            break;
        }
    }

    [Fact]
    public async Task The_services_reach_their_database_and_Redis()
    {
        using var client = _graph.Client();
        Assert.Equal("chatdb", await client.GetStringAsync("/database"));
        Assert.Equal("true", await client.GetStringAsync("/redis"));
    }

    [Fact]
    public async Task Redis_lets_nobody_in_without_the_password()
    {
        var options = ConfigurationOptions.Parse((await _graph.App.GetConnectionStringAsync("redis"))!);
        options.Password = null;
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        await Assert.ThrowsAsync<RedisConnectionException>(async () =>
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            await connection.GetDatabase().PingAsync();
        });
    }

    [Fact]
    public async Task Postgres_lets_nobody_in_without_the_password()
    {
        var options = new NpgsqlConnectionStringBuilder(await _graph.App.GetConnectionStringAsync("chatdb")) { Password = "wrong", Pooling = false };
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }
}
