using System.Text.Json;

namespace TheBot.Migrator.Commands.Doctor;

/// <summary>Takes a <see cref="RoomMerge"/> back: the double is a room of its own again, with its messages at their old places.</summary>
/// <remarks>In the keeper they are deleted like any message, and their lines stay without them. What was said in the keeper since then stays there.</remarks>
internal static class RoomSplit
{
    // $1 = what the merge noted, in all of these
    private const string Was = "jsonb_to_recordset($1::jsonb -> 'messages') AS was (id bigint, seq bigint, client_id text)";
    private const string Keeper = "($1::jsonb ->> 'keeper')::bigint";
    private const string Double = "($1::jsonb ->> 'double')::bigint";

    private const string Deletions =
        $$"""
        SELECT row_number() OVER (ORDER BY m.seq), 3, m.id, NULL, NULL, '{"deleted_by_role":"moderator"}'::jsonb
        FROM {{Was}} JOIN messages m ON m.id = was.id AND m.room_id = {{Keeper}}
        WHERE m.deleted_at IS NULL
        """;

    private const string BareLines =
        $"UPDATE room_events e SET message_id = NULL FROM {Was} WHERE e.room_id = {Keeper} AND e.message_id = was.id AND e.kind <> 3";

    /// <summary>Edits of the time before the merge get their numbers back; later ones lie below them, where they keep their order and meet nobody.</summary>
    private const string MoveEdits =
        $"""
        UPDATE message_edits SET seq = CASE
            WHEN message_edits.seq <= 0 THEN message_edits.seq + ($1::jsonb ->> 'head')::bigint
            ELSE message_edits.seq - (SELECT head_seq FROM rooms WHERE id = {Keeper}) END
        FROM {Was} WHERE message_edits.message_id = was.id
        """;

    private const string MovePins = $"UPDATE pins SET room_id = {Double} FROM {Was} WHERE pins.message_id = was.id";

    private const string MoveThreads =
        $"UPDATE threads SET room_id = {Double} FROM jsonb_array_elements_text($1::jsonb -> 'threads') AS was (id) WHERE threads.id = was.id::bigint";

    private const string MoveMessages =
        $"UPDATE messages SET room_id = {Double}, seq = was.seq, client_id = was.client_id FROM {Was} WHERE messages.id = was.id AND messages.room_id = {Keeper}";

    private const string OpenDouble =
        $"""
        UPDATE rooms SET kind = $1::jsonb ->> 'kind', enrollment_id = ($1::jsonb ->> 'enrollment_id')::bigint, direct_key = $1::jsonb ->> 'direct_key',
            writable = ($1::jsonb ->> 'writable')::boolean, locked = ($1::jsonb ->> 'locked')::boolean
        WHERE id = {Double}
        """;

    private const string Members = "jsonb_to_recordset($1::jsonb -> 'members') AS was (user_id bigint, reasons text[])";
    private const string Gained = "jsonb_to_recordset($1::jsonb -> 'gained') AS was (user_id bigint, had text[])";

    private const string Returns =
        $"""
        SELECT row_number() OVER (ORDER BY kind, subject_id), kind, NULL, NULL, subject_id, data
        FROM (
            SELECT 10 AS kind, u.id AS subject_id, {RepairStep.MemberData} AS data FROM {Members} JOIN users u ON u.id = was.user_id
            UNION ALL
            SELECT 20, NULL, {RepairStep.RoomData} FROM rooms r WHERE r.id = {Double}
        ) AS line
        """;

    private const string Leavings =
        $"""
        SELECT row_number() OVER (ORDER BY u.id), 11, NULL, NULL, u.id, {RepairStep.MemberData} FROM {Gained} JOIN users u ON u.id = was.user_id WHERE was.had = ARRAY[]::text[]
        """;

    public static async Task RunAsync(RepairStep step, JsonElement undo)
    {
        var noted = undo.GetRawText();
        var (keeper, doubled) = (undo.GetProperty("keeper").GetInt64(), undo.GetProperty("double").GetInt64());
        await step.LockAsync(keeper, doubled).ConfigureAwait(false);

        await step.AppendAsync(keeper, Deletions, noted).ConfigureAwait(false);
        await step.ExecuteAsync(BareLines, noted).ConfigureAwait(false);
        await step.ExecuteAsync(MoveEdits, noted).ConfigureAwait(false);
        await step.ExecuteAsync(MovePins, noted).ConfigureAwait(false);
        await step.ExecuteAsync(MoveThreads, noted).ConfigureAwait(false);
        await step.ExecuteAsync(MoveMessages, noted).ConfigureAwait(false);

        await step.ExecuteAsync(OpenDouble, noted).ConfigureAwait(false);
        await step.AppendAsync(doubled, Returns, noted).ConfigureAwait(false);
        await step.ExecuteAsync($"UPDATE room_members m SET reasons = was.reasons, left_at = NULL FROM {Members} WHERE m.room_id = {Double} AND m.user_id = was.user_id", noted).ConfigureAwait(false);
        await step.AppendAsync(keeper, Leavings, noted).ConfigureAwait(false);
        await step.ExecuteAsync(
            $"""
            UPDATE room_members m SET reasons = was.had, left_at = CASE WHEN was.had = ARRAY[]::text[] THEN clock_timestamp() END
            FROM {Gained} WHERE m.room_id = {Keeper} AND m.user_id = was.user_id
            """,
            noted).ConfigureAwait(false);
        await step.TellAsync(
        [
            .. People(undo, "members").Select(user => (user, doubled, true)),
            .. People(undo, "gained", onlyNew: true).Select(user => (user, keeper, false)),
        ]).ConfigureAwait(false);
    }

    private static IEnumerable<long> People(JsonElement undo, string list, bool onlyNew = false) => undo.GetProperty(list).EnumerateArray()
        .Where(person => !onlyNew || person.GetProperty("had").GetArrayLength() == 0)
        .Select(person => person.GetProperty("user_id").GetInt64());
}
