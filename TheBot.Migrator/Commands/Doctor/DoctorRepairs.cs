using Microsoft.Extensions.DependencyInjection;
using TheBot.Data.Roster;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>All repairs in the order in which they can rely on each other: logs first, because everything else appends to them.</summary>
internal static class DoctorRepairs
{
    public const string RoomLog = "room_log";
    public const string UserLog = "user_log";
    public const string Relogged = "relogged";
    public const string Guard = "guard";
    public const string Replies = "replies";
    public const string Orphans = "orphans";
    public const string Positions = "positions";
    public const string MemberLines = "member_lines";
    public const string Leases = "leases";

    public static async Task RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        await EachAsync(run, $"SELECT id FROM ({DoctorSql.BrokenRoomLogs}) AS b (id) ORDER BY id", RoomLog, LogRepairs.FillRoomAsync, "filled the log of room {0}", cancellationToken).ConfigureAwait(false);
        await EachAsync(run, $"SELECT id FROM ({DoctorSql.BrokenUserLogs}) AS b (id) ORDER BY id", UserLog, LogRepairs.FillUserAsync, "filled the log of person {0}", cancellationToken).ConfigureAwait(false);
        await EachAsync(run, $"SELECT DISTINCT room_id FROM ({DoctorSql.UnloggedMessages}) AS m ORDER BY room_id", Relogged, LogRepairs.RelogAsync, "gave messages of room {0} their lines", cancellationToken).ConfigureAwait(false);

        // What has its guard back can follow the roster, which makes the rooms into which doubles without a link go.
        await MergeAsync(run, cancellationToken).ConfigureAwait(false);
        foreach (var index in await DoctorChecks.MissingIndexesAsync(run.Verb.Database, run.Verb.Services, cancellationToken).ConfigureAwait(false))
            await MakeGuardAsync(run, index, cancellationToken).ConfigureAwait(false);
        var followed = await run.Verb.Services.GetRequiredService<RoomProvisioner>().ConvergeEverythingAsync(dryRun: false, cancellationToken).ConfigureAwait(false);
        if (!followed.IsNothing) run.Verb.Say($"followed the roster: {followed}");
        await MergeAsync(run, cancellationToken).ConfigureAwait(false);

        await EachAsync(run, $"SELECT DISTINCT room_id FROM ({DoctorSql.StrayReplies}) AS m ORDER BY room_id", Replies, LogRepairs.CutRepliesAsync, "cut replies of room {0}", cancellationToken).ConfigureAwait(false);
        await EachAsync(run, $"SELECT DISTINCT room_id FROM ({DoctorSql.UnloggedMembers}) AS m ORDER BY room_id", MemberLines, LogRepairs.TellMembersAsync, "told room {0} of its members", cancellationToken).ConfigureAwait(false);
        await OneAsync(run, Orphans, LogRepairs.RemoveOrphansAsync, "put away what belongs to no message", cancellationToken).ConfigureAwait(false);
        await OneAsync(run, Positions, LogRepairs.PullPositionsAsync, "pulled positions back to the log's end", cancellationToken).ConfigureAwait(false);
        await OneAsync(run, Leases, LogRepairs.EndLeasesAsync, "ended stale leases", cancellationToken).ConfigureAwait(false);
    }

    private static async Task MergeAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.Verb.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        var pairs = await Rows.ReadAsync(connection, DoctorSql.Duplicates, row => (Keeper: row.GetInt64(0), Double: row.GetInt64(1)), cancellationToken).ConfigureAwait(false);
        foreach (var (keeper, doubled) in pairs)
        {
            if (await run.RepairAsync(RoomMerge.Kind, keeper, step => RoomMerge.RunAsync(step, keeper, doubled), cancellationToken).ConfigureAwait(false))
                run.Verb.Say($"merged room {doubled} into {keeper}");
        }
    }

    private static async Task MakeGuardAsync(DoctorRun run, string index, CancellationToken cancellationToken)
    {
        await using var scope = run.Verb.Services.CreateAsyncScope();
        var sql = DoctorChecks.CreateIndexSql(scope.ServiceProvider, index);
        await run.RepairAsync(
            Guard,
            null,
            async step =>
            {
                // an invalid one of this name is what a broken CREATE INDEX CONCURRENTLY leaves
                await step.ExecuteAsync($"DROP INDEX IF EXISTS {index}").ConfigureAwait(false);
                await step.ExecuteAsync(sql).ConfigureAwait(false);
                return new { index };
            },
            cancellationToken).ConfigureAwait(false);
        run.Verb.Say($"made unique index {index} again");
    }

    private static async Task EachAsync(
        DoctorRun run, string concerned, string kind, Func<RepairStep, long, Task<object?>> repair, string said, CancellationToken cancellationToken)
    {
        await using var connection = await run.Verb.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        foreach (var id in await Rows.ReadAsync(connection, concerned, row => row.GetInt64(0), cancellationToken).ConfigureAwait(false))
        {
            if (await run.RepairAsync(kind, kind == UserLog ? null : id, step => repair(step, id), cancellationToken).ConfigureAwait(false))
                run.Verb.Say(string.Format(System.Globalization.CultureInfo.InvariantCulture, said, id));
        }
    }

    private static async Task OneAsync(DoctorRun run, string kind, Func<RepairStep, Task<object?>> repair, string said, CancellationToken cancellationToken)
    {
        if (await run.RepairAsync(kind, null, repair, cancellationToken).ConfigureAwait(false)) run.Verb.Say(said);
    }
}
