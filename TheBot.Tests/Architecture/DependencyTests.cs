using System.Xml.Linq;
using NetArchTest.Rules;

namespace TheBot.Tests.Architecture;

/// <summary>The order of projects and folders that docs/message-path.md relies on: data flows one way, and no folder points back up.</summary>
public class DependencyTests
{
    private const string ChatApi = "TheBot.ChatApi";

    /// <summary>Each folder of the API with the folders above it, which it must not know.</summary>
    public static TheoryData<string, string[]> Folders => new()
    {
        { "Observability", ["Auth", "Roster", "Rooms", "Messages", "Forum", "Delivery", "Transports", "Http"] },
        { "Limits", ["Http", "Auth", "Roster", "Rooms", "Messages", "Forum", "Delivery", "Transports"] },
        { "Http", ["Auth", "Roster", "Rooms", "Messages", "Forum", "Delivery", "Transports"] },
        { "Auth", ["Roster", "Rooms", "Messages", "Forum", "Delivery", "Transports"] },
        { "Roster", ["Rooms", "Messages", "Forum", "Delivery", "Transports"] },
        { "Media", ["Roster", "Rooms", "Messages", "Forum", "Delivery", "Transports"] },
        { "Rooms", ["Messages", "Forum", "Delivery", "Transports"] },
        { "Messages", ["Forum", "Delivery", "Transports"] },
        { "Forum", ["Delivery", "Transports"] },
        { "Delivery", ["Forum", "Transports"] },
    };

    public static TheoryData<string, string[]> Projects => new()
    {
        { "TheBot.Contracts", [] },
        { "TheBot.Client", ["TheBot.Contracts"] },
        { "TheBot.Data", ["TheBot.Contracts"] },
        { "TheBot.ServiceDefaults", [] },
        { "TheBot.ChatApi", ["TheBot.Data", "TheBot.ServiceDefaults"] },
        { "TheBot.Migrator", ["TheBot.Data", "TheBot.ServiceDefaults"] },
        { "TheBot.AppHost", ["TheBot.ChatApi", "TheBot.Migrator"] },
    };

    [Theory]
    [MemberData(nameof(Folders))]
    public void No_folder_points_back_up(string folder, string[] above)
    {
        var types = Types.InAssembly(typeof(ChatApi.Auth.Identity).Assembly);
        Assert.NotEmpty(types.That().ResideInNamespace($"{ChatApi}.{folder}").GetTypes());

        var result = types.That().ResideInNamespace($"{ChatApi}.{folder}").ShouldNot().HaveDependencyOnAny([.. above.Select(a => $"{ChatApi}.{a}")]).GetResult();

        Assert.True(result.IsSuccessful, $"{folder} knows a folder above it: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [Theory]
    [InlineData("StackExchange.Redis", new[] { "Delivery", "Transports.SignalR" })]
    [InlineData("System.Net.WebSockets", new[] { "Transports" })]
    [InlineData("Microsoft.AspNetCore.SignalR", new[] { "Transports" })]
    public void A_technology_stays_in_its_folder(string technology, string[] folders)
    {
        var elsewhere = Types.InAssembly(typeof(ChatApi.Auth.Identity).Assembly).That().ResideInNamespace(ChatApi);
        foreach (var folder in folders) elsewhere = elsewhere.And().DoNotResideInNamespace($"{ChatApi}.{folder}");

        var result = elsewhere.ShouldNot().HaveDependencyOn(technology).GetResult();

        Assert.True(result.IsSuccessful, $"{technology} is used by {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_what_lies_below_it(string project, string[] below)
    {
        var file = Path.Combine(Repository.Root, project, project + ".csproj");
        var references = XDocument.Load(file).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.Equal(below.Order(StringComparer.Ordinal), references.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Contracts_depend_on_nothing() =>
        Assert.Empty(XDocument.Load(Path.Combine(Repository.Root, "TheBot.Contracts", "TheBot.Contracts.csproj")).Descendants("PackageReference"));
}
