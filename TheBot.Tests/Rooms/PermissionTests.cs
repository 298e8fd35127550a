using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Rooms;

/// <summary>docs/permissions.md, line by line and mark by mark: every relation to a room of every kind, and every action. Through REST; a sample through the sockets and the hub.</summary>
[Collection(SharedGraph.Name)]
public sealed class PermissionTests(ChatGraph graph, Cast cast) : IClassFixture<Cast>
{
    /// <summary>The actions of the document's columns.</summary>
    private static readonly string[] Actions =
        ["read", "find", "members", "pins", "send", "react", "edit own", "edit other", "delete own", "delete other", "pin", "lock", "mute", "slow", "rename", "add", "mark"];

    private static readonly string[] Rooms = ["subject", "tutors", "locked", "ended", "general", "group", "direct"];

    private static readonly string[] People = ["student", "parent", "teacher", "tutor", "muted", "admin", "former", "stranger", "inactive"];

    /// <summary>The table of the document: room, person, and a mark for each action.</summary>
    public static TheoryData<string, string, string> Table
    {
        get
        {
            var table = new TheoryData<string, string, string>();
            foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "docs", "permissions.md")).SkipWhile(line => !line.StartsWith("| room | who |", StringComparison.Ordinal)).Skip(2))
            {
                var cells = line.Trim('|').Split('|', StringSplitOptions.TrimEntries);
                table.Add(cells[0], cells[1], string.Concat(cells[2..].Select(cell => cell.Trim('`'))));
            }

            return table;
        }
    }

    [Fact]
    public void The_document_has_a_line_for_everybody_in_every_room() =>
        Assert.Equal(Rooms.SelectMany(room => People.Select(who => $"{room} {who}")), Table.Select(line => $"{line[0]} {line[1]}"));

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Everybody_may_do_what_the_table_says_and_nothing_else(string room, string who, string marks)
    {
        Assert.Equal(Actions.Length, marks.Length);
        var (said, wanted) = (new StringBuilder(), new StringBuilder());
        for (var i = 0; i < Actions.Length; i++)
        {
            if (marks[i] == '.') continue;
            wanted.Append(Actions[i]).Append(' ').Append(marks[i]).Append('\n');
            using var answer = await TryAsync(Actions[i], room, who);
            said.Append(Actions[i]).Append(' ').Append(await MarkAsync(answer)).Append('\n');
        }

        Assert.Equal(wanted.ToString(), said.ToString());
    }

    [Fact]
    public async Task A_room_that_is_not_there_and_one_of_strangers_are_told_apart_by_nobody()
    {
        foreach (var action in Actions.Where(action => action is not ("edit own" or "delete own")))
        {
            using var foreign = await TryAsync(action, "subject", "stranger");
            using var missing = await TryAsync(action, "subject", "stranger", instead: 9_000_000_000);
            Assert.Equal($"{action} {foreign.StatusCode} {await WordsAsync(foreign)}", $"{action} {missing.StatusCode} {await WordsAsync(missing)}");
        }
    }

    [Theory]
    [InlineData("subject", "muted", "muted")]
    [InlineData("subject", "admin", "access_denied")]
    [InlineData("subject", "stranger", "access_denied")]
    [InlineData("subject", "former", "access_denied")]
    [InlineData("locked", "teacher", "read_only")]
    [InlineData("ended", "student", "read_only")]
    [InlineData("group", "admin", "access_denied")]
    [InlineData("general", "muted", "muted")]
    [InlineData("tutors", "teacher", "access_denied")]
    [InlineData("ended", "former", "access_denied")]
    public async Task Sockets_and_hub_ask_the_same(string room, string who, string code)
    {
        var (id, token) = (cast.Room(room), cast.Person(who).Token);
        await using var v1 = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws?token={token}", subprotocol: V1Protocol.Subprotocol);
        await v1.NextAsync(V1Type.Ready);
        await v1.SendAsync(new { type = "send", id = "s", room = id, data = new { client_id = Guid.NewGuid().ToString("N"), content = "?" } });
        Assert.Equal(code, (string)(await v1.NextAsync(V1Type.Error, f => (string?)f["id"] == "s"))["data"]!["code"]!);

        await using var hub = await ChatGraph.HubWithAsync(token, graph.Replicas[1]);
        var refused = await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync("SendMessage", id, new { content = "?" }));
        Assert.Contains($"{code}: ", refused.Message, StringComparison.Ordinal);

        if (code == "access_denied" && who != "admin") return; // these do not get as far as a frame: the seed's socket is closed with 4002
        if (room == "group") return;
        await using var seed = await ChatGraph.SeedAsync(cast.Person(who), id, graph.Replicas[0]);
        await seed.NextAsync("room_history");
        await seed.SendAsync(new { type = "chat_message", content = "?" });
        Assert.Equal(code, (string)(await seed.NextAsync("error"))["code"]!);
    }

    [Theory]
    [InlineData("subject", "parent", "student")]
    [InlineData("general", "teacher", "student")]
    [InlineData("ended", "student", "teacher")]
    [InlineData("group", "parent", "student")]
    public async Task Sockets_and_hub_moderate_no_more_than_rest(string room, string who, string author)
    {
        var (id, token, message) = (cast.Room(room), cast.Person(who).Token, cast.Kept(room, author));
        await using var v1 = await SeedSocket.ConnectAsync(graph.Replicas[0], $"/ws?token={token}", subprotocol: V1Protocol.Subprotocol);
        await v1.NextAsync(V1Type.Ready);
        foreach (var (type, data) in new (string, object)[] { ("delete", new { message_id = message }), ("pin", new { message_id = message }), ("lock", new { }) })
        {
            await v1.SendAsync(new { type, id = type, room = id, data });
            Assert.Equal("access_denied", (string)(await v1.NextAsync(V1Type.Error, f => (string?)f["id"] == type))["data"]!["code"]!);
        }

        await using var hub = await ChatGraph.HubWithAsync(token, graph.Replicas[1]);
        foreach (var (method, arguments) in new (string, object[])[] { ("DeleteMessage", [id, message]), ("Pin", [id, message, true]), ("LockRoom", [id, true]) })
        {
            var refused = await Assert.ThrowsAsync<HubException>(() => hub.InvokeCoreAsync(method, arguments));
            Assert.Contains("access_denied: ", refused.Message, StringComparison.Ordinal);
        }
    }

    private async Task<HttpResponseMessage> TryAsync(string action, string roomName, string who, long? instead = null)
    {
        var (rest, room) = (cast.Rest(who), $"/api/v1/rooms/{instead ?? cast.Room(roomName)}");
        var other = roomName == "direct" ? (who == "teacher" ? "parent" : "teacher") : "victim";
        var victim = cast.Person(other).Id;
        string Message(long id) => $"{room}/messages/{id}";
        switch (action)
        {
            case "read": return await rest.GetAsync($"{room}/messages");
            case "find": return await rest.GetAsync(room);
            case "members": return await rest.GetAsync($"{room}/members");
            case "pins": return await rest.GetAsync($"{room}/pins");
            case "send": return await rest.PostAsJsonAsync($"{room}/messages", new { content = "можно?" });
            case "react": return await rest.PutAsync($"{Message(cast.Kept(roomName, other))}/reactions/{Uri.EscapeDataString("👍")}", null);
            case "edit own": return await rest.PatchAsJsonAsync(Message(cast.Kept(roomName, who)), new { content = $"иначе {Guid.NewGuid()}" });
            case "edit other": return await rest.PatchAsJsonAsync(Message(cast.Kept(roomName, other)), new { content = "чужое" });
            case "delete own": return await rest.DeleteAsync(Message(cast.Fresh(roomName, who)));
            case "delete other": return await rest.DeleteAsync(Message(other == "victim" ? cast.Fresh(roomName, other) : cast.Kept(roomName, other)));
            case "pin": return await rest.PutAsync($"{Message(cast.Kept(roomName, other))}/pin", null);
            case "slow": return await rest.PutAsJsonAsync($"{room}/slow-mode", new { seconds = 0 });
            case "rename": return await rest.PatchAsJsonAsync(room, new { name = "Поход в лес" });
            case "add": return await rest.PutAsync($"{room}/members/{cast.Person("student").Id}", null);
            case "mark": return await rest.PutAsJsonAsync($"{room}/read", new { seq = 1 });
            case "lock": return await UndoneAsync(await rest.PutAsync($"{room}/lock", null), roomName == "locked" ? null : () => rest.DeleteAsync($"{room}/lock"));
            case "mute":
                var mute = $"{room}/members/{victim}/mute";
                return await UndoneAsync(await rest.PutAsJsonAsync(mute, new { until = DateTimeOffset.UtcNow.AddHours(1) }), () => rest.DeleteAsync(mute));
            default: throw new ArgumentOutOfRangeException(nameof(action), action, null);
        }
    }

    private static async Task<HttpResponseMessage> UndoneAsync(HttpResponseMessage answer, Func<Task<HttpResponseMessage>>? undo)
    {
        if (!answer.IsSuccessStatusCode || undo is null) return answer;
        using var undone = await undo();
        Assert.True(undone.IsSuccessStatusCode, await undone.Content.ReadAsStringAsync());
        return answer;
    }

    private static async Task<string> WordsAsync(HttpResponseMessage answer)
    {
        var problem = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        problem.Remove("trace_id"); // a number of the request
        return problem.ToJsonString();
    }

    private static async Task<string> MarkAsync(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode) return "+";
        var problem = await answer.Content.ReadFromJsonAsync<JsonObject>();
        return ((int)answer.StatusCode, (string)problem!["code"]!) switch
        {
            (403, "access_denied") => "-",
            (403, "muted") => "m",
            (403, "read_only") => "r",
            (404, "not_found") when (string)problem["detail"]! == "No such room, or no access to it." => "0",
            (401, "not_authenticated") => "u",
            var other => $"{other}",
        };
    }
}
