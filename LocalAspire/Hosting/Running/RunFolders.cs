using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace LocalAspire.Running;

/// <summary>What one run of an AppHost holds: a temporary folder, data volumes, ports. Nothing of it is shared with another run.</summary>
internal sealed class RunFolders : IDisposable
{
    private const string Prefix = "LocalAspire-";
    // below the range that the system hands out for outgoing connections, which could otherwise take a port between choice and use
    private const int FirstPort = 20_000;
    private const int LastPort = 30_000;

    private readonly Lock _gate = new();
    private readonly List<FileLock> _held = [];
    private readonly ILogger _log;
    private readonly bool _keepsVolumes;
    private readonly string _ports = Path.Combine(Path.GetTempPath(), $"{Prefix}ports-{Environment.UserName}");

    private RunFolders(string temporary, FileLock held, bool keepsVolumes, ILogger log)
    {
        Temporary = temporary;
        _held.Add(held);
        _keepsVolumes = keepsVolumes;
        _log = log;
        Directory.CreateDirectory(_ports);
    }

    public string Temporary { get; }

    public static RunFolders Create(DistributedApplicationBuilder builder, ILoggerFactory loggers)
    {
        var log = loggers.CreateLogger<RunFolders>();
        Sweep(log);
        var temporary = Path.Combine(Path.GetTempPath(), $"{Prefix}{Path.GetRandomFileName()}");
        var held = FileLock.TryTake(temporary + ".lock") ?? throw new DistributedApplicationException($"{temporary} is taken");
        UserFolders.MakePrivate(Directory.CreateDirectory(temporary).FullName);
        return new RunFolders(temporary, held, keepsVolumes: !builder.IsTest, log);
    }

    /// <summary>The folder behind a resource's data volume, or a temporary one that ends with the run.</summary>
    public (string Path, bool LivesOn) DataFolder(IResource resource)
    {
        var volume = resource.Annotations.OfType<ContainerMountAnnotation>().LastOrDefault(mount => mount.Type == ContainerMountType.Volume);
        if (volume is null || !_keepsVolumes)
            return (Private(Path.Combine(Temporary, resource.Name)), LivesOn: false);

        var folder = Private(Path.Combine(UserFolders.Data, "volumes", volume.Source!));
        var held = FileLock.TryTake(Path.Combine(folder, "in-use.lock"))
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
            if (FileLock.TryTake(Path.Combine(_ports, $"{port}")) is not { } held)
                continue;
            if (IsFree(port))
            {
                lock (_gate)
                    _held.Add(held);
                return port;
            }

            held.Dispose();
        }

        throw new DistributedApplicationException($"no free port between {FirstPort} and {LastPort}");
    }

    public static bool IsFree(int port)
    {
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            try
            {
                using var listener = new TcpListener(address, port);
                listener.Start();
            }
            catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return false;
            }
            catch (SocketException)
            {
                // a machine without IPv6 has nobody on that address either
                continue;
            }
        }

        return true;
    }

    public void Dispose()
    {
        Delete(Temporary, _log);
        foreach (var held in _held)
            held.Dispose();
        Delete(Temporary + ".lock", _log);
    }

    // runs that were killed could not clean up; their lock is free now
    private static void Sweep(ILogger log)
    {
        foreach (var file in Directory.EnumerateFiles(Path.GetTempPath(), $"{Prefix}*.lock"))
        {
            try
            {
                using var held = FileLock.TryTake(file);
                if (held is null)
                    continue;
                Delete(file[..^".lock".Length], log);
                Delete(file, log);
            }
            catch (UnauthorizedAccessException)
            {
                // another user's run: not ours to clean
                continue;
            }
        }
    }

    private static void Delete(string path, ILogger log)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }
        catch (IOException failure)
        {
            // a dying server may still write; the next run sweeps the rest
            log.LogDebug(failure, "{Path} stays for the next run", path);
        }
    }

    private static string Private(string folder)
    {
        UserFolders.MakePrivate(Directory.CreateDirectory(folder).FullName);
        return folder;
    }
}
