using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Transports.SignalR;
using TheBot.ChatApi.Transports.WebSockets;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.V1;

/// <summary>docs/protocol.md names everything that the wire knows, and its examples are JSON.</summary>
public class ProtocolDocumentTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "protocol.md"));

    private static readonly IReadOnlyList<JsonObject> Examples =
        [.. Regex.Matches(Text, "```json\n(.*?)\n```", RegexOptions.Singleline).Select(m => JsonNode.Parse(m.Groups[1].Value)!.AsObject())];

    public static TheoryData<string> Types => [.. Constants<string>(typeof(V1Type))];

    public static TheoryData<string> ErrorCodes => [.. Constants<string>(typeof(ErrorCode))];

    public static TheoryData<int> CloseCodes => [.. Constants<int>(typeof(CloseCode))];

    public static TheoryData<string> HubMethods => [.. typeof(IChatClient).GetMethods().Concat(ChatHubsOwn()).Select(m => m.Name).Distinct()];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_of_v1_has_an_example(string type) => Assert.Contains(Examples, e => (string?)e["type"] == type);

    [Theory]
    [MemberData(nameof(ErrorCodes))]
    public void Every_error_code_has_a_line(string code) => Assert.Contains($"\n| `{code}` | ", Text, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(CloseCodes))]
    public void Every_close_code_has_a_line(int code) => Assert.Contains($"\n| {code.ToString(CultureInfo.InvariantCulture)} | ", Text, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(HubMethods))]
    public void Every_method_of_the_hub_is_named(string method) => Assert.Contains($"`{method}(", Text, StringComparison.Ordinal);

    [Fact]
    public void The_message_object_is_the_one_of_the_wire()
    {
        var at = new DateTimeOffset(2026, 1, 6, 12, 0, 0, TimeSpan.Zero);
        var message = new ChatMessage { Id = 1, Room = 1, Sender = new(1, "", ""), Content = "", CreatedAt = at, UpdatedAt = at, Seq = 1 };

        var example = Examples.First(e => e.ContainsKey("sender_name"));

        Assert.Equal(JsonNode.Parse(WireJson.Utf8(message))!.AsObject().Select(f => f.Key), example.Select(f => f.Key));
    }

    [Fact]
    public void The_greetings_limits_are_those_of_the_defaults()
    {
        var options = new V1Options();
        var limits = Examples.First(e => (string?)e["type"] == V1Type.Ready)["data"]!["limits"]!;

        Assert.Equal(
            (ChatLimits.ContentMaxLength, ChatLimits.FrameMaxBytes, options.RoomsMax, ChatLimits.HistoryOnConnect, options.HeartbeatEvery.TotalSeconds),
            ((int)limits["content_max_length"]!, (int)limits["frame_max_bytes"]!, (int)limits["rooms_max"]!, (int)limits["history_on_subscribe"]!, (double)limits["heartbeat_seconds"]!));
        var own = new LimitOptions();
        Assert.Equal(
            (own.MessagesPerSecond, own.MessagesBurst, own.SocketsPerPerson),
            ((int)limits["messages_per_second"]!, (int)limits["messages_burst"]!, (int)limits["sockets_per_person"]!));
    }

    [Fact]
    public void Every_limit_that_can_be_set_is_named()
    {
        foreach (var option in typeof(LimitOptions).GetProperties()) Assert.Matches($"`({LimitOptions.Section}:)?{option.Name}`", Text);
    }

    /// <summary>What the hub's clients may call, without what it inherits.</summary>
    private static IEnumerable<MethodInfo> ChatHubsOwn() =>
        typeof(ChatHub).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(m => m.GetBaseDefinition() == m);

    private static IEnumerable<T> Constants<T>(Type of) =>
        of.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral && f.FieldType == typeof(T)).Select(f => (T)f.GetRawConstantValue()!);
}
