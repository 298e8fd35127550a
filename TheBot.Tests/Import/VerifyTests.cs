using System.Globalization;

namespace TheBot.Tests.Import;

/// <summary>verify finds the smallest difference, whatever made it.</summary>
[Collection(ScratchPostgresTests.Name)]
public class VerifyTests(ScratchPostgres postgres)
{
    /// <summary>A change of ours with what undoes it, and all that verify says about it: each of these is made alone.</summary>
    private static readonly (string Change, string Undo, string[] Says)[] Smallest =
    [
        (
            "UPDATE messages SET content = content || '.' WHERE id = {edited}",
            "UPDATE messages SET content = left(content, -1) WHERE id = {edited}",
            ["message {edited} differs"]),
        (
            "UPDATE room_members SET reasons = '{}' WHERE room_id = {physics} AND user_id = {mother}",
            "UPDATE room_members SET reasons = ARRAY['guardian:' || {anna}] WHERE room_id = {physics} AND user_id = {mother}",
            ["user {mother} in the teacher's room of enrollment 1 is missing"]),
        (Swap, Swap, ["message {edited} stands in room {group} behind a younger one"]),
    ];

    /// <summary>These are made together: none hides another.</summary>
    private static readonly (string Change, string Undo, string[] Says)[] Together =
    [
        (
            "INSERT INTO room_members (room_id, user_id, reasons, visible_from_seq, read_seq) VALUES ({group}, {father}, ARRAY['imported'], 0, 0)",
            "DELETE FROM room_members WHERE room_id = {group} AND user_id = {father}",
            ["user {father} in room {group} is too much"]),
        (
            "UPDATE tokens SET revoked_at = now() WHERE user_id = {anna}",
            "UPDATE tokens SET revoked_at = NULL WHERE user_id = {anna}",
            ["the token of user {anna} is missing"]),
        (
            "UPDATE messages SET sender_id = {father} WHERE id = {edited}",
            "UPDATE messages SET sender_id = {anna} WHERE id = {edited}",
            ["user {father} has 1 messages more in room {group} than there", "message {edited} has another author"]),
        (
            "UPDATE users SET last_name = 'Другая' WHERE id = {mother}",
            "UPDATE users SET last_name = 'Смирнова' WHERE id = {mother}",
            ["user {mother} differs"]),
        (
            "UPDATE messages SET reply_to = {deleted} WHERE id = {reply}",
            "UPDATE messages SET reply_to = {edited} WHERE id = {reply}",
            ["message {reply} answers {deleted}, not {edited}"]),
        (
            "UPDATE messages SET reply_to = NULL WHERE id = {second reply}",
            "UPDATE messages SET reply_to = {edited} WHERE id = {second reply}",
            ["message {second reply} answers nothing, not {edited}"]),
        (
            "UPDATE messages SET reply_to = NULL WHERE id = {reply across merged}",
            "UPDATE messages SET reply_to = {first} WHERE id = {reply across merged}",
            ["message {reply across merged} answers nothing, not {first}"]),
        (
            "UPDATE messages SET room_id = {support}, seq = seq + 100000 WHERE id = {senderless}",
            "UPDATE messages SET room_id = {class}, seq = seq - 100000 WHERE id = {senderless}",
            ["message {senderless} of their room {class} is in room {support}, others are in room {class}", "message {senderless} of room {support} is not where the log has it"]),
        (
            "UPDATE messages SET id = -id WHERE id = {blank}",
            "UPDATE messages SET id = -id WHERE id < 0",
            ["message {blank} of their room {group} is missing", "message -{blank} of room {group} is only here"]),
        (
            "UPDATE room_members SET reasons = '{}' WHERE room_id = {group} AND user_id = {mother}",
            "UPDATE room_members SET reasons = ARRAY['imported'] WHERE room_id = {group} AND user_id = {mother}",
            ["user {mother} in room {group} is missing"]),
        (
            "UPDATE attachments SET file = 'chat/files/other.pdf' WHERE message_id = {file}",
            "UPDATE attachments SET file = 'chat/files/a b.pdf' WHERE message_id = {file}",
            ["message {file} differs"]),
        (
            "UPDATE rooms SET head_seq = head_seq + 1 WHERE id = {group}",
            "UPDATE rooms SET head_seq = head_seq - 1 WHERE id = {group}",
            ["room {group} has "]),
    ];

    /// <summary>Two neighbours change places, in the messages and in the log; done twice it is undone.</summary>
    private const string Swap =
        """
        WITH pair AS (
            SELECT id, room_id, seq, CASE id WHEN {edited} THEN {deleted} ELSE {edited} END AS other FROM messages WHERE id IN ({edited}, {deleted})
        ),
        apart AS (UPDATE messages m SET seq = -o.seq FROM pair p JOIN pair o ON o.id = p.other WHERE m.id = p.id)
        UPDATE room_events e SET message_id = p.other FROM pair p WHERE e.room_id = p.room_id AND e.seq = p.seq;
        UPDATE messages SET seq = -seq WHERE seq < 0
        """;

    [Fact]
    public async Task One_character_one_member_two_messages_in_another_order_are_found_each_time()
    {
        await using var school = await ImportedSchool.OpenAsync(postgres);
        var defects = await DefectiveSchool.WriteAsync(school.Legacy);
        (await school.ImportAsync()).Expect(0);
        var clean = (await school.VerifyAsync("--json")).Expect(0).Json["result"]!;
        Assert.Equal((string)clean["checksum_theirs"]!, (string)clean["checksum_ours"]!);
        Assert.Empty(clean["problems"]!.AsArray());

        foreach (var change in Smallest) await ExpectAsync([change]);
        await ExpectAsync(Together);
        (await school.VerifyAsync()).Expect(0);

        async Task ExpectAsync((string Change, string Undo, string[] Says)[] changes)
        {
            foreach (var (change, _, _) in changes) await school.Ours.ExecuteAsync(Named(change));
            var answer = await school.VerifyAsync();
            Assert.True(answer.ExitCode == 3, $"{changes[0].Change}: {answer.ExitCode} {answer.Said}");
            foreach (var line in changes.SelectMany(change => change.Says)) Assert.Contains(Named(line), answer.Said, StringComparison.Ordinal);
            foreach (var (_, undo, _) in changes) await school.Ours.ExecuteAsync(Named(undo));
        }

        string Named(string text)
        {
            foreach (var (name, id) in defects.People.Concat(defects.Messages).Concat(defects.Places))
                text = text.Replace($"{{{name}}}", id.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            return text;
        }
    }
}
