using System.Text.Json.Nodes;
using TheBot.Contracts;
using Person = TheBot.Tests.Support.Person;

namespace TheBot.Tests.Graph;

/// <summary>The seed's second socket, which tells a person of what happens to themselves.</summary>
[Collection(SharedGraph.Name)]
public sealed class NotificationSocketTests(ChatGraph graph)
{
    [Fact]
    public async Task A_person_is_told_of_rooms_they_come_into_and_are_out_of_and_of_nobody_elses()
    {
        var (school, other) = (await graph.NewClassAsync(), await graph.NewPersonAsync("parent"));
        await using var theirs = await OpenAsync(other, other.Id);
        await using var guardians = await OpenAsync(school.Guardian, school.Guardian.Id);
        using var admin = await graph.RestAsync("demo.admin", graph.Replicas[1]);

        foreach (var person in new[] { school.Guardian, other })
        {
            var relation = $"/api/v1/roster/students/{school.Student.Id}/guardians/{person.Id}";
            using var put = await admin.PutAsync(relation, null, Deadline.Token());
            using var deleted = await admin.DeleteAsync(relation, Deadline.Token());
            Assert.True(put.IsSuccessStatusCode && deleted.IsSuccessStatusCode);
        }

        await theirs.NextAsync("notification", f => (string)f["data"]!["event"]! == "room_removed");
        Assert.Equal(
            [$$$"""{"type":"notification","data":{"event":"room_added","chat_id":{{{school.SubjectRoom}}}}}""", $$$"""{"type":"notification","data":{"event":"room_removed","chat_id":{{{school.SubjectRoom}}}}}"""],
            theirs.Seen.Where(f => (string)f["type"]! == "notification").Select(f => f.ToJsonString()));
        await guardians.NextAsync("notification");
        Assert.Equal(["room_removed"], guardians.Seen.Where(f => (string)f["type"]! == "notification").Select(f => (string)f["data"]!["event"]!));
    }

    [Fact]
    public async Task It_listens_to_nothing_but_a_ping_and_ends_with_the_login()
    {
        var person = await graph.NewPersonAsync("student");
        await using var socket = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws/notifications/{person.Id}");
        await socket.SendAsync(new { type = "auth", token = person.Token });
        await socket.NextAsync("auth_success");
        await socket.SendTextAsync("{nonsense");
        await socket.SendAsync(new { type = "subscribe", data = new { channel = "chat" } });
        await socket.SendAsync(new { type = "ping" });
        await socket.NextAsync("pong");
        Assert.Equal(["auth_success", "pong"], socket.Seen.Select(f => (string)f["type"]!));

        using var rest = graph.Rest(person, graph.Replicas[1]);
        using var loggedOut = await rest.PostAsync("/api/v1/auth/logout", null, Deadline.Token());
        Assert.Equal(CloseCode.NotAuthenticated, await socket.CloseCodeAsync());
    }

    [Fact]
    public async Task Somebody_elses_notifications_are_refused_as_a_room_without_access()
    {
        var (person, other) = (await graph.NewPersonAsync("student"), await graph.NewPersonAsync("student"));
        foreach (var user in new[] { $"{other.Id}", "0", "me", "99999999999999999999" })
        {
            await using var refused = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws/notifications/{user}/?token={person.Token}");
            Assert.Equal(CloseCode.NoAccess, await refused.CloseCodeAsync());
            Assert.Empty(refused.Seen);
        }

        await using var nobody = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws/notifications/{person.Id}/?token={new string('0', 40)}");
        Assert.Equal(CloseCode.NotAuthenticated, await nobody.CloseCodeAsync());
    }

    /// <summary>An answered ping says that it is open: nobody is greeted there.</summary>
    private async Task<SeedSocket> OpenAsync(Person person, long user)
    {
        var socket = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws/notifications/{user}/?token={person.Token}");
        await socket.SendAsync(new { type = "ping" });
        await socket.NextAsync("pong");
        return socket;
    }
}
