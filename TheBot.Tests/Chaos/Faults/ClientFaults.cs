using TheBot.Tests.Chaos.Members;

namespace TheBot.Tests.Chaos.Faults;

/// <summary>Connections are cut at each point of a send: before it, behind it, before its answer, behind its answer.</summary>
internal sealed class CutAtSend() : Fault("cut at each point of a send", FaultTarget.Clients)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        var victims = run.Members.OfType<ClientMember>().ToArray();
        random.Shuffle(victims);
        run.Struck(Name, victims.Take(4));
        var points = Enum.GetValues<SendPoint>();
        for (var i = 0; i < points.Length; i++) victims[i].Tap.CutAt(points[i]);
        await Deadline.UntilAsync(() => Task.FromResult(victims.Take(points.Length).Count(victim => victim.Tap.IsArmed)), armed => armed == 0, "sends that come to their points");
    }
}

/// <summary>Several clients' connections are reset.</summary>
internal sealed class CutClients() : Fault("cut clients", FaultTarget.Clients)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        for (var i = 0; i < 3; i++)
        {
            var victims = run.Members.Where(_ => random.Next(3) == 0).ToList();
            run.Struck(Name, victims);
            victims.ForEach(victim => victim.Road.Cut());
            await Task.Delay(Between(random, 0.1, 1.5));
        }
    }
}

/// <summary>Several clients read nothing for a while, some so long that the server gives them up.</summary>
internal sealed class SlowReaders() : Fault("slow readers", FaultTarget.Clients)
{
    public override async Task StrikeAsync(ChaosRun run, Random random)
    {
        var victims = run.Members.Where(_ => random.Next(6) == 0).ToList();
        run.Struck(Name, victims);
        victims.ForEach(victim => victim.Road.BlockAnswers(true));
        foreach (var victim in victims)
        {
            await Task.Delay(Between(random, 0.2, 2));
            victim.Road.BlockAnswers(false);
        }
    }
}
