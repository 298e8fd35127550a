using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Messages;

/// <summary>All doors lead to one writer: what was said at one is known at the others, on whichever replica.</summary>
[Collection(SharedReplicas.Name)]
public sealed class EveryDoorTests(TwoReplicas replicas)
{
    [Fact]
    public async Task A_client_id_is_one_message_at_every_door_and_with_another_text_a_conflict()
    {
        var (room, student, _) = await replicas.School.ClassAsync();
        await using var v1 = await replicas.School.V1Async(student, at: replicas.A);
        await using var seed = await replicas.School.SeedAsync(student, room, replicas.B);
        await using var hub = await TwoReplicas.HubAsync(student, replicas.B);
        using var rest = replicas.Second.Rest(student.Token);

        await v1.SendAsync(new { type = V1Type.Send, id = "1", room, data = new { client_id = "one", content = "раз" } });
        var stored = (await v1.NextAsync(V1Type.Ack))["data"]!["message"]!;
        var id = (long)stored["id"]!;

        await seed.SendAsync(new { type = "chat_message", content = "раз", client_id = "one" });
        Assert.Equal(id, (long)(await seed.NextAsync("message_sent"))["message_id"]!);
        Assert.Equal(id, (await hub.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest("раз", "one"), Deadline.Token())).Id);
        using var again = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "раз", client_id = "one" }, Deadline.Token());
        Assert.Equal((HttpStatusCode.OK, stored.ToJsonString()), (again.StatusCode, (await again.Content.ReadFromJsonAsync<JsonObject>(Deadline.Token()))!.ToJsonString()));

        await v1.SendAsync(new { type = V1Type.Send, id = "2", room, data = new { client_id = "one", content = "два" } });
        var byV1 = await v1.NextAsync(V1Type.Error);
        Assert.Equal(("2", ErrorCode.Conflict), ((string)byV1["id"]!, (string)byV1["data"]!["code"]!));
        await seed.SendAsync(new { type = "chat_message", content = "два", client_id = "one" });
        var bySeed = await seed.NextAsync("error");
        Assert.Equal(("one", ErrorCode.Conflict), ((string)bySeed["client_id"]!, (string)bySeed["code"]!));
        var byHub = await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync<ChatMessage>("SendMessage", room, new SendMessageRequest("два", "one"), Deadline.Token()));
        Assert.StartsWith($"{ErrorCode.Conflict}: ", byHub.Message, StringComparison.Ordinal);
        using var other = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = "два", client_id = "one" }, Deadline.Token());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);

        Assert.Equal(["раз"], await replicas.School.School.QueryAsync("SELECT content FROM messages WHERE room_id = $1", row => row.GetString(0), room));
    }
}
