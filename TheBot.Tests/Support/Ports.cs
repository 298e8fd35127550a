using System.Net;
using System.Net.Sockets;

namespace TheBot.Tests.Support;

/// <summary>Ports of this machine for servers that cannot take one by themselves and say which.</summary>
internal static class Ports
{
    /// <summary>One that nobody has now. Somebody else may be faster: whoever starts a server there tries another then.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
