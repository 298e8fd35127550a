using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TheBot.Data;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Backup;

namespace TheBot.Migrator.Commands.Preflight;

/// <summary>The checklist before a deploy: looks at everything, changes nothing, and says of each line what to do.</summary>
internal sealed class PreflightCommand : Verb
{
    // a database that is away is a line of the checklist
    public PreflightCommand()
        : base("preflight", "Check database, schema, Redis, disk and backups before a deploy. Ends with 3 where a line failed.", DatabaseNeed.Nothing) =>
        Options.Add(BackupFolder.Option);

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        var configuration = run.Services.GetRequiredService<IConfiguration>();
        var time = run.Services.GetRequiredService<TimeProvider>();
        var checks = new List<Check>();
        await DatabaseChecks.AddAsync(checks, run, cancellationToken).ConfigureAwait(false);
        checks.Add(await RedisCheck.RunAsync(configuration.GetConnectionString("redis"), time).ConfigureAwait(false));
        var database = new NpgsqlConnectionStringBuilder(configuration.GetConnectionString(ChatDatabase.ConnectionName)).Database ?? ChatDatabase.ConnectionName;
        checks.AddRange(BackupChecks.Run(BackupFolder.Of(run, database), time.GetUtcNow()));

        foreach (var check in checks)
        {
            run.Say($"{check.State.ToString().ToLowerInvariant(),-5} {check.Name,-18} {check.Finding}");
            if (check.ToDo is not null) run.Say($"      {"",-18} -> {check.ToDo}");
        }

        return new VerbResult(checks.Exists(c => c.State == CheckState.Fail) ? ExitCode.ProblemsFound : ExitCode.Done, new { checks });
    }
}
