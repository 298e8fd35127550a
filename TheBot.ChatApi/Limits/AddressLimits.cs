using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace TheBot.ChatApi.Limits;

/// <summary>How often one address may fail to say who it is. Nothing that a known person does counts here: a whole school sits behind one address.</summary>
internal sealed class AddressLimits(IOptions<LimitOptions> options)
{
    private readonly TokenBuckets<IPAddress> _logins = new(options.Value.FailedLoginsBurst, options.Value.FailedLoginsPerMinute, TimeSpan.FromMinutes(1));
    private readonly TokenBuckets<IPAddress> _strangers = new(options.Value.StrangersBurst, options.Value.StrangersPerMinute, TimeSpan.FromMinutes(1));

    /// <summary>Whether a login from there may be tried; if not, when again.</summary>
    public bool MayLogIn(IPAddress? address, out TimeSpan retryAfter) => _logins.HasAny(Key(address), out retryAfter);

    public void LoginFailed(IPAddress? address) => _logins.TryTake(Key(address), out _);

    /// <summary>Whether somebody who has not said yet who they are may open a socket from there.</summary>
    public bool MayKnock(IPAddress? address) => _strangers.HasAny(Key(address), out _);

    public void StrangerKnocked(IPAddress? address) => _strangers.TryTake(Key(address), out _);

    public void ForgetIdle()
    {
        _logins.ForgetIdle();
        _strangers.ForgetIdle();
    }

    /// <summary>An IPv6 client has a whole /64 of addresses, so that is one; without an address (a Unix socket) all are one.</summary>
    internal static IPAddress Key(IPAddress? address)
    {
        if (address is null) return IPAddress.None;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
