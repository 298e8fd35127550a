using System.Security.Cryptography;
using System.Text;

namespace TheBot.ChatApi.Auth;

/// <summary>Opaque tokens: 20 random bytes, 40 lower hex digits on the wire (as the replaced system's), of which only a hash is kept.</summary>
/// <remarks>A plain hash is enough: what is hashed has 160 random bits, there is nothing to guess.</remarks>
internal static class Tokens
{
    private const int RandomBytes = 20;
    private const int Length = 2 * RandomBytes;

    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>What <c>tokens.hash</c> keeps; null where the text cannot be a token, which spares the query.</summary>
    public static byte[]? Hash(string? token) =>
        token is { Length: Length } && token.All(char.IsAsciiHexDigitLower) ? SHA256.HashData(Encoding.ASCII.GetBytes(token)) : null;
}
