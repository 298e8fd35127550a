using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TheBot.Data.Roster;
using TheBot.Data.Schema;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Backfill;

namespace TheBot.Migrator.Commands.Migrate;

/// <summary>The schema, forward or to a migration by name. What else the one-shot of a graph needs is asked for by name.</summary>
internal sealed class MigrateCommand : Verb
{
    public const string VerbName = "migrate";

    private static readonly Argument<string?> Target = Word("NAME", "The migration to end at, with or without its number; the newest by default.");

    private static readonly Option<bool> Down = new("--down") { Description = "Allow taking migrations back; what they added is lost, with its data." };
    private static readonly Option<bool> List = new("--list") { Description = "List the migrations, applied and pending, and change nothing." };
    private static readonly Option<bool> Script = new("--script") { Description = "Print the SQL of what is pending, to be read or run by hand, and change nothing." };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Tell what would be applied or taken back, and what a backfill would do; change nothing." };
    private static readonly Option<bool> Backfill = new("--backfill") { Description = "Afterwards let rooms and members follow the roster, as backfill does." };
    private static readonly Option<bool> DemoSchool = new("--demo-school") { Description = "Afterwards add a small school to try the product with (Development only)." };

    public MigrateCommand()
        : base(VerbName, "Bring the schema up to date, or to NAME.", DatabaseNeed.Answers)
    {
        Arguments.Add(Target);
        foreach (var option in new[] { Down, List, Script, DryRun, Backfill, DemoSchool }) Options.Add(option);
        Validators.Add(result =>
        {
            if (new[] { List, Script, DryRun }.Count(result.GetValue) > 1) result.AddError("--list, --script and --dry-run exclude each other.");
            if (result.GetValue(DryRun) && result.GetValue(DemoSchool)) result.AddError("--demo-school goes without --dry-run.");
            if ((result.GetValue(List) || result.GetValue(Script) || result.GetValue(Target) is not null) && (result.GetValue(Backfill) || result.GetValue(DemoSchool)))
                result.AddError("--backfill and --demo-school need the newest schema: they go without NAME, --list and --script.");
        });
    }

    protected override void AddServices(IHostApplicationBuilder builder) => builder.Services.AddSingleton<DemoSchool>();

