using System.CommandLine;

namespace TheBot.Bench.Servers;

/// <summary><c>school</c>: the school of the workloads in a database of somebody else's, for other load generators.</summary>
internal static class SchoolCommand
{
    public static Command Create()
    {
        var database = new Option<string>("--database") { Description = "connection string of an empty database", Required = true };
        var rooms = new Option<int>("--rooms") { DefaultValueFactory = _ => 50, Description = "rooms, with ids from 1001 on" };
        var members = new Option<int>("--members") { DefaultValueFactory = _ => 4, Description = "members of each, with ids from 1000001 on; a token is the id with zeros before it, 40 digits" };
        var command = new Command("school", "Migrates a database and fills it with the rooms of a workload") { database, rooms, members };
        command.SetAction(async (asked, _) =>
        {
            await ServersUnderLoad.MigrateAsync(asked.GetValue(database)!);
            await new BenchSchool(asked.GetValue(rooms), asked.GetValue(members)).FillAsync(asked.GetValue(database)!);
            return 0;
        });
        return command;
    }
}
