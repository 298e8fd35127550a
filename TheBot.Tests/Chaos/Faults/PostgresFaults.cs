namespace TheBot.Tests.Chaos.Faults;

/// <summary>The database is stopped and started again; its connections end in the middle of whatever they carry.</summary>
internal sealed class RestartPostgres() : Fault("restart of Postgres", FaultTarget.Postgres)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        await ChaosRun.AwaitSendAsync(() => run.Members);
        run.Struck(Name);
        await CommandAsync(run, KnownResourceCommands.StopCommand);
        await Task.Delay(Between(random, 0, 2));
        await CommandAsync(run, KnownResourceCommands.StartCommand);
    }

    private static async Task CommandAsync(ChaosRun run, string command)
    {
        var result = await run.Graph.Graph.App.ResourceCommands.ExecuteCommandAsync(run.Graph.Graph.Resource("postgres"), command, Deadline.Token());
        Assert.True(result.Success, $"{command} postgres");
    }
}
