using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TheBot.Tests.Chaos.Roads;

/// <summary>The road to Redis. While it is noisy, published messages come doubled and in the wrong order.</summary>
internal sealed class BellRoad(IPEndPoint redis) : Road(() => redis)
{
    // RESP2 has pushes as arrays, RESP3 as a type of their own: *3 or >3, then the word
    private static readonly byte[][] Published = [.. new[] { "*3\r\n$7\r\nmessage\r\n", ">3\r\n$7\r\nmessage\r\n" }.Select(Encoding.ASCII.GetBytes)];

    private int _noise;
    private int _doubled;
    private int _overtaken;

    /// <summary>Messages that came twice so far.</summary>
    public int Doubled => Volatile.Read(ref _doubled);

    /// <summary>Messages that came after a later one so far.</summary>
    public int Overtaken => Volatile.Read(ref _overtaken);

    /// <param name="seed">What chance is made of; 0 = quiet again.</param>
    public void MakeNoise(int seed) => Volatile.Write(ref _noise, seed);

    protected override async Task CarryAnswersAsync(Socket server, Socket client, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        byte[]? held = null;
        try
        {
            while (true)
            {
                if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                var read = await server.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
                if (read == 0) return;
                filled += read;
                await OpenAsync();
                var from = 0;
                while (Resp.LengthOf(buffer.AsSpan(from, filled - from)) is > 0 and var length)
                {
                    var answer = buffer.AsMemory(from, length);
                    from += length;
                    held = await PassAsync(client, answer, held, cancellationToken);
                }

                // one that is held waits for the next, but not for a silence
                if (held is not null && server.Available == 0) held = await ReleaseAsync(client, held, cancellationToken);
                buffer.AsSpan(from, filled - from).CopyTo(buffer);
                filled -= from;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // one side is gone
        }
    }

    private async Task<byte[]?> PassAsync(Socket client, ReadOnlyMemory<byte> answer, byte[]? held, CancellationToken cancellationToken)
    {
        var isMessage = Published.Any(start => answer.Span.StartsWith(start));
        if (!isMessage || Volatile.Read(ref _noise) is 0)
        {
            await client.SendAsync(answer, cancellationToken);
            return held is null ? null : await ReleaseAsync(client, held, cancellationToken);
        }

        // the same messages in the same order meet the same chance
        var chance = HashCode.Combine(Volatile.Read(ref _noise), answer.Length, answer.Span[^3]) & 3;
        if (held is null && chance == 0) return answer.ToArray();
        await client.SendAsync(answer, cancellationToken);
        if (held is not null)
        {
            Interlocked.Increment(ref _overtaken);
            return await ReleaseAsync(client, held, cancellationToken);
        }

        if (chance != 1) return null;
        Interlocked.Increment(ref _doubled);
        await client.SendAsync(answer, cancellationToken);
        return null;
    }

    private static async Task<byte[]?> ReleaseAsync(Socket client, byte[] held, CancellationToken cancellationToken)
    {
        await client.SendAsync(held, cancellationToken);
        return null;
    }
}
