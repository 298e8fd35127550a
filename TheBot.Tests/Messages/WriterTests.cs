using System.Diagnostics.Metrics;
using TheBot.Contracts;
using TheBot.Data.Schema;
using Xunit.Abstractions;

namespace TheBot.Tests.Messages;

/// <summary>What the writer promises to those who send, on one replica.</summary>
[Collection(ScratchPostgresTests.Name)]
public sealed class WriterTests(ScratchPostgres postgres, ITestOutputHelper output)
{
    [Fact]
    public async Task A_room_that_somebody_holds_does_not_hold_up_the_others()
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 4);
        // one batch at a time: where it waits, everything waits
        var replica = lessons.Replica();
        var busy = lessons.Rooms[0];
        List<Sent> held, others = [];
        await using (var hold = await lessons.HoldAsync(busy))
        {
            held = [replica.Send(busy, lessons.Student, "0")];
            for (var i = 1; i <= 300; i++)
            {
                held.Add(replica.Send(busy, lessons.Student, $"{i}"));
                others.Add(replica.Send(lessons.Rooms[1 + (i % 3)], lessons.Student, $"{i}"));
            }

            Assert.All(await Sent.AllAsync(others), outcome => Assert.NotNull(outcome.Message));
            await hold.WantedAsync();
            Assert.All(held, sent => Assert.Equal(0, sent.Answers));
            await hold.ReleaseAsync();
        }

        await lessons.StoredOnceAsync([.. held, .. others]);
        Assert.Equal(held.Select(sent => sent.Draft.Content), (await lessons.MessagesAsync(busy)).Select(message => message.Content));
    }

    [Fact]
    public async Task A_measurement_that_fails_costs_no_message_its_answer()
    {
        const int Odd = 17; // by which the meter knows this test's batch
        var failures = 0;
        using var meter = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "thebot.chat.writer.batch_size") listener.EnableMeasurementEvents(instrument);
            },
        };
        meter.SetMeasurementEventCallback<int>((_, size, _, _) =>
        {
            if (size != Odd) return;
            failures++;
            throw new InvalidOperationException("the meter is broken");
        });
        meter.Start();
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 1);
        var replica = lessons.Replica();
        var room = lessons.Rooms[0];
        List<Sent> sends;
        await using (var hold = await lessons.HoldAsync(room))
        {
            sends = [replica.Send(room, lessons.Student, "0")];
            await hold.WantedAsync();
            for (var i = 1; i <= Odd; i++) sends.Add(replica.Send(room, lessons.Student, $"{i}"));
            await hold.ReleaseAsync();
        }

        await lessons.StoredOnceAsync(sends);
        Assert.Equal(1, failures);
    }

    [Fact]
    public async Task An_announcement_that_fails_costs_nobody_an_answer()
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 1);
        var replica = lessons.Replica();
        replica.Announcing = () => throw new InvalidOperationException("the listener is broken");
        var sends = new List<Sent>();
        for (var i = 0; i < 5; i++)
        {
            sends.Add(replica.Send(lessons.Rooms[0], lessons.Student, $"{i}"));
            await sends[^1].OutcomeAsync();
        }

        await lessons.StoredOnceAsync(sends);
        await replica.Writer.StopAsync(Deadline.Token());
    }

    [Theory]
    [InlineData("22023")]
    [InlineData("23514")]
    public async Task A_poisoned_message_fails_alone_with_its_own_error(string sqlState)
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 2);
        await RefuseAsync(lessons, sqlState);
        var replica = lessons.Replica();
        var room = lessons.Rooms[0];
        List<Sent> sends;
        await using (var hold = await lessons.HoldAsync(room))
        {
            // what comes while the first one waits shares a batch
            sends = [replica.Send(room, lessons.Student, "0")];
            await hold.WantedAsync();
            for (var i = 1; i <= 20; i++) sends.Add(replica.Send(room, lessons.Student, i is 7 or 8 or 20 ? $"{i} poison" : $"{i}"));
            await hold.ReleaseAsync();
        }

        await Sent.AllAsync(sends);
        var good = sends.FindAll(sent => !sent.Draft.Content.EndsWith("poison", StringComparison.Ordinal));
        await lessons.StoredOnceAsync(good);
        Assert.Equal(good.Select(sent => sent.Draft.Content), (await lessons.MessagesAsync(room)).Select(message => message.Content));
        foreach (var poison in sends.Except(good))
        {
            Assert.Equal((1, ErrorCode.Validation), (poison.Answers, (await poison.OutcomeAsync()).Error));
        }

        Assert.Equal(good.Count, replica.Announced.Count);
    }

    [Fact]
    public async Task A_poisoned_message_does_not_make_others_wait_for_a_held_room()
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 3);
        await RefuseAsync(lessons, "22023");
        var replica = lessons.Replica();
        var (busy, gate, free) = (lessons.Rooms[0], lessons.Rooms[1], lessons.Rooms[2]);
        List<Sent> held, others;
        await using (var hold = await lessons.HoldAsync(busy))
        {
            await using (await SlowAsync(lessons))
            {
                // the only batch is busy with this one, so all that follow share the next
                others = [replica.Send(gate, lessons.Student, "slow")];
                await SlowWaitsAsync(lessons);
                held = [replica.Send(busy, lessons.Student, "1"), replica.Send(busy, lessons.Student, "2")];
                others.Add(replica.Send(free, lessons.Student, "before"));
                var poison = replica.Send(free, lessons.Student, "poison");
                others.Add(replica.Send(free, lessons.Student, "after"));
                held.Add(replica.Send(busy, lessons.Teacher, "3"));
                others.Add(replica.Send(gate, lessons.Student, "more"));
            }

            await Sent.AllAsync(others);
            await hold.WantedAsync();
            Assert.All(held, sent => Assert.Equal(0, sent.Answers));
            await hold.ReleaseAsync();
        }

        await lessons.StoredOnceAsync([.. held, .. others]);
        Assert.Equal(["1", "2", "3"], (await lessons.MessagesAsync(busy)).Select(message => message.Content));
        Assert.Equal(["before", "after"], (await lessons.MessagesAsync(free)).Select(message => message.Content));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task What_one_connection_sends_is_stored_in_that_order(int batches)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 2);
        var replica = lessons.Replica(options => (options.BatchSize, options.Batches) = (7, batches));
        var room = lessons.Rooms[0];
        using var sent = new CancellationTokenSource();
        var locking = Task.Run(() => LockNowAndThenAsync(lessons, room, sent.Token));

        // two connections: the order of each is its own
        var sends = await Task.WhenAll(new[] { lessons.Student, lessons.Teacher }.Select((sender, which) => Task.Run(async () =>
        {
            var random = new Random(seed + which);
            var mine = new List<Sent>();
            for (var i = 0; i < 400; i++)
            {
                mine.Add(replica.Send(random.Next(5) == 0 ? lessons.Rooms[1] : room, sender, $"{i}"));
                if (random.Next(40) == 0) await mine[^1].OutcomeAsync();
            }

            await Sent.AllAsync(mine);
            return mine;
        })));
        await sent.CancelAsync();
        Assert.True(await locking > 0, "the room was never waited for");

        foreach (var mine in sends)
        {
            await lessons.StoredOnceAsync(mine);
            foreach (var (id, stored) in new[] { (room, await lessons.MessagesAsync(room)), (lessons.Rooms[1], await lessons.MessagesAsync(lessons.Rooms[1])) })
            {
                Assert.Equal(
                    mine.Where(s => s.Draft.RoomId == id).Select(s => s.Draft.ClientId),
                    stored.Where(message => message.SenderId == mine[0].Draft.SenderId).Select(message => message.ClientId));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_stopping_writer_answers_everything_it_took(int batches)
    {
        await using var lessons = await Lessons.OpenAsync(postgres, rooms: 4);
        var replica = lessons.Replica(options => (options.BatchSize, options.Batches) = (16, batches));
        var outsider = await lessons.School.PersonAsync(Role.Parent);
        var (good, refused) = (new List<Sent>(), new List<Sent>());
        Task stopping;
        await using (var hold = await lessons.HoldAsync(lessons.Rooms[0]))
        {
            for (var i = 0; i < 200; i++)
            {
                good.Add(replica.Send(lessons.Rooms[i % 4], lessons.Student, $"{i}"));
                if (i % 10 == 0) refused.Add(replica.Send(lessons.Rooms[i % 4], outsider, $"{i}"));
            }

            stopping = replica.Writer.StopAsync(Deadline.Token());
            // gives a stop that does not wait for the announcements the time to show itself; a right one never ends in here
            replica.Announcing = () => stopping.Wait(TimeSpan.FromMilliseconds(100));
            await hold.WantedAsync();
            Assert.False(stopping.IsCompleted);
            await hold.ReleaseAsync();
        }

        await stopping;
        Assert.All(good.Concat(refused), sent => Assert.Equal(1, sent.Answers));
        // after this the process ends: what is not announced by now is announced by nobody
        Assert.Equal(good.Count, replica.Announced.Count);
        await lessons.StoredOnceAsync(good);
        Assert.All(await Sent.AllAsync(refused), outcome => Assert.Equal(ErrorCode.AccessDenied, outcome.Error));
        await replica.Writer.StopAsync(Deadline.Token());
    }

    /// <summary>Locks the room, waits until somebody wants it, gives it back; tells how often.</summary>
    private static async Task<int> LockNowAndThenAsync(Lessons lessons, long room, CancellationToken until)
    {
        for (var times = 0; ; times++)
        {
            await using var hold = await lessons.HoldAsync(room);
            while (!await hold.IsWantedAsync())
            {
                if (until.IsCancellationRequested) return times;
            }

            await hold.ReleaseAsync();
        }
    }

    /// <summary>From now on Postgres refuses what contains "poison", which no rule of the application forbids.</summary>
    private static Task RefuseAsync(Lessons lessons, string sqlState) => lessons.School.ExecuteAsync(
        $"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.content LIKE '%poison%' THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlState}'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse();
        """);

    /// <summary>While the answer lives, a message that says "slow" is not stored, though nobody holds its room.</summary>
    private static async Task<IAsyncDisposable> SlowAsync(Lessons lessons)
    {
        await lessons.School.ExecuteAsync(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.content = 'slow' THEN PERFORM pg_advisory_xact_lock(1); END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER slow BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION slow();
            """);
        // the lock goes with its session, which is not pooled
        var source = Npgsql.NpgsqlDataSource.Create(lessons.School.Database.ConnectionString + ";Pooling=false");
        var connection = await source.OpenConnectionAsync(Deadline.Token());
        await using var command = new Npgsql.NpgsqlCommand("SELECT pg_advisory_lock(1)", connection);
        await command.ExecuteNonQueryAsync(Deadline.Token());
        return connection;
    }

    private static Task SlowWaitsAsync(Lessons lessons) => Deadline.UntilAsync(
        () => lessons.School.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory')"),
        waits => waits,
        "a batch that waits");
}
