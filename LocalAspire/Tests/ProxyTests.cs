using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LocalAspire.Tests;

public class ProxyTests(HealthyGraph fixture) : IClassFixture<HealthyGraph>
{
    [Fact]
    public async Task An_answer_that_asks_for_another_protocol_still_says_which()
    {
        using var client = fixture.Graph.Client();
        using var answer = await client.GetAsync("/upgrade");
        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
        Assert.Equal("websocket", answer.Headers.Upgrade.ToString());
    }

    [Fact]
    public async Task Header_values_pass_whatever_their_bytes()
    {
        using var connection = new TcpClient("localhost", fixture.Graph.Address.Port);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes("GET /agent HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Школа/1.0 é\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync().WaitAsync(Graph.Patience);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("Школа/1.0 é", answer, StringComparison.Ordinal);
    }
}
