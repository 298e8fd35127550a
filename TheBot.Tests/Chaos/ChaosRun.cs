using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using TheBot.Tests.Chaos.Members;
using TheBot.Tests.Chaos.Roads;

namespace TheBot.Tests.Chaos;

/// <summary>One run on the graph: a school of its own, forty clients that talk, and a diary of what befell them.</summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly ConcurrentQueue<(TimeSpan At, string What, IReadOnlyList<SendTrace> InFlight)> _diary = [];
    private readonly ConcurrentQueue<HistoryRead> _reads = [];
    private readonly HttpClient _rest = new() { Timeout = TimeSpan.FromSeconds(10) };
    private int _turn;
    private int _said;

    private ChaosRun(ChaosGraph graph, ChaosSchool school) => (Graph, School) = (graph, school);

    public ChaosGraph Graph { get; }
    public ChaosSchool School { get; }
    public List<Member> Members { get; } = [];
    public IEnumerable<HistoryRead> Reads => _reads;
    public int Said => Volatile.Read(ref _said);

    public static async Task<ChaosRun> StartAsync(ChaosGraph graph)
    {
        var run = new ChaosRun(graph, await ChaosSchool.FoundAsync(graph.Database));
        run.Enroll();
        run.Members.ForEach(member => member.Start());
        await Deadline.UntilAsync(() => Task.FromResult(run.Members.Count(member => !member.IsLive)), away => away == 0, "clients that are not live yet");
        run.Members.ForEach(member => member.ForgetAbsences());
        return run;
    }

    /// <summary>Everybody talks, and some read history, until it is enough.</summary>
    /// <param name="perSecond">Messages of all together.</param>
    /// <param name="seed">Who says what, and when.</param>
    /// <param name="enough">The end.</param>
    public async Task TalkAsync(double perSecond, int seed, CancellationToken enough)
    {
        var pause = Members.Count / perSecond;
        var talking = Members.Select((member, i) => Task.Run(async () =>
        {
            var random = new Random(HashCode.Combine(seed, i));
            while (!enough.IsCancellationRequested)
            {
                await PauseAsync(pause * 2 * random.NextDouble(), enough);
                member.Say(member.Rooms[random.Next(member.Rooms.Count)], Words(random));
                Interlocked.Increment(ref _said);
            }
        }, CancellationToken.None));
        var reading = Task.Run(async () =>
        {
            var random = new Random(seed);
            while (!enough.IsCancellationRequested)
            {
                await PauseAsync(0.1, enough);
                await ReadHistoryAsync(School.Rooms[random.Next(School.Rooms.Count)]);
            }
        }, CancellationToken.None);
        await Task.WhenAll(talking.Append(reading));
    }

    /// <summary>Writes down that something strikes now, and whose sends are on their way at that moment.</summary>
    public void Struck(string what, IEnumerable<Member>? struck = null) =>
        _diary.Enqueue((Stopwatch.GetElapsedTime(_began), what, [.. (struck ?? Members).SelectMany(member => member.InFlight)]));

    /// <summary>The members who are connected to a replica.</summary>
    public IEnumerable<Member> At(Uri replica) => Members.Where(member => member.Road.Target?.Port == replica.Port);

    /// <summary>Waits a moment for a send that is on its way, so that what comes next hits it.</summary>
    public static async Task AwaitSendAsync(Func<IEnumerable<Member>> who)
    {
        var since = Stopwatch.GetTimestamp();
        while (who().All(member => member.Unsettled == 0) && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(1)) await Task.Delay(2);
    }

    /// <summary>A call of REST to whichever replica answers, again and again until one does.</summary>
    public async Task CallAsync(Someone caller, HttpMethod method, string path, object? body = null)
    {
        await Deadline.UntilAsync(
            async () =>
            {
                using var request = new HttpRequestMessage(method, new Uri(NextReplica(), path));
                request.Headers.TryAddWithoutValidation("Authorization", $"Token {caller.Token}");
                if (body is not null) request.Content = System.Net.Http.Json.JsonContent.Create(body);
                try
                {
                    using var answer = await _rest.SendAsync(request, Deadline.Token());
                    return answer.StatusCode;
                }
                catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
                {
                    return HttpStatusCode.ServiceUnavailable;
                }
            },
            status => (int)status < 500,
            $"{method} {path}");
    }

    public Uri NextReplica() => Graph.Graph.Replicas[(int)((uint)Interlocked.Increment(ref _turn) % (uint)Graph.Graph.Replicas.Count)];

    /// <summary>What struck when, and what it hit.</summary>
    public override string ToString() => $"{Said} messages, heard {Members.Sum(member => member.Traces.Sum(trace => trace.Heard.Count))} times over {Members.Sum(member => member.Road.Connections)} connections, {_reads.Count} pages of history\n" + string.Join('\n', _diary.Select(line => string.Create(
        CultureInfo.InvariantCulture,
        $"  {line.At.TotalSeconds,5:0.0} s  {line.What}: {line.InFlight.Count} sends in flight{Fate(line.InFlight)}")));

    public async ValueTask DisposeAsync()
    {
        foreach (var batch in Members.Chunk(10)) await Task.WhenAll(batch.Select(member => member.DisposeAsync().AsTask()));
        _rest.Dispose();
    }

    private static string Fate(IReadOnlyList<SendTrace> sends)
    {
        var rooms = sends.Select(send => send.Room).Distinct().Count();
        return rooms == 0 ? "" : $" in {rooms} rooms, {sends.Count(send => send.State == SendState.Sent)} of them stored in the end";
    }

    private static async Task PauseAsync(double seconds, CancellationToken enough) =>
        await Task.Delay(TimeSpan.FromSeconds(seconds), enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static string Words(Random random) => new((char)('а' + random.Next(32)), random.Next(1, 200));

    private async Task ReadHistoryAsync(ChaosRoom room)
    {
        var askedAt = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(NextReplica(), $"/api/v1/rooms/{room.Id}/messages?limit=1"));
        request.Headers.TryAddWithoutValidation("Authorization", $"Token {room.Student.Token}");
        try
        {
            using var answer = await _rest.SendAsync(request, Deadline.Token());
            if (answer.StatusCode != HttpStatusCode.OK) return;
            var page = System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStreamAsync())!;
            _reads.Enqueue(new HistoryRead(room.Student.Name, room.Id, askedAt, (long?)page["results"]!.AsArray().LastOrDefault()?["seq"] ?? 0));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            // no answer is no stale answer
        }
    }

    /// <summary>Forty clients of thirty-two people: 24 of the C# library, 8 of the seed's dialect, 8 of the hub.</summary>
    private void Enroll()
    {
        foreach (var student in School.Rooms.Select(room => room.Student)) Members.Add(new ClientMember($"{student.Name}/v1", student, Road()));
        foreach (var teacher in School.Teachers)
        {
            Members.Add(new ClientMember($"{teacher.Name}/v1", teacher, Road()));
            Members.Add(new HubMember($"{teacher.Name}/hub", teacher, Road()));
        }

        for (var i = 0; i < School.Guardians.Count; i++)
        {
            var guardian = School.Guardians[i];
            Members.Add(i switch
            {
                < 12 => new ClientMember($"{guardian.Name}/v1", guardian, Road()),
                < 16 => new SeedMember($"{guardian.Name}/seed", guardian, guardian.Rooms[0], Road()),
                _ => new HubMember($"{guardian.Name}/hub", guardian, Road()),
            });
        }

        foreach (var room in School.Rooms.Take(4)) Members.Add(new SeedMember($"{room.Student.Name}/seed", room.Student, room.Id, Road()));
        foreach (var room in School.Rooms.Skip(4).Take(2)) Members.Add(new HubMember($"{room.Student.Name}/hub", room.Student, Road()));
    }

    /// <summary>Each connection at the next replica; everybody begins at another one.</summary>
    private Road Road()
    {
        var replicas = Graph.Graph.Replicas.Select(replica => new IPEndPoint(IPAddress.Loopback, replica.Port)).ToArray();
        var turn = Members.Count;
        return new Road(() => replicas[(int)((uint)Interlocked.Increment(ref turn) % (uint)replicas.Length)]);
    }
}
