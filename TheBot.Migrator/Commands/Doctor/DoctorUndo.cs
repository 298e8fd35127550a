using System.Text.Json;
using TheBot.Migrator.CommandLine;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>Takes repairs back, the last first, through the log like every other change.</summary>
/// <remarks>What only made the log tell the truth (member lines), what follows from the roster and leases of replicas that are gone stay as they are.</remarks>
internal static class DoctorUndo
{
    // in all of these $1 = what the repair noted
    private const string RemoveFilled =
        """
        WITH filled AS (SELECT value::bigint AS seq FROM jsonb_array_elements_text($1::jsonb -> 'filled')),
        removed AS (DELETE FROM room_events e USING filled WHERE e.room_id = ($1::jsonb ->> 'room')::bigint AND e.seq = filled.seq)
        UPDATE rooms SET head_seq = ($1::jsonb ->> 'head')::bigint WHERE id = ($1::jsonb ->> 'room')::bigint AND head_seq = ($1::jsonb ->> 'end')::bigint
        """;

    private const string RemoveFilledOfUser =
        """
        WITH filled AS (SELECT value::bigint AS seq FROM jsonb_array_elements_text($1::jsonb -> 'filled')),
        removed AS (DELETE FROM user_events e USING filled WHERE e.user_id = ($1::jsonb ->> 'user')::bigint AND e.seq = filled.seq)
        UPDATE user_heads SET head_seq = ($1::jsonb ->> 'head')::bigint WHERE user_id = ($1::jsonb ->> 'user')::bigint AND head_seq = ($1::jsonb ->> 'end')::bigint
        """;

    /// <summary>The line stays without its message: numbers that were given out stay given out.</summary>
    private const string Unlog =
        """
        WITH was AS (SELECT * FROM jsonb_to_recordset($1::jsonb -> 'messages') AS m (id bigint, seq bigint)),
        bare AS (
            UPDATE room_events e SET message_id = NULL
            FROM was JOIN messages m ON m.id = was.id
            WHERE e.room_id = m.room_id AND e.seq = m.seq AND e.message_id = m.id
        )
        UPDATE messages SET seq = was.seq FROM was WHERE messages.id = was.id
        """;

    private const string Answer =
        """
        UPDATE messages SET reply_to = was.reply_to FROM jsonb_to_recordset($1::jsonb -> 'messages') AS was (id bigint, reply_to bigint)
        WHERE messages.id = was.id AND messages.reply_to IS NULL
        """;

    private const string PushPositions =
        """
        UPDATE room_members m SET read_seq = greatest(m.read_seq, was.read_seq), visible_from_seq = was.visible_from_seq
        FROM jsonb_to_recordset($1::jsonb) AS was (room_id bigint, user_id bigint, read_seq bigint, visible_from_seq bigint)
        WHERE m.room_id = was.room_id AND m.user_id = was.user_id
        """;

    private const string MovePinsAway =
        """
        UPDATE pins SET room_id = was.room_id FROM jsonb_to_recordset($1::jsonb -> 'pins') AS was (message_id bigint, room_id bigint) WHERE pins.message_id = was.message_id
        """;

    public static async Task<(int TakenBack, int Kept)> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var (back, kept) = (0, 0);
        foreach (var (n, kind, undo) in await run.StandingRepairsAsync(cancellationToken).ConfigureAwait(false))
        {
            var stays = kind is DoctorRepairs.MemberLines or DoctorRepairs.Leases;
            await run.TakeBackAsync(n, step => stays ? Task.CompletedTask : TakeBackAsync(step, kind, undo), cancellationToken).ConfigureAwait(false);
            run.Verb.Say($"{(stays ? "keeping" : "took back")} {n}: {kind.Replace('_', ' ')}");
            if (stays) kept++;
            else back++;
        }

        await run.UndoneAsync(cancellationToken).ConfigureAwait(false);
        return (back, kept);
    }

    private static async Task TakeBackAsync(RepairStep step, string kind, JsonElement undo)
    {
        var noted = undo.GetRawText();
        switch (kind)
        {
            case RoomMerge.Kind:
                await RoomSplit.RunAsync(step, undo).ConfigureAwait(false);
                break;
            case DoctorRepairs.RoomLog:
                await step.LockAsync(undo.GetProperty("room").GetInt64()).ConfigureAwait(false);
                await step.ExecuteAsync(RemoveFilled, noted).ConfigureAwait(false);
                break;
            case DoctorRepairs.UserLog:
                await step.ExecuteAsync(RemoveFilledOfUser, noted).ConfigureAwait(false);
                break;
            case DoctorRepairs.Relogged:
                await step.LockAsync(undo.GetProperty("room").GetInt64()).ConfigureAwait(false);
                await step.ExecuteAsync(Unlog, noted).ConfigureAwait(false);
                break;
            case DoctorRepairs.Replies:
                await AnswerAgainAsync(step, undo.GetProperty("room").GetInt64(), noted).ConfigureAwait(false);
                break;
            case DoctorRepairs.Orphans:
                foreach (var table in undo.GetProperty("removed").EnumerateObject())
                    await PutBackAsync(step, table.Name, table.Value.GetRawText()).ConfigureAwait(false);
                await step.ExecuteAsync(MovePinsAway, noted).ConfigureAwait(false);
                break;
            case DoctorRepairs.Positions:
                await step.ExecuteAsync(PushPositions, noted).ConfigureAwait(false);
                break;
            case DoctorRepairs.Guard:
                await step.ExecuteAsync($"DROP INDEX IF EXISTS {undo.GetProperty("index").GetString()}").ConfigureAwait(false);
                break;
            default:
                throw new VerbFailure($"this build does not know how to take back a repair called {kind}");
        }
    }

    private static async Task AnswerAgainAsync(RepairStep step, long roomId, string noted)
    {
        await step.LockAsync(roomId).ConfigureAwait(false);
        await step.ExecuteAsync(Answer, noted).ConfigureAwait(false);
        await step.AppendAsync(
            roomId,
            "SELECT row_number() OVER (ORDER BY id), 2, id, NULL, NULL, NULL FROM jsonb_to_recordset($1::jsonb -> 'messages') AS m (id bigint)",
            noted).ConfigureAwait(false);
    }

    private static Task<int> PutBackAsync(RepairStep step, string table, string rows) => DoctorSql.OfMessages.Contains(table)
        ? step.ExecuteAsync($"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb) ON CONFLICT DO NOTHING", rows)
        : throw new VerbFailure($"nothing of a table called {table} was ever put away");
}
