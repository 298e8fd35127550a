namespace TheBot.Migrator.CommandLine;

/// <summary>What the process says when it ends; the same for every verb, so that scripts can rely on it.</summary>
internal enum ExitCode
{
    /// <summary>Done, or nothing to do.</summary>
    Done = 0,

    /// <summary>Not done: the database, the surroundings or the operator said no. One line on stderr says why.</summary>
    Failed = 1,

    /// <summary>The command line makes no sense; nothing was tried.</summary>
    BadArguments = 2,

    /// <summary>Done, and it found something that somebody should look at.</summary>
    ProblemsFound = 3,
}
