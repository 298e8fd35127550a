using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using TheBot.Data;
using TheBot.Data.Log;
using TheBot.Data.Roster;
using TheBot.Data.Schema;
using TheBot.Migrator;

// Not a hosted service: one that throws ends the process with code 0, and a failed migration would pass for a finished one.
var builder = Host.CreateApplicationBuilder(args);
builder.AddServiceDefaults();
if (DemoSchool.Refusal(builder.Configuration, builder.Environment) is { } refusal)
{
    await Console.Error.WriteLineAsync(refusal);
    return 1;
}

// A failed command surfaces as an exception; on a fresh database EF Core's look for its history table would be logged as an error.
builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.None);
// Without retries: whoever starts this waits for the database first, and hears at once that there is none.
builder.AddNpgsqlDbContext<ChatDbContext>(ChatDatabase.ConnectionName, settings => settings.DisableRetry = true, options => options.UseChatModel());
builder.Services.AddChatDatabase();
builder.Services.AddSingleton<ICommittedEvents, NobodyListens>();
builder.Services.AddSingleton<RoomProvisioner>();
builder.Services.AddSingleton<SchoolRoster>();
builder.Services.AddSingleton<DemoSchool>();

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, interrupt) =>
{
    interrupt.Cancel = true;
    stop.Cancel();
};

using var host = builder.Build();
try
{
    await MigrateAsync(host.Services, stop.Token);
    var report = await host.Services.GetRequiredService<RoomProvisioner>().ConvergeEverythingAsync(dryRun: false, stop.Token);
    Console.WriteLine($"backfill: {report}");
    if (DemoSchool.IsAskedFor(builder.Configuration))
        Console.WriteLine($"demo school: {await host.Services.GetRequiredService<DemoSchool>().SeedAsync(stop.Token)}");
    return 0;
}
catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException or ArgumentException or OperationCanceledException)
{
    // The database, the configuration or the operator said no: one line says it. Anything else is a fault of ours and shows its stack.
    await Console.Error.WriteLineAsync($"migration failed: {(failure.InnerException as NpgsqlException ?? failure).Message.ReplaceLineEndings(" ")}");
    return 1;
}

static async Task MigrateAsync(IServiceProvider services, CancellationToken cancellationToken)
{
    await using var scope = services.CreateAsyncScope();
    var database = scope.ServiceProvider.GetRequiredService<ChatDbContext>().Database;
    await SchemaUpgrade.RunAsync(scope.ServiceProvider.GetRequiredService<ChatDbContext>(), cancellationToken);
    var applied = await database.GetAppliedMigrationsAsync(cancellationToken);
    Console.WriteLine($"schema: {applied.Last()}");
}
