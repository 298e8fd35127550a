using System.Text.Json;
using System.Text.Json.Nodes;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Tests.Delivery;
using Xunit.Abstractions;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Fuzzing;

/// <summary>Nonsense at every socket: the one who says it gets errors or a close that is documented, nobody else notices, and the process lives.</summary>
[Collection(SharedReplicas.Name)]
public sealed class FrameFuzzTests(TwoReplicas replicas, ITestOutputHelper output)
{
    private const int Connections = 12;
    private const int FramesOfOne = 25;

    /// <summary>How a connection may end by what its client says (docs/protocol.md, "Close codes").</summary>
    private static readonly int[] Closes = [1000, 1002, 1007, CloseCode.TooBig, CloseCode.Slow];

    [Fact]
    public Task The_seeds_dialect() => FuzzAsync(new Door(
        (person, room) => RudeSocket.ConnectAsync(replicas.A, $"/ws/chat/{room}/?token={person.Token}"),
        (random, room) => new Nonsense(random,
        [
            """{"type":"chat_message","content":"да","client_id":"a1","reply_to":1}""", """{"type":"message_send","data":{"content":"да"}}""", """{"type":"typing"}""",
            """{"type":"user_event","data":{"event_type":"typing","is_typing":true}}""", """{"type":"message_edit","message_id":1,"content":"нет"}""",
            """{"type":"message_delete","message_id":"1"}""", """{"type":"pin_message","message_id":1}""", """{"type":"mark_read","data":{"message_id":1}}""",
            """{"type":"auth","token":"0123456789abcdef0123456789abcdef01234567"}""", """{"type":"ping"}""",
        ]),
        """{"type":"ping"}""",
        "\"pong\"",
        text => ErrorOf(JsonNode.Parse(text)!.AsObject())));

    [Fact]
    public Task V1() => FuzzAsync(new Door(
        (person, _) => RudeSocket.ConnectAsync(replicas.A, $"/ws?token={person.Token}", V1Protocol.Subprotocol),
        (random, room) => new Nonsense(random,
        [
            $$$"""{"type":"subscribe","id":"2","room":{{{room}}},"data":{"since":0}}""", $$$"""{"type":"unsubscribe","id":"3","room":{{{room}}}}""",
            $$$"""{"type":"send","id":"4","room":{{{room}}},"data":{"client_id":"b1","content":"да","reply_to":1}}""",
            $$$"""{"type":"edit","id":"5","room":{{{room}}},"data":{"message_id":1,"content":"нет"}}""", $$$"""{"type":"delete","id":"6","room":{{{room}}},"data":{"message_id":1}}""",
            $$$"""{"type":"react","id":"7","room":{{{room}}},"data":{"message_id":1,"emoji":"👍","present":true}}""",
            $$$"""{"type":"pin","id":"8","room":{{{room}}},"data":{"message_id":1,"pinned":true}}""", $$$"""{"type":"read","id":"9","room":{{{room}}},"data":{"seq":1}}""",
            $$$"""{"type":"typing","id":"10","room":{{{room}}},"data":{"is_typing":true}}""", """{"type":"ping","id":"11"}""", """{"type":"auth","id":"1","data":{"token":"0"}}""",
        ]),
        """{"type":"ping","id":"still-here"}""",
        "\"still-here\"",
        text => ErrorOf(JsonNode.Parse(text)!.AsObject())));

    [Fact]
    public Task The_seeds_notifications() => FuzzAsync(new Door(
        (person, _) => RudeSocket.ConnectAsync(replicas.A, $"/ws/notifications/{person.Id}/?token={person.Token}"),
        (random, _) => new Nonsense(random,
        [
            """{"type":"subscribe","data":{"channel":"chat"}}""", """{"type":"chat_message","content":"да"}""", """{"type":"mark_read","data":{"message_id":1}}""",
            """{"type":"auth","token":"0123456789abcdef0123456789abcdef01234567"}""", """{"type":"ping"}""",
        ]),
        """{"type":"ping"}""",
        "\"pong\"",
        text => ErrorOf(JsonNode.Parse(text)!.AsObject())));

