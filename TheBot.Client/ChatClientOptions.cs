namespace TheBot.Client;

/// <summary>How a <see cref="ChatClient"/> works. Only <see cref="Transport"/> and <see cref="Token"/> are needed.</summary>
public sealed record ChatClientOptions
{
    /// <summary>Makes the connections; usually a <see cref="WebSocketTransport"/>.</summary>
    public required IChatTransport Transport { get; init; }

    /// <summary>
    /// The token, asked for before each connection. Throwing a <see cref="ChatConnectionException"/> means: not now, ask again later;
    /// any other exception ends the client.
    /// </summary>
    public required Func<CancellationToken, ValueTask<string>> Token { get; init; }

    /// <summary>The clock of everything that waits. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>From the start of an attempt to the server's <c>ready</c>; beyond it the attempt has failed. Default 15 s.</summary>
    public TimeSpan ConnectWithin { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a head may be ahead of what has arrived before the room is asked for again: events that are on their way need no asking. Default 3 s.</summary>
    public TimeSpan HeadGrace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>From 0 to 1, evenly spread: how much of a wait before coming back is left to chance. Default: random.</summary>
    public Func<double> Jitter { get; init; } = Random.Shared.NextDouble;
}
