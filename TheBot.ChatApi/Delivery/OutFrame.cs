namespace TheBot.ChatApi.Delivery;

/// <summary>Something ready to be written to a connection; one instance serves all connections of a dialect.</summary>
/// <param name="Size">Bytes it takes in a queue.</param>
/// <param name="IsEphemeral">May be left out where the reader is slow (typing, presence).</param>
internal abstract record OutFrame(int Size, bool IsEphemeral);
