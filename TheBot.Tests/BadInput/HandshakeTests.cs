using System.Net.WebSockets;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.BadInput;

/// <summary>Whatever a socket's address and its headers say: it opens, or it is refused by a status or a close code that tells the client what to do.</summary>
/// <remarks>The addresses are those of the API's own routing. Settings as of <see cref="BadInputTests"/>.</remarks>
[Collection(ScratchPostgresTests.Name)]
public sealed class HandshakeTests(ScratchPostgres postgres)
{
    private const string Opened = "opened";

    /// <summary>No first frame of any dialect: whoever has not said who they are is refused by it at once.</summary>
    private static readonly byte[] Nonsense = "nonsense\u001e"u8.ToArray();

    /// <summary>All that a client may be told, but for a fault of the server's own.</summary>
    private static readonly HashSet<string> Told =
    [
        Opened,
        .. typeof(CloseCode).GetFields().Select(code => (int)code.GetRawConstantValue()!).Where(code => code != CloseCode.Fault).Select(code => $"closed {code}"),
        .. Enumerable.Range(400, 100).Select(status => $"HTTP {status}"),
    ];

    [Fact]
    public async Task Every_socket_opens_or_is_refused_with_a_reason()
    {
        await using var school = await HostileSchool.OpenAsync(postgres);
        var doors = ApiEndpoints.All().SelectMany(ApiCall.Routed).Where(call => call is { IsSocket: true, Method: "GET" }).ToList();
        Assert.True(doors.Count > 5, string.Join(", ", doors));
        var (before, ends, faults) = (await school.StateAsync(), new List<string>(), new List<string>());

        foreach (var (number, door) in doors.Index())
        {
            for (var i = 0; i < 2 * BadInputTests.Cases; i++)
            {
                var hostile = new Hostile(BadInputTests.HashCode(BadInputTests.Seed, 1000 + number, i));
                var token = await school.CallerAsync(hostile);
                var address = Address(school, hostile, door, token);
                var end = await KnockAsync(hostile, address, token);
                ends.Add(end);
                if (!Told.Contains(end)) faults.Add($"{address}: {end}");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} faults with THEBOT_FUZZ_SEED={BadInputTests.Seed}:\n{string.Join('\n', faults.Take(25))}");
        Assert.Equal(before, await school.StateAsync());
        Assert.DoesNotContain("fail:", school.School.Api.Output, StringComparison.Ordinal);
        foreach (var end in new[] { Opened, $"closed {CloseCode.NotAuthenticated}", $"closed {CloseCode.NoAccess}", "HTTP 400", "HTTP 401", "HTTP 410" })
            Assert.True(ends.Contains(end), $"none was {end}: {string.Join(", ", ends.CountBy(e => e))}");
    }

    private static Uri Address(HostileSchool school, Hostile hostile, ApiCall door, string? token)
    {
        var path = door.Segments.Aggregate(
            door.Path, (at, name) => at.Replace($"{{{name}}}", hostile.Chance(50) ? school.Good(hostile, name) : hostile.Segment(), StringComparison.Ordinal));
        var query = door.Query.Where(_ => hostile.Chance(35)).Select(name => $"{name}={ValueOf(name)}").ToList();
        if (query.Count > 0 && hostile.Chance(10)) query.Add(query[0]);
        if (query.Count > 0) path += "?" + string.Join('&', query);
        return new Uri($"ws://{school.School.Api.Address.Authority}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

        string ValueOf(string name) => name switch
        {
            "token" or "access_token" when token is not null && hostile.Chance(60) => token,
            "authorization" when token is not null && hostile.Chance(60) => $"Bearer%20{token}",
            "room_id" when hostile.Chance(50) => school.Good(hostile, name),
            _ => hostile.Segment(),
        };
    }

    private static async Task<string> KnockAsync(Hostile hostile, Uri address, string? token)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (hostile.Chance(50)) socket.Options.AddSubProtocol(hostile.Chance(80) ? V1Protocol.Subprotocol : "thebot.v9");
        if (hostile.Chance(30)) socket.Options.SetRequestHeader("Authorization", hostile.Chance(50) ? $"Token {token}" : BadInputTests.Ascii(hostile.Header()));
        try
        {
            await socket.ConnectAsync(address, Deadline.Token());
        }
        catch (WebSocketException) when (socket.HttpStatusCode != 0)
        {
            return $"HTTP {(int)socket.HttpStatusCode}";
        }

        await socket.SendAsync(Nonsense, WebSocketMessageType.Text, true, Deadline.Token());
        var (frame, isIn) = (new byte[64 * 1024], false);
        while ((await socket.ReceiveAsync(frame.AsMemory(), Deadline.Token())).MessageType != WebSocketMessageType.Close)
        {
            if (!isIn) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Deadline.Token());
            isIn = true;
        }

        if (isIn) return Opened;
        await socket.CloseOutputAsync(socket.CloseStatus!.Value, null, Deadline.Token());
        return $"closed {(int)socket.CloseStatus!.Value}";
    }
}
