namespace TheBot.Client;

/// <summary>How far the client is on its way to the server.</summary>
public enum ChatState
{
    /// <summary>No connection; the next attempt comes by itself, unless the client has ended (<see cref="ChatClient.Completion"/>).</summary>
    Offline,

    /// <summary>A connection is being made.</summary>
    Connecting,

    /// <summary>Connected; some followed rooms are still being caught up.</summary>
    CatchingUp,

    /// <summary>Connected; every followed room is as far as the server was when it was asked.</summary>
    Live,
}
