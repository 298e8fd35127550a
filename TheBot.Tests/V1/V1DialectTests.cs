using System.Text;
using System.Text.Json.Nodes;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Transports.WebSockets;
using TheBot.Contracts;
using TheBot.Contracts.V1;
using TheBot.Data.Log;
using TheBot.Data.Schema;

namespace TheBot.Tests.V1;

/// <summary>Every line of a room's log has a v1 frame, because clients find gaps by seq.</summary>
public class V1DialectTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 6, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<RoomEventKind> Kinds => [.. Enum.GetValues<RoomEventKind>(), (RoomEventKind)12345];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_of_event_has_a_frame_with_its_seq(RoomEventKind kind)
    {
        var message = new ChatMessage { Id = 1, Room = 5, Seq = 3, Sender = new TheBot.Contracts.Person(1, "Анна Петрова", "teacher"), Content = "да", CreatedAt = At, UpdatedAt = At };
        var frame = Read(V1Dialect.Instance.Render(new RoomEvent(5, 7, kind, At, 1, 2, WireJson.Utf8(message)) { Extra = """{"emoji":"👍","deleted_by_role":"author"}"""u8.ToArray() }));

        Assert.Equal((5, 7, "2026-01-06T12:00:00Z"), ((long)frame["room"]!, (long)frame["seq"]!, (string)frame["ts"]!));
        Assert.NotNull((string?)frame["type"]);
        Assert.NotNull(frame["data"]);
    }

    [Theory]
    [InlineData(RoomEventKind.MessageCreated, V1Type.MessageCreated, """{"message":{"id":1}}""", """{"id":1}""")]
    [InlineData(RoomEventKind.MemberAdded, V1Type.MemberAdded, """{"user":{"id":2}}""", """{"user":{"id":2}}""")]
    [InlineData(RoomEventKind.MemberRemoved, V1Type.MemberRemoved, """{"user":{"id":2}}""", """{"user":{"id":2}}""")]
    [InlineData(RoomEventKind.RoomUpdated, V1Type.RoomUpdated, """{"name":"Физика"}""", """{"name":"Физика"}""")]
    [InlineData((RoomEventKind)12345, V1Type.Event, """{"kind":12345}""", """{"secret":1}""")]
    public void An_event_says_what_its_kind_has_to_say(RoomEventKind kind, string type, string data, string logged)
    {
        var frame = Read(V1Dialect.Instance.Render(new RoomEvent(5, 7, kind, At, null, null, Encoding.UTF8.GetBytes(logged))));

        Assert.Equal(type, (string)frame["type"]!);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(data), frame["data"]), frame.ToJsonString());
    }

    [Fact]
    public void A_dialect_has_a_slot_of_its_own()
    {
        IDialect[] dialects = [SeedDialect.Instance, TheBot.ChatApi.Transports.SignalR.HubDialect.Instance, V1Dialect.Instance];

        Assert.Equal(dialects.Length, dialects.Select(d => d.Slot).Distinct().Count());
        Assert.All(dialects, d => Assert.InRange(d.Slot, 0, IDialect.Slots - 1));
    }

    [Fact]
    public void Hints_may_be_left_out_for_a_slow_reader_and_events_may_not()
    {
        var hint = V1Dialect.Instance.Render(new Ephemeral(5, EphemeralKind.Typing, new EphemeralPerson(1, "u", "Анна", "Петрова", "teacher")))!;
        var happened = V1Dialect.Instance.Render(new RoomEvent(5, 7, RoomEventKind.RoomUpdated, At, null, null, "{}"u8.ToArray()))!;

        Assert.True(hint.IsEphemeral);
        Assert.False(happened.IsEphemeral);
        Assert.Equal("Анна Петрова", (string)Read(hint)["data"]!["user"]!["full_name"]!);
    }

    private static JsonObject Read(OutFrame? frame)
    {
        var bytes = Assert.IsType<RawFrame>(frame).Bytes.AsSpan();
        Assert.Equal(0x81, bytes[0]);
        return JsonNode.Parse(bytes[(bytes[1] < 126 ? 2 : 4)..])!.AsObject();
    }
}
