using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Aspire.Hosting;

namespace LocalAspire.Tests;

/// <summary>The stand-in is no larger than what is used of it, and says what that is.</summary>
public partial class SurfaceTests
{
    private const int MaxLines = 2_500;

    private static readonly string Root = Path.GetFullPath(Path.Combine(Projects.ChatLab_AppHost.ProjectPath, "..", "..", "..", ".."));
    private static readonly string[] Product = ["TheBot.AppHost", "TheBot.ChatApi", "TheBot.Migrator", "TheBot.ServiceDefaults", "TheBot.Tests"];

    [Fact]
    public async Task The_README_lists_the_signatures_that_the_product_uses()
    {
        var file = Path.Combine(Root, "LocalAspire", "README.md");
        var readme = await File.ReadAllTextAsync(file);
        var fresh = string.Join('\n', UsedSignatures.Of(Product.Select(Assembly)).GroupBy(line => line.Split(": ")[0])
            .Select(type => $"{type.Key}\n{string.Join('\n', type.Select(line => $"    {line[(type.Key.Length + 2)..]}"))}"));
        Assert.Contains("IResourceBuilder<ProjectResource> WithReplicas(IResourceBuilder<ProjectResource>, int)", fresh, StringComparison.Ordinal);

        if (Environment.GetEnvironmentVariable("LOCAL_ASPIRE_WRITE_SIGNATURES") == "1")
            await File.WriteAllTextAsync(file, readme = Block().Replace(readme, match => $"{match.Groups[1].Value}{fresh}\n{match.Groups[3].Value}"));
        Assert.True(fresh == Block().Match(readme).Groups[2].Value.TrimEnd('\n'),
            $"LocalAspire/README.md is stale: run this test with LOCAL_ASPIRE_WRITE_SIGNATURES=1. What is used:\n{fresh}");
    }

    [Fact]
    public void Nothing_can_be_called_in_an_AppHost_or_a_test_that_nobody_calls()
    {
        var used = UsedSignatures.Of([.. Product.Select(Assembly), Assembly("ChatLab.AppHost"), Assembly("ChatLab.Api"), typeof(SurfaceTests).Assembly.Location]).Select(line => line.Split('(')[0].Split(' ')[^1]).ToHashSet();
        var offered = new[] { typeof(DistributedApplication).Assembly, System.Reflection.Assembly.Load("LocalAspire.Client") }.SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type is { IsAbstract: true, IsSealed: true }).SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)).Select(method => method.Name).ToArray();
        Assert.Contains("AddPostgres", offered);
        Assert.DoesNotContain(offered, name => !used.Contains(name));
    }

    [Fact]
    public void The_stand_in_is_small()
    {
        var lines = new[] { "Hosting", "Client", "Garnet" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, "LocalAspire", folder), "*.cs", SearchOption.AllDirectories))
            .Sum(file => File.ReadLines(file).Count());
        Assert.InRange(lines, 1_000, MaxLines - 1);
    }

    // with -p:AspireFrom=feed the repository is an ordinary Aspire solution: where the feed has not these packages, nothing else is wrong with it
    [Fact]
    public async Task Built_for_a_feed_with_Aspire_nothing_is_missing_but_its_packages()
    {
        var start = new ProcessStartInfo("dotnet", ["restore", "TheBot.sln", "-p:AspireFrom=feed", "-v", "q", "-tl:off", "--nologo"]) { WorkingDirectory = Root, RedirectStandardOutput = true };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var restore = Process.Start(start)!;
        var output = await restore.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(3));
        await restore.WaitForExitAsync();
        var errors = output.Split('\n').Where(line => line.Contains(": error ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(restore.ExitCode != 0, errors.Length > 0);
        Assert.DoesNotContain(errors, line => !WantOfPackage().IsMatch(line));
    }

    // ".../bin/LocalAspire.Tests/debug/" lies beside ".../bin/TheBot.ChatApi/debug/"
    private static string Assembly(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, $"{project}.dll");
    }

    [GeneratedRegex("(<!-- signatures -->\n```\n)(.*?)(```)", RegexOptions.Singleline)]
    private static partial Regex Block();

    // "error NU1102: Unable to find package Aspire.Hosting.Redis with version (= 13.5.2)", "error NU1102:   - Found 1 version(s) in ...", an SDK that is not found
    [GeneratedRegex(@"error (NU110[0-3]:( Unable to find package Aspire\.|   - Found )|MSB4236: .*Aspire\.AppHost\.Sdk)|(Aspire\.AppHost\.Sdk.*could not be (found|resolved))")]
    private static partial Regex WantOfPackage();
}
