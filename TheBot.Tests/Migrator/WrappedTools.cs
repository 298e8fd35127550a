namespace TheBot.Tests.Migrator;

/// <summary>The installed pg_dump and pg_restore behind a script each, which does something before it hands over.</summary>
internal static class WrappedTools
{
    /// <summary>Writes them below a folder; answers the PATH on which they are found first.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="first">What a call does first, in the shell's words; asking for the version does not count.</param>
    public static async Task<string> WriteAsync(DirectoryInfo folder, string first)
    {
        var tools = folder.CreateSubdirectory("tools").FullName;
        foreach (var program in new[] { "pg_dump", "pg_restore" })
        {
            var script = Path.Combine(tools, program);
            await File.WriteAllTextAsync(
                script,
                $"""
                #!/bin/sh
                if [ "$1" != --version ]; then {first}; fi
                exec '{PostgresServer.FindBinaries(program)}/{program}' "$@"

                """);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return $"{tools}:{Environment.GetEnvironmentVariable("PATH")}";
    }
}
