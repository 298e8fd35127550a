using System.CommandLine;
using System.CommandLine.Invocation;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Backfill;
using TheBot.Migrator.Commands.Backup;
using TheBot.Migrator.Commands.Doctor;
using TheBot.Migrator.Commands.Import;
using TheBot.Migrator.Commands.Migrate;
using TheBot.Migrator.Commands.Preflight;
using TheBot.Migrator.Commands.Stats;
using TheBot.Migrator.Commands.Verify;

const string About =
    """
    Brings TheBot's database up to date, and keeps it so. Without a verb: migrate.

      The database   the environment variable ConnectionStrings__chatdb: Host=...;Database=...;Username=...;Password=...
      Exit codes     0 done, 1 not done (one line on stderr says why, or the stack of a fault), 2 bad arguments, 3 done, and something was found to look at
    """;
var root = new RootCommand(About)
{
    new MigrateCommand(),
    new BackfillCommand(),
    new ImportCommand(),
    new VerifyCommand(),
    new StatsCommand(),
    new PreflightCommand(),
    new DoctorCommand(),
    new BackupCommand(),
    new RestoreCommand(),
    new DrillCommand(),
};

// Not a hosted service: one that throws ends the process with code 0, and a failed migration would pass for a finished one.
var parsed = root.Parse(args.Length == 0 ? [MigrateCommand.VerbName] : args);
if (parsed.Action is ParseErrorAction) return BadArguments(parsed);
// What is no refusal is a fault of ours: the default handler shows its stack and answers 1.
return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = true });

static int BadArguments(ParseResult parsed)
{
    var verb = parsed.CommandResult.Command.Name;
    var output = new Output(Console.Out, Console.Error, json: parsed.GetResult(Verb.Json) is { Implicit: false }, verb);
    var wrong = parsed.CommandResult.Command is Verb
        ? $"{string.Join(" ", parsed.Errors.Select(error => error.Message))} What there is: {verb} --help"
        : $"first comes a verb, and '{parsed.Tokens[0].Value}' is none. What there is: --help";
    return (int)output.Refuse(new VerbFailure(wrong, ExitCode.BadArguments));
}
