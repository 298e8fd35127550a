using System.CommandLine;
using System.Globalization;
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

namespace TheBot.Migrator.CommandLine;

/// <summary>One verb of the command line. A verb derives from this, adds its options in its constructor and its services in <see cref="AddServices"/>.</summary>
/// <remarks>
/// Exit codes: <see cref="ExitCode"/>. What the database, the configuration or the operator refuses becomes one line on stderr; any other
/// exception is a fault of ours and shows its stack. stdout has the verb's answer: lines for people, or one JSON object with <c>--json</c>.
/// </remarks>
internal abstract class Verb : Command
{
    /// <summary>How the answer is given, also that the command line makes no sense.</summary>
    public static readonly Option<bool> Json = new("--json") { Description = "Answer with one JSON object on stdout." };

    private static readonly Option<int> Wait = Seconds("--wait", 30, "How long to wait for a database that does not answer, and for another migrator to finish.");

    private static readonly Option<int> LockTimeout = Seconds(
        "--lock-timeout", 10, "How long to stand in line for something that others hold; everybody who comes later stands behind.");

    private readonly DatabaseNeed _need;

    /// <param name="name">What it is called by.</param>
    /// <param name="description">What <c>--help</c> says of it.</param>
    /// <param name="need">What it must find before it runs; one that looks for itself does not wait.</param>
    protected Verb(string name, string description, DatabaseNeed need = DatabaseNeed.CurrentSchema)
        : base(name, description)
    {
        _need = need;
        Options.Add(Json);
        if (need != DatabaseNeed.Nothing) Options.Add(Wait);
        Options.Add(LockTimeout);
        SetAction(RunAsync);
    }

    /// <summary>The verb's own services, beside the data source, the EF context, the roster and its provisioner.</summary>
    protected virtual void AddServices(IHostApplicationBuilder builder)
    {
    }

    /// <summary>Does it. Says to people what it does by <see cref="VerbRun.Say"/>, returns what it did.</summary>
    /// <exception cref="VerbFailure">It cannot be done, for a reason that the operator can act on.</exception>
    protected abstract Task<VerbResult> ExecuteAsync(VerbRun run, CancellationToken cancellationToken);

    /// <summary>An option in whole seconds, from 0 to a day.</summary>
    protected static Option<int> Seconds(string name, int standard, string description) => Number(name, "SECONDS", standard, (0, 86_400), description);

    /// <summary>An option that is a whole number within a range.</summary>
    protected static Option<int> Number(string name, string helpName, int standard, (int Least, int Most) range, string description) => new(name)
    {
        HelpName = helpName,
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= range.Least && value <= range.Most) return value;
            result.AddError($"{name}: '{result.Tokens[0].Value}' is not a whole number from {range.Least} to {range.Most}.");
            return standard;
        },
    };

    /// <summary>A word that may follow the verb; a mistyped option is not taken for it.</summary>
    protected static Argument<string?> Word(string name, string description)
    {
        var word = new Argument<string?>(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };
        word.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] } given]) result.AddError($"Unrecognized option '{given.Value}'.");
            else if (result.Tokens is [{ Value: "" }]) result.AddError($"{name}: is empty.");
        });
        return word;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var output = new Output(arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error, arguments.GetValue(Json), Name);
        var patience = TimeSpan.FromSeconds(arguments.GetValue(Wait));
        var lockTimeout = TimeSpan.FromSeconds(arguments.GetValue(LockTimeout));
        try
        {
            using var host = Build(lockTimeout);
            var run = new VerbRun(arguments, host.Services, output, patience, lockTimeout);
            if (_need != DatabaseNeed.Nothing) await DatabaseWait.UntilItAnswersAsync(run, cancellationToken).ConfigureAwait(false);
            if (_need == DatabaseNeed.CurrentSchema) await DatabaseWait.RequireCurrentSchemaAsync(host.Services, cancellationToken).ConfigureAwait(false);
            return (int)output.Finish(await ExecuteAsync(run, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception failure) when (Refusal.From(failure) is { } refusal)
        {
            return (int)output.Refuse(refusal);
        }
    }

    private IHost Build(TimeSpan lockTimeout)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddServiceDefaults();

        // stdout belongs to the answer. A failed command surfaces as an exception, so EF Core need not log it.
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.None);
        if (builder.Configuration.GetConnectionString(ChatDatabase.ConnectionName) is { Length: > 0 } connectionString)
            builder.Configuration[$"ConnectionStrings:{ChatDatabase.ConnectionName}"] = OperatorConnection.From(connectionString, lockTimeout);

        // Without retries: a failed step is told at once, and started again by whoever reads that.
        builder.AddNpgsqlDbContext<ChatDbContext>(ChatDatabase.ConnectionName, settings => settings.DisableRetry = true, options => options.UseChatModel());
        builder.Services.AddChatDatabase();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ICommittedEvents, NobodyListens>();
        builder.Services.AddSingleton<RoomProvisioner>();
        builder.Services.AddSingleton<SchoolRoster>();
        AddServices(builder);
        return builder.Build();
    }
}

/// <summary>What a verb must find before it runs.</summary>
internal enum DatabaseNeed
{
    /// <summary>The verb looks for itself.</summary>
    Nothing,

    /// <summary>A database that answers, with whatever schema.</summary>
    Answers,

    /// <summary>A database with the schema of this build.</summary>
    CurrentSchema,
}

/// <summary>What a verb did.</summary>
/// <param name="ExitCode">How it ended.</param>
/// <param name="Answer">What <c>--json</c> shows under <c>result</c>, in snake_case.</param>
internal sealed record VerbResult(ExitCode ExitCode, object Answer)
{
    public static VerbResult Done(object answer) => new(ExitCode.Done, answer);
}
