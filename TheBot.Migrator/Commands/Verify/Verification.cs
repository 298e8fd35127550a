using System.Globalization;
using Npgsql;

namespace TheBot.Migrator.Commands.Verify;

/// <summary>Compares the replaced system's database with ours, by SQL of its own on both sides, in streams: it holds rooms, never messages.</summary>
internal sealed class Verification(VerifySession legacy, VerifySession ours, IProgress<long> progress)
{
    private const string MessageProblem = "message";
    private const string RoomProblem = "room";
    private const string MemberProblem = "member";

    private readonly VerifyReport _report = new();

    /// <summary>Where each room's messages are now.</summary>
    private readonly Dictionary<long, long> _placeOf = [];

    /// <summary>Answers to another room's message that are none any more: right, unless the two rooms became one. There are few.</summary>
    private readonly List<(long Id, long Room, long? Answered, long AnsweredRoom)> _cut = [];

    public async Task<VerifyReport> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (what, legacySql, ourSql) in VerifySql.Rows) await CompareRowsAsync(what, legacySql, ourSql, cancellationToken).ConfigureAwait(false);
        await CompareTokensAsync(cancellationToken).ConfigureAwait(false);
        await CompareMessagesAsync(cancellationToken).ConfigureAwait(false);
        await CompareCountsAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var (kind, what) in ours.ReadAsync(VerifySql.OwnFaults, row => (row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false))
            _report.Add(kind, what);
        await CompareForumMembersAsync(cancellationToken).ConfigureAwait(false);
        await new RoomVerification(legacy, ours, _report, _placeOf).RunAsync(cancellationToken).ConfigureAwait(false);
        return _report;
    }

    private async Task CompareRowsAsync(string what, string legacySql, string ourSql, CancellationToken cancellationToken)
    {
        var pairs = OrderedComparison.JoinAsync(
            legacy.ReadAsync(legacySql, ReadHashed, cancellationToken), ours.ReadAsync(ourSql, ReadHashed, cancellationToken), Comparer<long>.Default);
        await foreach (var (id, there, was, here, now) in pairs.ConfigureAwait(false))
        {
            if (!here) _report.Add(what, $"{what} {id} is missing");
            else if (!there) _report.Add(what, $"{what} {id} is only here");
            else if (was != now) _report.Add(what, $"{what} {id} differs");
        }
    }

    private async Task CompareTokensAsync(CancellationToken cancellationToken)
    {
        static (string, string) Read(NpgsqlDataReader row) => (row.GetString(0), row.GetString(1));
        var pairs = OrderedComparison.JoinAsync(
            legacy.ReadAsync(VerifySql.LegacyTokens, Read, cancellationToken), ours.ReadAsync(VerifySql.OurTokens, Read, cancellationToken), StringComparer.Ordinal);
        await foreach (var (_, there, was, here, now) in pairs.ConfigureAwait(false))
        {
            // whoever has logged in here has another one beside it
            if (!there) continue;
            _report.Tokens++;
            if (!here) _report.Add("token", $"the token of user {was} is missing");
            else if (was != now) _report.Add("token", $"the token of user {was} belongs to user {now}");
        }
    }

    private async Task CompareMessagesAsync(CancellationToken cancellationToken)
    {
        var pairs = OrderedComparison.JoinAsync(
            legacy.ReadAsync(VerifySql.LegacyMessages, ReadMessage, cancellationToken),
            ours.ReadAsync(VerifySql.OurMessages, ReadMessage, cancellationToken),
            Comparer<long>.Default);
        await foreach (var (id, there, was, here, now) in pairs.ConfigureAwait(false))
        {
            if (there) _report.LegacyChecksum.Add(id, was.Hash);
            if (here) _report.OurChecksum.Add(id, now.Hash);
            if (!there) _report.Add(MessageProblem, $"message {id} of room {now.Room} is only here");
            else if (!here) _report.Add(MessageProblem, $"message {id} of their room {was.Room} is missing");
            else Compare(id, was, now);
            progress.Report(++_report.Messages);
        }

        // where all rooms have become part of is known only now
        foreach (var (id, room, answered, answeredRoom) in _cut.Where(c => _placeOf.TryGetValue(c.AnsweredRoom, out var place) && place == _placeOf[c.Room]))
            TellAnswer(id, null, answered);
    }

    private void Compare(long id, MessageRow was, MessageRow now)
    {
        if (was.Hash != now.Hash) _report.Add(MessageProblem, $"message {id} differs in what it says, in its files, marks or times");
        if (was.Sender != now.Sender) _report.Add(MessageProblem, $"message {id} has another author");
        if (!_placeOf.TryAdd(was.Room, now.Room) && _placeOf[was.Room] != now.Room)
            _report.Add(RoomProblem, $"message {id} of their room {was.Room} is in room {now.Room}, others are in room {_placeOf[was.Room]}");

        if (now.Answers is null && was.AnswersRoom is { } other && other != was.Room) _cut.Add((id, was.Room, was.Answers, other));
        else if (now.Answers is null ? was.AnswersRoom == was.Room : now.Answers != was.Answers || now.AnswersRoom != now.Room) TellAnswer(id, now.Answers, was.Answers);
    }

    private void TellAnswer(long id, long? now, long? was) =>
        _report.Add(MessageProblem, string.Create(CultureInfo.InvariantCulture, $"message {id} answers {(now is { } answered ? $"{answered}" : "nothing")}, not {was}"));

    /// <summary>How much each author said in each room of ours, and in those rooms of theirs that are in it.</summary>
    private async Task CompareCountsAsync(CancellationToken cancellationToken)
    {
        static (long Room, long Author, long Count) Read(NpgsqlDataReader row) => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
        var missing = new Dictionary<(long Room, long Author), long>();
        await foreach (var (room, author, count) in legacy.ReadAsync(VerifySql.LegacyCounts, Read, cancellationToken).ConfigureAwait(false))
        {
            if (_placeOf.TryGetValue(room, out var place)) missing[(place, author)] = missing.GetValueOrDefault((place, author)) + count;
        }

        await foreach (var (room, author, count) in ours.ReadAsync(VerifySql.OurCounts, Read, cancellationToken).ConfigureAwait(false))
            missing[(room, author)] = missing.GetValueOrDefault((room, author)) - count;
        foreach (var ((room, author), count) in missing.Where(m => m.Value != 0))
            _report.Add("count", $"user {author} has {Math.Abs(count)} messages {(count > 0 ? "less" : "more")} in room {room} than there");
    }

    /// <summary>Forum rooms by enrollment and kind: who the roster says is in them, to the person.</summary>
    private async Task CompareForumMembersAsync(CancellationToken cancellationToken)
    {
        var seats = OrderedComparison.JoinAsync(
            legacy.ReadAsync(VerifySql.LegacyRoster, row => ((row.GetInt64(0), row.GetInt32(1), row.GetInt64(2)), row.GetBoolean(3)), cancellationToken),
            ours.ReadAsync(
                VerifySql.OurForumMembers, row => ((row.GetInt64(0), row.GetInt32(1), row.IsDBNull(2) ? long.MaxValue : row.GetInt64(2)), true), cancellationToken),
            Comparer<(long, int, long)>.Default);

        // whether we have such a room is known when its last person has gone by
        var ((enrollment, kind), isHere, missing) = ((0L, 0), false, new List<string>());
        await foreach (var ((e, k, person), there, mustExist, here, _) in seats.ConfigureAwait(false))
        {
            if ((e, k) != (enrollment, kind)) Settle((e, k));
            isHere |= here;
            var seat = $"user {person} in the {(k == 0 ? "teacher's" : "tutors'")} room of enrollment {e}";
            if (here && there) _report.Members++;
            else if (here && person != long.MaxValue) _report.Add(MemberProblem, $"{seat} is too much");
            else if (there) missing.Add(mustExist ? seat : $"?{seat}");
        }

        Settle((0, 0));
        return;

        void Settle((long, int) next)
        {
            foreach (var seat in missing.Where(seat => isHere || seat[0] != '?')) _report.Add(MemberProblem, $"{seat.TrimStart('?')} is missing");
            ((enrollment, kind), isHere) = (next, false);
            missing.Clear();
        }
    }

    private static (long, string) ReadHashed(NpgsqlDataReader row) => (row.GetInt64(0), row.GetString(1));

    private static (long, MessageRow) ReadMessage(NpgsqlDataReader row) => (
        row.GetInt64(0),
        new MessageRow(row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetInt64(4), row.IsDBNull(5) ? null : row.GetInt64(5)));

    private readonly record struct MessageRow(long Room, long Sender, string Hash, long? Answers, long? AnswersRoom);
}
