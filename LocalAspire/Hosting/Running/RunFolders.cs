using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LocalAspire.Running;

/// <summary>What one run of an AppHost holds: a temporary folder, data volumes, ports. Nothing of it is shared with another run.</summary>
internal sealed class RunFolders : IDisposable
{
    private const string Prefix = "LocalAspire-";
    // below the range that the system hands out for outgoing connections, which could otherwise take a port between choice and use
    private const int FirstPort = 20_000;
    private const int LastPort = 30_000;

    private readonly Lock _gate = new();
    private readonly List<FileStream> _held = [];
    private readonly bool _keepsVolumes;
    private readonly string _ports = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"{Prefix}ports-{Environment.UserName}")).FullName;

    public RunFolders(DistributedApplicationBuilder builder)
    {
        _keepsVolumes = builder.Test is null;
        Sweep();
        Temporary = Path.Combine(Path.GetTempPath(), $"{Prefix}{Path.GetRandomFileName()}");
        _held.Add(UserFolders.Wait(Temporary + ".lock", TimeSpan.Zero));
        UserFolders.MakePrivate(Temporary);
    }

    public string Temporary { get; }

    /// <summary>The folder behind a resource's data volume, or a temporary one that ends with the run.</summary>
    public (string Path, bool LivesOn) DataFolder(IResource resource)
    {
        var volume = resource.Annotations.OfType<VolumeAnnotation>().LastOrDefault();
        if (volume is null || !_keepsVolumes)
            return (UserFolders.MakePrivate(Path.Combine(Temporary, resource.Name)), LivesOn: false);

        var folder = UserFolders.MakePrivate(Path.Combine(UserFolders.Data, "volumes", volume.Name));
        var held = UserFolders.TryLock(Path.Combine(folder, "in-use.lock"))
            ?? throw new DistributedApplicationException($"its data volume {folder} is in use: the same AppHost seems to run already");
        lock (_gate)
            _held.Add(held);
        return (folder, LivesOn: true);
    }

    /// <summary>A free port that no other AppHost of this user will be given while this one runs.</summary>
    public int LeasePort()
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var port = Random.Shared.Next(FirstPort, LastPort);
            if (UserFolders.TryLock(Path.Combine(_ports, $"{port}")) is not { } held)
                continue;
            lock (_gate)
                _held.Add(held);
            if (IsFree(port))
                return port;
        }

        throw new DistributedApplicationException($"no free port between {FirstPort} and {LastPort}");
    }

    public static bool IsFree(int port) => new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }.All(address =>
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException failure)
        {
            // a machine without IPv6 has nobody on that address either
            return failure.SocketErrorCode != SocketError.AddressAlreadyInUse;
        }
    });

    public void Dispose()
    {
        Delete(Temporary);
        foreach (var held in _held)
            held.Dispose();
        Delete(Temporary + ".lock");
    }

    // runs that were killed could not clean up; their lock is free now
    private static void Sweep()
    {
        foreach (var file in Directory.EnumerateFiles(Path.GetTempPath(), $"{Prefix}*.lock"))
        {
            using var held = UserFolders.TryLock(file);
            if (held is null)
                continue;
            Delete(file[..^".lock".Length]);
            Delete(file);
        }
    }

    private static void Delete(string path)
    {
        try
        {
            UserFolders.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // a dying server may still write, or it is another user's: the next run sweeps the rest
            return;
        }
    }
}