    [Fact]
    public Task The_hub() => FuzzAsync(new Door(
        async (person, _) =>
        {
            var socket = await RudeSocket.ConnectAsync(replicas.A, $"/hubs/chat?access_token={person.Token}");
            await socket.WriteAsync(RudeSocket.Frame(1, "{\"protocol\":\"json\",\"version\":1}\u001e"u8));
            return socket;
        },
        (random, room) => new Nonsense(
            random,
            [
                $$$"""{"type":1,"invocationId":"1","target":"Subscribe","arguments":[{{{room}}},null]}""",
                $$$"""{"type":1,"invocationId":"2","target":"SendMessage","arguments":[{{{room}}},{"content":"да","client_id":"c1"}]}""",
                $$$"""{"type":1,"invocationId":"3","target":"EditMessage","arguments":[{{{room}}},1,"нет"]}""", $$$"""{"type":1,"invocationId":"4","target":"Typing","arguments":[{{{room}}},true]}""",
                $$$"""{"type":1,"invocationId":"5","target":"MarkRead","arguments":[{{{room}}},1]}""", $$$"""{"type":1,"invocationId":"6","target":"Draft","arguments":[{{{room}}},"черновик"]}""",
                $$$"""{"type":1,"invocationId":"7","target":"React","arguments":[{{{room}}},1,"👍",true]}""", """{"type":6}""", """{"type":5,"invocationId":"1"}""",
            ],
            "\u001e"),
        """{"type":1,"invocationId":"still-here","target":"Unsubscribe","arguments":[999999999]}""" + "\u001e",
        "\"still-here\"",
        text =>
        {
            foreach (var part in text.Split('\u001e', StringSplitOptions.RemoveEmptyEntries))
            {
                var message = JsonNode.Parse(part)!.AsObject();
                Assert.True(message.Count == 0 || (int)message["type"]! is 1 or 3 or 6 or 7, part);
                if ((string?)message["error"] is { } error) Assert.DoesNotContain(ErrorCode.Internal, error, StringComparison.Ordinal);
            }
        },
        EndsWithoutCode: true));

    [Theory]
    [InlineData("oversize", CloseCode.TooBig)]
    [InlineData("oversize in parts", CloseCode.TooBig)]
    [InlineData("bad UTF-8", 1007)]
    [InlineData("unmasked", 1002)]
    public async Task Each_wrong_frame_has_its_own_close_at_every_raw_socket(string wrong, int code)
    {
        var (room, student, _) = await replicas.School.ClassAsync();
        var big = new byte[ChatLimits.FrameMaxBytes + 1];
        big.AsSpan().Fill((byte)'x');
        byte[] bytes = wrong switch
        {
            "oversize" => RudeSocket.Frame(1, big),
            "oversize in parts" => [.. RudeSocket.Frame(1, big.AsSpan(1), isFinal: false), .. RudeSocket.Frame(0, "x"u8)],
            "bad UTF-8" => RudeSocket.Frame(1, [0xc3, 0x28]),
            _ => RudeSocket.Frame(1, "{\"type\":\"ping\"}"u8, isMasked: false),
        };

        foreach (var (path, subprotocol) in new (string, string?)[]
        {
            ($"/ws/chat/{room}/?token={student.Token}", null), ($"/ws?token={student.Token}", V1Protocol.Subprotocol), ($"/ws/notifications/{student.Id}/?token={student.Token}", null),
        })
        {
            await using var socket = await RudeSocket.ConnectAsync(replicas.A, path, subprotocol);
            await socket.WriteAsync(bytes);
            await Deadline.UntilAsync(() => Task.FromResult(socket.IsOver), over => over, $"the end of {path}");
            Assert.Equal((path, code), (path, socket.CloseCode));
        }
    }

    /// <summary>Every message of the server is JSON of its own kind, and no error says that the fault was the server's.</summary>
    private static void ErrorOf(JsonObject frame)
    {
        Assert.NotNull((string?)frame["type"]);
        if ((string)frame["type"]! != V1Type.Error) return;
        var code = (string?)(frame["code"] ?? frame["data"]?["code"]);
        Assert.NotNull(code);
        Assert.NotEqual(ErrorCode.Internal, code);
    }

