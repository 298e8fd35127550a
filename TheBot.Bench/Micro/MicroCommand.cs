using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace TheBot.Bench.Micro;

/// <summary><c>micro</c>: BenchmarkDotNet on the steps of the hot path.</summary>
internal static class MicroCommand
{
    public static Command Create()
    {
        var filter = new Option<string[]>("--filter") { Description = "of BenchmarkDotNet", DefaultValueFactory = _ => ["*"], AllowMultipleArgumentsPerToken = true };
        var command = new Command("micro", "Time and bytes of parsing, serialising, fan-out and appending, each alone") { filter };
        command.SetAction((asked, _) =>
        {
            // in this process: a project that BenchmarkDotNet generates would not find how this repository is built
            var config = ManualConfig.Create(DefaultConfig.Instance)
                .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "thebot-bench"));
            BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(["--filter", .. asked.GetValue(filter)!], config);
            return Task.FromResult(0);
        });
        return command;
    }
}
