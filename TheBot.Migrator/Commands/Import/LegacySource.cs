using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Import;

/// <summary>The replaced system's database as the operator named it.</summary>
/// <param name="Name">Where it was named, for refusals.</param>
/// <param name="ConnectionString">Of a role that may read; it needs no more.</param>
internal sealed record LegacySource(string Name, string ConnectionString)
{
    private const string ConnectionName = "legacy";
    private const string OptionName = "--from";

    public static Option<string?> Option { get; } = new(OptionName)
    {
        HelpName = "CONN",
        Description = $"The Django database, which is only read, as a connection string without its password: every user of the machine reads a command line. "
            + $"Without this option: the environment variable ConnectionStrings__{ConnectionName}.",
    };

    /// <summary>The option, or else the configuration.</summary>
    /// <exception cref="VerbFailure">Neither names one.</exception>
    public static LegacySource Of(VerbRun run)
    {
        if (run.Arguments.GetValue(Option) is { Length: > 0 } told) return new LegacySource(OptionName, told);
        if (run.Services.GetRequiredService<IConfiguration>().GetConnectionString(ConnectionName) is { Length: > 0 } configured)
            return new LegacySource($"ConnectionStrings:{ConnectionName}", configured);
        throw new VerbFailure($"nothing names the Django database: set the environment variable ConnectionStrings__{ConnectionName}, or give {OptionName}", ExitCode.BadArguments);
    }
}
