using Npgsql;

namespace TheBot.Data.Roster;

/// <summary>Transactions that Postgres gave up for another one's sake run again.</summary>
internal static class TransientFaults
{
    private const int Attempts = 5;

    /// <summary>Runs a whole transaction, again after a deadlock or a serialization failure; the last failure is the caller's.</summary>
    public static async Task<T> RetryAsync<T>(Func<Task<T>> transaction)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await transaction().ConfigureAwait(false);
            }
            catch (PostgresException gaveUp) when (attempt < Attempts
                && gaveUp.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // Postgres has taken it back already; the winner's locks are free or soon will be, and the next attempt waits for them.
            }
        }
    }
}
