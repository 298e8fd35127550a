using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Npgsql;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Forum;
using TheBot.ChatApi.Http;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Messages;
using TheBot.ChatApi.Rooms;
using TheBot.Data.Log;

namespace TheBot.Tests.Rooms;

/// <summary>The real endpoints in this process, on a database whose SQL commands are counted.</summary>
internal sealed class CountedApi : IAsyncDisposable, ICommittedEvents, IReadMarkerListener
{
    private readonly Counter _counter = new();
    private readonly NpgsqlDataSource _database;
    private WebApplication _app = null!;

    private CountedApi(string connectionString)
    {
        var source = new NpgsqlDataSourceBuilder(connectionString);
        source.UseLoggerFactory(LoggerFactory.Create(logging => logging.AddProvider(_counter).SetMinimumLevel(LogLevel.Information)));
        _database = source.Build();
    }

    public static async Task<CountedApi> StartAsync(string connectionString)
    {
        var api = new CountedApi(connectionString);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(api._database).AddSingleton<ICommittedEvents>(api).AddSingleton<IReadMarkerListener>(api).AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<RoomLog>().AddProblems().AddLimits().AddTokenAuthentication().AddRooms().AddMessages().AddForum();
        api._app = builder.Build();
        api._app.Urls.Add("http://127.0.0.1:0");
        api._app.UseProblems();
        api._app.UseAuthentication();
        api._app.UseAuthorization();
        api._app.MapRooms();
        api._app.MapMessages();
        api._app.MapForum();
        await api._app.StartAsync(Deadline.Token());
        return api;
    }

    /// <summary>The answer to a GET, and how many SQL commands it took.</summary>
    public async Task<(string Body, int Commands)> GetAsync(string token, string path)
    {
        using var client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Token", token);
        var before = _counter.Commands;
        var body = await client.GetStringAsync(path, Deadline.Token());
        return (body, _counter.Commands - before);
    }

    public void Announce(Committed committed)
    {
    }

    public void Announce(long roomId, Identity reader, long seq)
    {
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _database.DisposeAsync();
    }

    private sealed class Counter : ILoggerProvider, ILogger
    {
        private int _commands;

        public int Commands => Volatile.Read(ref _commands);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name is "CommandExecutionCompleted" or "BatchExecutionCompleted") Interlocked.Increment(ref _commands);
        }

        public void Dispose()
        {
        }
    }
}
