using System.Net.Sockets;
using Npgsql;

namespace TheBot.Migrator.CommandLine;

/// <summary>Which exceptions are answers of the surroundings, and how they read in one line.</summary>
internal static class Refusal
{
    /// <summary>What is said wherever somebody else's lock was in the way for too long.</summary>
    public const string LockHeld = "others hold what it needs; end their transactions (preflight lists those of more than a minute), or give it more --lock-timeout";

    /// <summary>What is said of a database behind which nobody is at work: it hangs, or something on the way lets nothing through.</summary>
    public const string Silent = "the database is away: it does not answer";

    /// <summary>Null = not an answer but a fault of ours, which shows its stack.</summary>
    public static VerbFailure? From(Exception failure) => failure switch
    {
        VerbFailure told => told,
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } locked => Because(LockHeld, locked),
        PostgresException said => Because($"{said.MessageText} (SQLSTATE {said.SqlState})", said),
        NpgsqlException { InnerException: SocketException away } => Because($"the database is away: {away.Message}", failure),
        NpgsqlException { InnerException: TimeoutException } => Because(Silent, failure),
        NpgsqlException { InnerException: PostgresException said } => From(said),
        InvalidOperationException { InnerException: NpgsqlException wrapped } => From(wrapped), // EF Core's advice to try again
        OperationCanceledException => Because("stopped", failure),
        NpgsqlException or IOException or UnauthorizedAccessException or TimeoutException => Because(failure.Message, failure),
        _ => null,
    };

    private static VerbFailure Because(string message, Exception failure) => new(message.ReplaceLineEndings(" "), inner: failure);
}
