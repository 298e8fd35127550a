using System.CommandLine;
using System.CommandLine.Invocation;
using TheBot.Migrator.CommandLine;
using TheBot.Migrator.Commands.Backfill;
using TheBot.Migrator.Commands.Import;
using TheBot.Migrator.Commands.Migrate;
using TheBot.Migrator.Commands.Preflight;
using TheBot.Migrator.Commands.Stats;
using TheBot.Migrator.Commands.Verify;

var root = new RootCommand("Brings TheBot's database up to date, and keeps it so. Without a verb: migrate.")
{
    new MigrateCommand(),
    new BackfillCommand(),
    new StatsCommand(),
    new PreflightCommand(),
    new ImportCommand(),
    new VerifyCommand(),
};

// Not a hosted service: one that throws ends the process with code 0, and a failed migration would pass for a finished one.
var parsed = root.Parse(args.Length == 0 ? [MigrateCommand.VerbName] : args);
if (parsed.Action is ParseErrorAction badArguments) badArguments.ShowHelp = false;
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
return parsed.Action is ParseErrorAction ? (int)ExitCode.BadArguments : exitCode;
