using System.Globalization;
using TheBot.Client;
using Xunit.Abstractions;

namespace TheBot.Tests.Delivery;

/// <summary>
/// Far behind on a slow line. <c>THEBOT_TEST_BEHIND=50000 dotnet test TheBot.Tests --filter FullyQualifiedName~CatchUpTests</c> has them as far behind
/// as was promised and takes three minutes; by default it is a tenth of that.
/// </summary>
[Collection(SharedReplicas.Name)]
public sealed class CatchUpTests(TwoReplicas replicas, ITestOutputHelper output)
{
    private const int LineBytesPerSecond = 64 * 1024;

    private static readonly int Behind = int.Parse(Environment.GetEnvironmentVariable("THEBOT_TEST_BEHIND") ?? "5000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Who_is_far_behind_on_a_slow_line_gets_everything_and_is_live()
    {
        var (room, student, teacher) = await replicas.School.ClassAsync();
        await FillAsync(room, student.Id);
        await using var road = new Bottleneck(replicas.A.Port) { BytesPerSecond = LineBytesPerSecond };
        await using var slow = await TwoReplicas.ClientAsync(teacher, road.Address);
        await using var talking = await TwoReplicas.ClientAsync(student, replicas.B);
        var patience = TimeSpan.FromSeconds(60 + (Behind / 100));
        using var deadline = new CancellationTokenSource(patience);

        // others do not wait for that: the room goes on all the time
        using var arrived = new CancellationTokenSource();
        var going = Task.Run(async () =>
        {
            long last = 0;
            for (var i = 0; !arrived.IsCancellationRequested; i++)
            {
                last = (await talking.SendAsync(room, $"живое {i}", cancellationToken: deadline.Token)).Seq;
                await Task.Delay(200, CancellationToken.None);
            }

            return last;
        });

        var seqs = new List<long>(Behind);
        var began = DateTimeOffset.UtcNow;
        var live = TimeSpan.MaxValue;
        long? last = null;
        await foreach (var heard in slow.FollowAsync(room, since: 0, deadline.Token))
        {
            seqs.Add(heard.Seq);
            // live: what was said just now is here, and so is everything before it
            if (last is null && heard is MessageCreated { Message.Content: ['ж', ..] } && slow.State == ChatState.Live && DateTimeOffset.UtcNow - heard.At < TimeSpan.FromSeconds(2))
            {
                live = DateTimeOffset.UtcNow - began;
                await arrived.CancelAsync();
                last = await going;
            }

            if (heard.Seq == last) break;
        }

        output.WriteLine($"{seqs.Count} events, live after {live.TotalSeconds:0.0} s");
        Assert.Equal(Enumerable.Range(1, seqs.Count).Select(seq => (long)seq), seqs);
        Assert.True(seqs.Count > Behind);
        Assert.Equal(last, await replicas.School.School.ScalarAsync<long>("SELECT head_seq FROM rooms WHERE id = $1", room));
    }

    /// <summary>A long log: mostly reactions, some messages, now and then a very long one, which takes the line longer than a write may stand still.</summary>
    private Task FillAsync(long room, long sender) => replicas.School.School.ExecuteAsync(
        """
        WITH room AS (SELECT id, head_seq FROM rooms WHERE id = $1),
        message AS (
            INSERT INTO messages (room_id, seq, sender_id, client_id, body_hash, content, type, created_at, updated_at)
            SELECT room.id, head_seq + n, $2, 'old' || n, 0, CASE WHEN n % 1000 = 1 THEN repeat('Очень длинно. ', 700) ELSE 'Коротко.' END, 'text', now(), now()
            FROM room, generate_series(1, $3) AS n
            WHERE n % 20 = 1
            RETURNING id, room_id, seq
        ),
        head AS (UPDATE rooms SET head_seq = rooms.head_seq + $3 FROM room WHERE rooms.id = room.id)
        INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, data, created_at)
        SELECT room.id, room.head_seq + n, CASE WHEN n % 20 = 1 THEN 1 ELSE 4 END, message.id, $2, CASE WHEN n % 20 = 1 THEN NULL ELSE '{"emoji": "👍"}'::jsonb END, now()
        FROM room
        CROSS JOIN generate_series(1, $3) AS n
        JOIN message ON message.seq = room.head_seq + n - (n - 1) % 20
        """,
        room,
        sender,
        Behind);
}
