using System.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TheBot.Data.Roster;
using TheBot.Data.Schema;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>Everything that doctor looks at. It changes nothing; a check that finds nothing is told as 0.</summary>
internal static class DoctorChecks
{
    private const int Examples = 5;

    /// <param name="database">Where to look.</param>
    /// <param name="services">Where the model is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<List<CheckResult>> RunAsync(NpgsqlDataSource database, IServiceProvider services, CancellationToken cancellationToken)
    {
        var missing = await MissingIndexesAsync(database, services, cancellationToken).ConfigureAwait(false);
        var results = new List<CheckResult>
        {
            new("missing_guards", missing.Count, [.. missing.Select(name => new Finding(null, $"unique index {name}"))], Repairable: true),
        };
        await using (var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false))
        {
            // one snapshot for all of them, so that people who write meanwhile look like nothing
            await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            foreach (var (name, sql, repairable) in DoctorSql.Checks)
            {
                var found = await Rows.ReadAsync(
                    connection, sql, row => new Finding(row.IsDBNull(0) ? null : row.GetInt64(0), row.GetString(1)), cancellationToken).ConfigureAwait(false);
                results.Add(new CheckResult(name, found.Count, [.. found.Take(Examples)], repairable));
            }
        }

        results.Add(await DriftAsync(database, cancellationToken).ConfigureAwait(false));
        return results;
    }

    /// <summary>Rooms and members that do not follow the roster: what a backfill would do.</summary>
    private static async Task<CheckResult> DriftAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        const string Name = "roster_drift";
        try
        {
            var report = await new RoomProvisioner(database, new NobodyListens()).ConvergeEverythingAsync(dryRun: true, cancellationToken).ConfigureAwait(false);
            var count = report.RoomsCreated + report.RoomsUpdated + report.MembersAdded + report.MembersRemoved + report.ReasonsChanged;
            return new CheckResult(Name, count, count == 0 ? [] : [new Finding(null, $"to do: {report}")], Repairable: true);
        }
        catch (PostgresException blind) when (blind.SqlState is PostgresErrorCodes.InvalidColumnReference or PostgresErrorCodes.UniqueViolation)
        {
            return new CheckResult(Name, 1, [new Finding(null, "cannot be told while guards are missing or heads are wrong")], Repairable: true);
        }
    }

    /// <summary>Unique indexes of the model that the database lacks: without them nothing keeps doubles out.</summary>
    public static async Task<IReadOnlyList<string>> MissingIndexesAsync(NpgsqlDataSource database, IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        var present = await Rows.ReadAsync(
            connection,
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisunique AND i.indisvalid AND c.relnamespace = 'public'::regnamespace",
            row => row.GetString(0),
            cancellationToken).ConfigureAwait(false);
        await using var scope = services.CreateAsyncScope();
        return [.. UniqueIndexes(scope.ServiceProvider).Select(index => index.GetDatabaseName()!).Except(present, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The statement that makes a unique index of the model.</summary>
    public static string CreateIndexSql(IServiceProvider services, string name)
    {
        var index = UniqueIndexes(services).Single(i => i.GetDatabaseName() == name);
        var table = StoreObjectIdentifier.Table(index.DeclaringEntityType.GetTableName()!);
        var filter = index.GetFilter() is { } condition ? $" WHERE {condition}" : "";
        return $"CREATE UNIQUE INDEX {name} ON {table.Name} ({string.Join(", ", index.Properties.Select(p => p.GetColumnName(table)))}){filter}";
    }

    private static IEnumerable<IIndex> UniqueIndexes(IServiceProvider services) =>
        services.GetRequiredService<ChatDbContext>().Model.GetEntityTypes().SelectMany(entity => entity.GetIndexes()).Where(index => index.IsUnique);
}
