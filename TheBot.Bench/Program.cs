using System.CommandLine;
using System.Globalization;
using TheBot.Bench.Load;
using TheBot.Bench.Micro;
using TheBot.Bench.Servers;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var root = new RootCommand("How fast TheBot is, measured. Build it in Release: dotnet run -c Release --project TheBot.Bench -- load S1")
{
    LoadCommand.Create(),
    FlatCommand.Create(),
    StormCommand.Create(),
    MicroCommand.Create(),
    SchoolCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