    private async Task FuzzAsync(Door door)
    {
        var seed = Environment.GetEnvironmentVariable("THEBOT_TEST_SEED") is { } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : Environment.TickCount;
        output.WriteLine($"seed {seed}; THEBOT_TEST_SEED={seed} says the same again");
        var (room, student, teacher) = await replicas.School.ClassAsync();
        var faultsBefore = Faults().Count;
        await using var talk = await Talk.StartAsync(replicas.School, room, teacher, teacher, TimeSpan.FromMilliseconds(30), length: 80, replicas.A);

        var ends = await Task.WhenAll(Enumerable.Range(0, Connections).Select(i => AbuseAsync(door, student, room, seed + i)));
        output.WriteLine(string.Join(", ", ends.SelectMany(end => end).CountBy(end => end).OrderByDescending(end => end.Value).Select(end => $"{end.Key}: {end.Value}")));

        // the others: everything that was said is stored, and heard once and in order
        await talk.UntilSaidAsync(10);
        await talk.EndAsync();
        await replicas.HealthAsync("Healthy");
        var faults = Faults()[faultsBefore..];
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>One client after the other says nonsense until it is thrown out or has said enough. How each ended.</summary>
    private static async Task<List<string>> AbuseAsync(Door door, Person person, long room, int seed)
    {
        var nonsense = door.Nonsense(new Random(seed), room);
        var ends = new List<string>();
        var left = FramesOfOne;
        while (left > 0)
        {
            var said = new List<string>();
            await using var socket = await door.ConnectAsync(person, room);
            while (left > 0 && !socket.IsOver)
            {
                left--;
                await socket.WriteAsync(nonsense.Say(out var what));
                said.Add(what);
            }

            await socket.WriteAsync(RudeSocket.Frame(1, System.Text.Encoding.UTF8.GetBytes(door.Ping)));
            var lives = await socket.HearsAsync(door.Pong);
            await Deadline.UntilAsync(() => Task.FromResult(lives || socket.IsOver), over => over, "an answer or an end");
            var because = $"seed {seed}, after: {string.Join("; ", said)}; heard last: {socket.Heard.LastOrDefault()}";
            Assert.All(socket.Heard, text =>
            {
                try
                {
                    door.Check(text);
                }
                catch (Exception e) when (e is JsonException or InvalidOperationException)
                {
                    Assert.Fail($"{because}: {text}: {e.Message}");
                }
            });
            if (!lives && (socket.CloseCode is not { } code ? !door.EndsWithoutCode : !Closes.Contains(code))) Assert.Fail($"closed with {socket.CloseCode}, {because}");
            ends.Add(lives ? "alive" : $"{socket.CloseCode}");
        }

        return ends;
    }

    /// <summary>What the process's log says of a fault of its own; a Redis that another test has broken is none.</summary>
    private List<string> Faults()
    {
        var lines = replicas.First.Output.Split('\n');
        return [.. Enumerable.Range(0, lines.Length)
            .Where(i => (lines[i].StartsWith("fail: ", StringComparison.Ordinal) && !lines[i].Contains("Redis", StringComparison.Ordinal))
                || lines[i].StartsWith("crit: ", StringComparison.Ordinal) || lines[i].StartsWith("Unhandled", StringComparison.Ordinal))
            .Select(i => string.Join(' ', lines.Skip(i).Take(4)))];
    }

    /// <param name="ConnectAsync">Comes in.</param>
    /// <param name="Nonsense">What to say there.</param>
    /// <param name="Ping">What is answered by whoever is still there.</param>
    /// <param name="Pong">A part of that answer.</param>
    /// <param name="Check">Throws where a message of the server is not one of this door's.</param>
    /// <param name="EndsWithoutCode">The framework below it breaks a connection without a close.</param>
    private sealed record Door(
        Func<Person, long, Task<RudeSocket>> ConnectAsync,
        Func<Random, long, Nonsense> Nonsense,
        string Ping,
        string Pong,
        Action<string> Check,
        bool EndsWithoutCode = false);
}
