namespace TheBot.Migrator.Commands.Preflight;

/// <summary>How one line of the checklist ended.</summary>
internal enum CheckState
{
    Ok,

    /// <summary>A deploy can go on; somebody should look.</summary>
    Warn,

    /// <summary>A deploy must not go on.</summary>
    Fail,
}

/// <summary>One line of the checklist.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="State">How it ended.</param>
/// <param name="Finding">What was seen.</param>
/// <param name="ToDo">What to do about it; null where all is well.</param>
internal sealed record Check(string Name, CheckState State, string Finding, string? ToDo = null)
{
    public static Check Ok(string name, string finding) => new(name, CheckState.Ok, finding);

    public static Check Warn(string name, string finding, string toDo) => new(name, CheckState.Warn, finding, toDo);

    public static Check Fail(string name, string finding, string toDo) => new(name, CheckState.Fail, finding, toDo);
}
