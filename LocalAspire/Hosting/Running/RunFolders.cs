using System.Collections.Concurrent;
using System.Net.NetworkInformation;

namespace LocalAspire.Running;

/// <summary>What one run of an AppHost holds: a temporary folder, data volumes, ports. Nothing of it is shared with another run.</summary>
internal sealed class RunFolders : IDisposable
{
    private const string Prefix = "LocalAspire-";
    private const string Lock = "in-use.lock";
    // below the range that the system hands out for outgoing connections, which could otherwise take a port between choice and use
    private const int FirstPort = 20_000;
    private const int LastPort = 30_000;

    private readonly ConcurrentBag<FileStream> _held = [];
    private readonly bool _keepsVolumes;
    private readonly string _ports = UserFolders.MakePrivate(Path.Combine(UserFolders.Cache, "ports"));

    public RunFolders(DistributedApplicationBuilder builder)
    {
        _keepsVolumes = builder.Test is null;
        Sweep();
        Temporary = Directory.CreateTempSubdirectory(Prefix).FullName;
        _held.Add(UserFolders.Wait(Path.Combine(Temporary, Lock), TimeSpan.Zero));
    }

    public string Temporary { get; }

    /// <summary>The folder behind a resource's data volume, or a temporary one that ends with the run.</summary>
    public (string Path, bool LivesOn) DataFolder(IResource resource)
    {
        var volume = resource.Annotations.OfType<VolumeAnnotation>().LastOrDefault();
        if (volume is null || !_keepsVolumes)
            return (UserFolders.MakePrivate(Path.Combine(Temporary, resource.Name)), LivesOn: false);

        var folder = UserFolders.MakePrivate(Path.Combine(UserFolders.Data, "volumes", volume.Name));
        var held = UserFolders.TryLock(Path.Combine(folder, Lock))
            ?? throw new DistributedApplicationException($"its data volume {folder} is in use: the same AppHost seems to run already");
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
            _held.Add(held);
            if (IsFree(port))
                return port;
        }

        throw new DistributedApplicationException($"no free port between {FirstPort} and {LastPort}");
    }

    public static bool IsFree(int port) => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().All(listener => listener.Port != port);

    public void Dispose()
    {
        foreach (var held in _held)
            held.Dispose();
        Delete(Temporary);
    }

    // runs that were killed could not clean up; their lock is free now (and one without a lock has just begun)
    private static void Sweep()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), $"{Prefix}*").Where(folder => File.Exists(Path.Combine(folder, Lock))))
        {
            using var held = UserFolders.TryLock(Path.Combine(folder, Lock));
            if (held is not null)
                Delete(folder);
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
