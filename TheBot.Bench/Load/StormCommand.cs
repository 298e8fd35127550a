using System.Buffers;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using TheBot.Bench.Load.Wires;
using TheBot.Bench.Servers;

namespace TheBot.Bench.Load;

/// <summary><c>storm</c>: everybody comes back at the same moment, each some messages behind, while others go on talking.</summary>
internal static class StormCommand
{
    private const int TalkingRooms = 10;
    private const int Members = 4;
    private const int Behind = 50;

    public static Command Create()
    {
        var clients = new Option<int>("--clients") { Description = "who come back", DefaultValueFactory = _ => 2000 };
        var replicas = new Option<int>("--replicas") { Description = "processes of the API", DefaultValueFactory = _ => 1 };
        var command = new Command("storm", "How long until all who return at once have what they missed, and what the others notice of it") { clients, replicas };
        command.SetAction(async (asked, cancellationToken) =>
        {
            var returning = new Workload("returning", asked.GetValue(clients) / Members, Members, Senders: 0, Pace.Idle) { History = Behind };
            var talking = new Workload("storm", TalkingRooms, Members, Members, Pace.Open, Rate: 100);
            await using var servers = await ServersUnderLoad.StartAsync(asked.GetValue(replicas), new BenchSchool(TalkingRooms + returning.Rooms, Members, Behind));
            var seats = Seat.Of(returning, servers.Replicas, TalkingRooms);
            double[] backAfter = [];
            var quiet = await new LoadRun(talking, new V1Wire(), servers, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(10)).RunAsync(cancellationToken);
            var storm = await new LoadRun(talking, new V1Wire(), servers, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1))
            {
                Meanwhile = async end =>
                {
                    var began = Stopwatch.GetTimestamp();
                    backAfter = await Task.WhenAll(seats.Select(seat => ReturnAsync(seat, began, end)));
                },
            }.RunAsync(cancellationToken);

            Array.Sort(backAfter);
            LoadReport.Header();
            LoadReport.Row(quiet);
            LoadReport.Row(storm);
            Console.WriteLine(
                $"{backAfter.Length} clients, each {Behind} messages behind: half are live after {backAfter[backAfter.Length / 2]:0.0} s, all after {backAfter[^1]:0.0} s; p99 of the other rooms {quiet.P99:0.0} ms before, {storm.P99:0.0} ms meanwhile");
            return storm.Audit is { IsClean: true } ? 0 : 1;
        });
        return command;
    }

    /// <summary>Opens, subscribes from the beginning, and reads until everything missed has come, in order.</summary>
    /// <returns>Seconds since <paramref name="began"/>.</returns>
    private static async Task<double> ReturnAsync(Seat seat, long began, CancellationToken end)
    {
        var wire = new V1Wire();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(wire.Subprotocol!);
        await socket.ConnectAsync(wire.Address(seat), end);
        await socket.SendAsync(
            Encoding.UTF8.GetBytes($$$"""{"type":"subscribe","id":"s","room":{{{seat.Room}}},"data":{"since":0}}"""), WebSocketMessageType.Text, endOfMessage: true, end);
        var message = new ArrayBufferWriter<byte>(4096);
        var next = 1;
        while (next <= Behind)
        {
            message.ResetWrittenCount();
            ValueWebSocketReceiveResult got;
            do
            {
                got = await socket.ReceiveAsync(message.GetMemory(1024), end);
                if (got.MessageType == WebSocketMessageType.Close) throw new IOException($"user {seat.User}: closed with {socket.CloseStatus}");
                message.Advance(got.Count);
            }
            while (!got.EndOfMessage);

            if (!wire.IsDelivery(message.WrittenSpan)) continue;
            var expected = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"seq\":{next},"));
            if (message.WrittenSpan.IndexOf(expected) < 0) throw new InvalidDataException($"user {seat.User}: not seq {next}: {Encoding.UTF8.GetString(message.WrittenSpan)}");
            next++;
        }

        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        socket.Abort();
        return took;
    }
}
