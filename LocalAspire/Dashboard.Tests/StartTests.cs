using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LocalAspire.Dashboard.Tests;

/// <summary>When there is a dashboard at all.</summary>
public class StartTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Under_test_there_is_none_unless_asked_for(bool isAskedFor)
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.TheBot_AppHost>(isAskedFor ? ["--LocalAspire:Dashboard=true"] : []);
        var ours = builder.Services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationFactory?.Method.Module.Assembly == typeof(DashboardHosting).Assembly);
        Assert.Equal(isAskedFor ? 1 : 0, ours.Count());
    }

    [Fact]
    public async Task A_busy_port_ends_the_AppHost_with_one_line_that_names_it()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();
        var port = ((IPEndPoint)occupant.LocalEndpoint).Port;
        var home = Directory.CreateTempSubdirectory("dashboard-home-");
        var start = new ProcessStartInfo("dotnet", [typeof(Projects.TheBot_AppHost).Assembly.Location])
        {
            WorkingDirectory = Projects.TheBot_AppHost.ProjectPath,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = home.FullName;
        start.Environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");
        using var appHost = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(DashboardGraph.Patience);
        var errors = await appHost.StandardError.ReadToEndAsync(deadline.Token);
        await appHost.WaitForExitAsync(deadline.Token);
        home.Delete(recursive: true);

        Assert.Equal(1, appHost.ExitCode);
        Assert.Equal($"error: port {port} of the dashboard (pages) is in use by another process: end that one or choose another port", errors.Trim());
    }
}
