namespace TheBot.Tests.Support;

/// <summary>A test that takes long, and runs only where somebody asks for it by an environment variable.</summary>
public sealed class OnRequestFactAttribute : FactAttribute
{
    /// <param name="variable">Set = the test runs.</param>
    public OnRequestFactAttribute(string variable)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable))) Skip = $"only where {variable} is set (docs/testing.md)";
    }
}
