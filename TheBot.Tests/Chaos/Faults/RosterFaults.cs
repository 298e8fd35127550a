namespace TheBot.Tests.Chaos.Faults;

/// <summary>A guardian is withdrawn in the middle of it, hears nothing more, and is let in again.</summary>
internal sealed class ChangeMembers() : Fault("a guardian goes and comes back", FaultTarget.Roster)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        var room = run.School.Rooms[random.Next(run.School.Rooms.Count)];
        var guardian = room.Guardians[random.Next(room.Guardians.Count)];
        var path = $"/api/v1/roster/students/{room.Student.Id}/guardians/{guardian.Id}";
        var clients = run.Members.Where(member => member.Person == guardian && member.Rooms.Contains(room.Id)).ToList();

        run.Struck($"{guardian.Name} is withdrawn from room {room.Id}", clients);
        await run.CallAsync(run.School.Administrator, HttpMethod.Delete, path);
        await Deadline.UntilAsync(() => Task.FromResult(clients.Count(client => !client.HasLeft(room.Id))), left => left == 0, "clients that know that they are out");
        await Task.Delay(Between(random, 0.1, 1));

        run.Struck($"{guardian.Name} is let into room {room.Id} again", clients);
        await run.CallAsync(run.School.Administrator, HttpMethod.Put, path);
        var since = await LetInAtAsync(run, room.Id, guardian.Id);
        clients.ForEach(client => client.Follow(room.Id, since));
    }

    private static async Task<long> LetInAtAsync(ChaosRun run, long room, long guardian) => await Deadline.UntilAsync(
        async () =>
        {
            try
            {
                await using var command = run.Graph.Database.CreateCommand("SELECT max(seq) FROM room_events WHERE room_id = $1 AND subject_id = $2 AND kind = 10");
                command.Parameters.AddWithValue(room);
                command.Parameters.AddWithValue(guardian);
                return (long?)await command.ExecuteScalarAsync(Deadline.Token()) ?? 0;
            }
            catch (Npgsql.NpgsqlException)
            {
                return 0; // the database is one of those that are broken now
            }
        },
        seq => seq > 0,
        "the line that lets them in");
}

/// <summary>A room is locked and opened, slowed down and let go, a member muted and unmuted, while they talk.</summary>
internal sealed class ChangePolicies() : Fault("lock, slow mode, mute", FaultTarget.Roster)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        var room = run.School.Rooms[random.Next(run.School.Rooms.Count)];
        var guardian = room.Guardians[random.Next(room.Guardians.Count)];
        var (path, clients) = ($"/api/v1/rooms/{room.Id}", run.Members.Where(member => member.Rooms.Contains(room.Id)).ToList());

        run.Struck($"room {room.Id} is locked", clients);
        await run.CallAsync(room.Teacher, HttpMethod.Put, $"{path}/lock");
        await Task.Delay(Between(random, 0.1, 1));
        await run.CallAsync(room.Teacher, HttpMethod.Delete, $"{path}/lock");

        run.Struck($"{guardian.Name} is muted in room {room.Id}, which is slow", clients);
        await run.CallAsync(room.Teacher, HttpMethod.Put, $"{path}/members/{guardian.Id}/mute", new { until = (string?)null });
        await run.CallAsync(room.Teacher, HttpMethod.Put, $"{path}/slow-mode", new { seconds = 1 });
        await Task.Delay(Between(random, 0.1, 1));
        await run.CallAsync(room.Teacher, HttpMethod.Delete, $"{path}/members/{guardian.Id}/mute");
        await run.CallAsync(room.Teacher, HttpMethod.Put, $"{path}/slow-mode", new { seconds = 0 });
    }
}
