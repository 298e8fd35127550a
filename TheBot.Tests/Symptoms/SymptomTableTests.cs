using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace TheBot.Tests.Symptoms;

/// <summary>docs/symptoms.md: what people saw go wrong in the replaced system, and for each the tests that repeat the steps.</summary>
public sealed partial class SymptomTableTests
{
    private static readonly List<(int Number, string[] Tests)> Lines =
    [
        .. Line().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "symptoms.md"))).Select(line => (
            int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture),
            TestName().Matches(line.Groups[2].Value).Select(test => test.Groups[1].Value).ToArray())),
    ];

    [Fact]
    public void The_lines_leave_no_gap_and_each_names_a_test()
    {
        Assert.Equal(Enumerable.Range(1, 33), Lines.Select(line => line.Number));
        Assert.All(Lines, line => Assert.NotEmpty(line.Tests));
    }

    [Fact]
    public void Every_line_names_tests_that_run() => Assert.Empty(Lines.SelectMany(line => line.Tests).Except(Tests(_ => true)));

    [Fact]
    public void Every_test_of_a_symptom_has_a_line() => Assert.Empty(
        Tests(type => type.Namespace == typeof(SymptomTableTests).Namespace && type != typeof(SymptomTableTests)).Except(Lines.SelectMany(line => line.Tests)));

    private static IEnumerable<string> Tests(Func<Type, bool> of) =>
        from type in typeof(SymptomTableTests).Assembly.GetTypes()
        where of(type)
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        where method.IsDefined(typeof(FactAttribute), inherit: true)
        select $"{type.Name}.{method.Name}";

    /// <summary><c>| 7 | what people saw | what does the same |</c></summary>
    [GeneratedRegex(@"^\| (\d+) \| .+ \| (.+) \|$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex TestName();
}
