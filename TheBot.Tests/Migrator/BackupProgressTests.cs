using System.Text.RegularExpressions;
using Npgsql;
using TheBot.Tests.Roster;

namespace TheBot.Tests.Migrator;

/// <summary>What an operator reads on a terminal while a backup is written and read again, of a database that takes its time.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed partial class BackupProgressTests(ScratchPostgres postgres) : IDisposable
{
    /// <summary>Random, so that the file is as large as the table. Its index cannot be made faster than its rows take their nap.</summary>
    private const string Sleepy =
        """
        CREATE FUNCTION nap(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM pg_sleep(0.03); RETURN true; END';
        CREATE TABLE sleepy (n int, bytes bytea);
        ALTER TABLE sleepy ALTER bytes SET STORAGE EXTERNAL;
        INSERT INTO sleepy SELECT n, (SELECT string_agg(sha512((n || ' ' || i)::bytea), '') FROM generate_series(1, 1200) i) FROM generate_series(1, 40) n;
        CREATE INDEX a_nap ON sleepy (public.nap(n));
        ANALYZE sleepy
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("thebot-backups-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_backup_and_a_drill_tell_how_far_they_are_how_fast_and_how_long_it_will_take()
    {
        await using var school = await School.OpenAsync(postgres);
        await school.ExecuteAsync(Sleepy);
        var there = new NpgsqlConnectionStringBuilder(school.Database.ConnectionString);
        await using var road = new Bottleneck(there.Port);
        there.Port = road.Port;

        var backup = await RunAsync("backup", Written());
        Assert.Matches(Answered(), backup);
        var drill = await RunAsync("drill", Read());
        Assert.Matches(Made(), drill);
        Assert.Matches(Answered(), drill);

        // the road is slow until the line is seen
        async Task<string> RunAsync(string verb, Regex line)
        {
            road.BytesPerSecond = 400_000;
            await using var migrator = MigratorProcess.StartOnTerminal(there.ConnectionString, verb, "--dir", _folder);
            await migrator.SaidAsync(line);
            road.BytesPerSecond = int.MaxValue;
            return (await migrator.EndAsync()).Expect(0).Said;
        }
    }

    [GeneratedRegex(@"(?m)^[\d.]+ [kM]B of 3\.\d MB of tables written, \d+ kB/s, \d\d:\d\d:\d\d left\s*$")]
    private static partial Regex Written();

    [GeneratedRegex(@"(?m)^[\d.]+ [kM]B of 3\.\d MB of the backup read, \d+ kB/s, \d\d:\d\d:\d\d left\s*$")]
    private static partial Regex Read();

    [GeneratedRegex(@"(?m)^\d+ of \d+ indexes and constraints made, \d+/s, \d\d:\d\d:\d\d left\s*$")]
    private static partial Regex Made();

    /// <summary>The answer has a line for itself.</summary>
    [GeneratedRegex(@"(?m)^(ok    contents: |/.*\.dump: 3\.\d MB)")]
    private static partial Regex Answered();
}
