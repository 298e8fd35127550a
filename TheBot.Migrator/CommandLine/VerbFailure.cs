namespace TheBot.Migrator.CommandLine;

/// <summary>A verb cannot do what it was asked to; the message is the one line that the operator reads.</summary>
internal sealed class VerbFailure(string message, ExitCode exitCode = ExitCode.Failed, Exception? inner = null) : Exception(message, inner)
{
    public ExitCode ExitCode { get; } = exitCode;
}