    protected override async Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken)
    {
        // everybody knows its accounts' password, and one of them is an administrator
        var environment = run.Services.GetRequiredService<IHostEnvironment>();
        if (run.Arguments.GetValue(DemoSchool) && !environment.IsDevelopment())
            throw new VerbFailure($"--demo-school is for the Development environment only, and this is {environment.EnvironmentName}", ExitCode.BadArguments);

        await using var scope = run.Services.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<ChatDbContext>();
        var target = Find(context.Database, run.Arguments.GetValue(Target));
        if (run.Arguments.GetValue(List)) return await ListAsync(run, context.Database, cancellationToken).ConfigureAwait(false);
        if (run.Arguments.GetValue(Script)) return await ScriptAsync(run, context, target, cancellationToken).ConfigureAwait(false);

        var steps = await SchemaUpgrade.StepsAsync(context.Database, target, cancellationToken).ConfigureAwait(false);
        if (!run.Arguments.GetValue(Down) && steps.Any(step => step.IsBack))
            throw new VerbFailure($"{target} is older than the schema: --down takes migrations back, and what they added is lost", ExitCode.BadArguments);
        if (run.Arguments.GetValue(DryRun)) return await RehearseAsync(run, steps, cancellationToken).ConfigureAwait(false);
        var done = await UpgradeAsync(run, context, target, cancellationToken).ConfigureAwait(false);
        ProvisionReport? rooms = null;
        if (run.Arguments.GetValue(Backfill))
        {
            rooms = await BackfillCommand.ConvergeAsync(run, dryRun: false, cancellationToken).ConfigureAwait(false);
            run.Say($"backfill: {rooms}");
        }

        if (run.Arguments.GetValue(DemoSchool))
            run.Say($"demo school: {await run.Services.GetRequiredService<DemoSchool>().SeedAsync(cancellationToken).ConfigureAwait(false)}");
        var schema = (await context.Database.GetAppliedMigrationsAsync(cancellationToken).ConfigureAwait(false)).LastOrDefault();
        run.Say($"schema: {schema ?? "empty"}");
        return VerbResult.Done(new { schema, applied = done, backfill = rooms });
    }

    private static async Task<VerbResult> RehearseAsync(VerbRun run, IReadOnlyList<(string Migration, bool IsBack)> steps, CancellationToken cancellationToken)
    {
        foreach (var (migration, isBack) in steps) run.Say($"would {(isBack ? "take back" : "apply")} {migration}");
        if (steps.Count == 0) run.Say("nothing to apply");
        ProvisionReport? rooms = null;
        if (run.Arguments.GetValue(Backfill))
        {
            // whoever is in which room is asked of the newest schema
            if (steps.Count == 0) rooms = await BackfillCommand.ConvergeAsync(run, dryRun: true, cancellationToken).ConfigureAwait(false);
            run.Say($"backfill, to do: {rooms?.ToString() ?? "can be told when the schema is up to date"}");
        }

        return VerbResult.Done(new { dry_run = true, steps = steps.Select(step => new { step.Migration, step.IsBack }), backfill = rooms });
    }

    private static async Task<List<string>> UpgradeAsync(VerbRun run, ChatDbContext context, string? target, CancellationToken cancellationToken)
    {
        var done = new List<string>();
        try
        {
            await SchemaUpgrade.RunAsync(context, cancellationToken, target, run.Patience, (migration, isBack) =>
            {
                run.Say(isBack ? $"taking back {migration}" : $"applying {migration}");
                done.Add(migration);
            }).ConfigureAwait(false);
            return done;
        }
        catch (Exception busy) when (done.Count == 0 && busy.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
        {
            throw new VerbFailure($"another migrator is at it and did not finish within {run.Patience.TotalSeconds:N0} s; give it more --wait", inner: busy);
        }
        catch (Exception failure) when (done.Count > 0 && Refusal.From(failure) is { } refusal)
        {
            throw new VerbFailure($"{done[^1]}: {refusal.Message}; nothing of it was kept", inner: failure);
        }
    }

    private static async Task<VerbResult> ListAsync(VerbRun run, DatabaseFacade database, CancellationToken cancellationToken)
    {
        var applied = (await database.GetAppliedMigrationsAsync(cancellationToken).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
        var known = database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var all = known.Union(applied).Order(StringComparer.Ordinal)
            .Select(name => new { name, state = !known.Contains(name) ? "of_a_later_build" : applied.Contains(name) ? "applied" : "pending" }).ToList();
        foreach (var migration in all) run.Say($"{migration.name}  {migration.state.Replace('_', ' ')}");
        return VerbResult.Done(new { migrations = all });
    }

    private static async Task<VerbResult> ScriptAsync(VerbRun run, ChatDbContext context, string? target, CancellationToken cancellationToken)
    {
        var from = (await context.Database.GetAppliedMigrationsAsync(cancellationToken).ConfigureAwait(false)).LastOrDefault();
        var script = context.GetService<IMigrator>().GenerateScript(from, target);
        run.Say(script);
        return VerbResult.Done(new { from, to = target, script });
    }

    /// <summary>The full name of a migration that was named in either way; null = none was named.</summary>
    private static string? Find(DatabaseFacade database, string? name)
    {
        if (name is null) return null;
        var known = database.GetMigrations().ToList();
        return known.Find(m => m.Equals(name, StringComparison.OrdinalIgnoreCase) || m[(m.IndexOf('_', StringComparison.Ordinal) + 1)..].Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new VerbFailure($"there is no migration {name}; there are {string.Join(", ", known)}", ExitCode.BadArguments);
    }
}
