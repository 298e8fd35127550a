using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LocalAspire.Tests;

public class WaitTests
{
    [Fact]
    public async Task A_failing_migrator_keeps_its_dependants_from_starting()
    {
        var lines = new RecordedLines();
        await using var graph = await Graph.StartAsync(builder =>
        {
            builder.Services.AddLogging(logging => logging.AddProvider(lines));
            Project(builder, "migrator").WithEnvironment("EXIT_CODE", "1");
        });

        var chatapi = await graph.UntilAsync("chatapi", item => KnownResourceStates.TerminalStates.Contains(item.Snapshot.State?.Text));
        Assert.Equal(KnownResourceStates.FailedToStart, chatapi.Snapshot.State?.Text);
        Assert.DoesNotContain(chatapi.Snapshot.Properties, property => property.Name == "executable.pid");
        Assert.Single(lines.All, line => line == "chatapi does not start: migrator ended with exit code 1 (expected 0)");
        await Assert.ThrowsAsync<DistributedApplicationException>(() => graph.Notifications.WaitForResourceHealthyAsync("chatapi"));
    }

    [Fact]
    public async Task A_wait_for_completion_can_expect_another_exit_code()
    {
        await using var graph = await Graph.StartAsync(builder =>
        {
            Project(builder, "migrator").WithEnvironment("EXIT_CODE", "3");
            var chatapi = Project(builder, "chatapi");
            chatapi.Resource.Annotations.Remove(chatapi.Resource.Annotations.OfType<WaitAnnotation>().Single(wait => wait.WaitType == WaitType.WaitForCompletion));
            chatapi.WaitForCompletion(Project(builder, "migrator"), exitCode: 3);
        });
        await graph.AllReplicasHealthyAsync();
    }

    [Fact]
    public async Task A_resource_waits_until_its_dependencies_are_healthy()
    {
        await using var graph = await Graph.StartAsync();
        var order = new List<string>();
        await foreach (var item in graph.Notifications.WatchAsync())
        {
            if (item.Snapshot.State?.Text is "Running" or "Finished")
                order.Add($"{item.Resource.Name} {item.Snapshot.State.Text} {item.Snapshot.HealthStatus}");
            if (order.LastOrDefault() == "chatapi Running Healthy")
                break;
        }

        Assert.InRange(order.IndexOf("chatdb Running Healthy"), 0, order.IndexOf("migrator Running Healthy"));
        Assert.InRange(order.IndexOf("migrator Finished "), 0, order.FindIndex(item => item.StartsWith("chatapi Running", StringComparison.Ordinal)));
        Assert.InRange(order.IndexOf("redis Running Healthy"), 0, order.FindIndex(item => item.StartsWith("chatapi Running", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_resource_may_wait_for_another_to_have_started()
    {
        await using var graph = await Graph.StartAsync(builder => Project(builder, "migrator").WaitForStart(builder.CreateResourceBuilder(builder.Resources.Single(item => item.Name == "redis"))));
        var migrator = await graph.UntilAsync("migrator", item => item.Snapshot.ExitCode == 0);
        var redis = await graph.UntilAsync("redis", item => item.Snapshot.StartTimeStamp is not null);
        Assert.InRange(migrator.Snapshot.StartTimeStamp!.Value, redis.Snapshot.StartTimeStamp!.Value, DateTime.MaxValue);
    }

    [Fact]
    public async Task A_missing_parameter_is_named_with_its_key()
    {
        var lines = new RecordedLines();
        await using var graph = await Graph.StartAsync(builder =>
        {
            builder.Services.AddLogging(logging => logging.AddProvider(lines));
            builder.Configuration["Parameters:jwt-key"] = null;
        });
        await graph.UntilAsync("chatapi", item => item.Snapshot.State?.Text == KnownResourceStates.FailedToStart);
        // one replica of the two may have failed before the reason is told, which is told once
        await Wait.UntilAsync(() => Task.FromResult(lines.All.Any(line => line.Contains("parameter 'jwt-key' has no value: set Parameters:jwt-key", StringComparison.Ordinal))),
            Graph.Patience, "the reason is told", () => string.Join('\n', lines.All));
    }

    [Fact]
    public async Task Hosted_services_of_the_AppHost_start_with_it_and_may_wait_for_resources()
    {
        var seen = new TaskCompletionSource<string>();
        await using var graph = await Graph.StartAsync(builder =>
        {
            builder.Services.AddSingleton(seen);
            builder.Services.AddHostedService<TryIt>();
        });
        Assert.StartsWith("chatapi-", await seen.Task.WaitAsync(Graph.Patience), StringComparison.Ordinal);
    }

    private static IResourceBuilder<ProjectResource> Project(IDistributedApplicationBuilder builder, string name) =>
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(item => item.Name == name));

    private sealed class TryIt(ResourceNotificationService notifications, TaskCompletionSource<string> seen) : Microsoft.Extensions.Hosting.BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
            seen.SetResult((await notifications.WaitForResourceHealthyAsync("chatapi", stoppingToken)).ResourceId);
    }

    private sealed class RecordedLines : ILoggerProvider, ILogger
    {
        private readonly List<string> _lines = [];

        public string[] All
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
                _lines.Add(formatter(state, exception));
        }

        public void Dispose() => GC.SuppressFinalize(this);
    }
}
