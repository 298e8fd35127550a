using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using TheBot.Contracts;
using TheBot.Contracts.V1;

namespace TheBot.Tests.Observability;

/// <summary>What a collector gets to see: that it works, and nothing of what people say, who they are and what lets them in.</summary>
[Collection(ScratchPostgresTests.Name)]
public class SilenceTests(ScratchPostgres postgres)
{
    private const string Text = "zeisig-text-канарейка";
    private const string FirstName = "Zeisigfirst";
    private const string LastName = "Zeisiglast";
    private const string WrongPassword = "zeisig-wrong-password";

    /// <summary>Not hexadecimal only by its beginning, so that it is looked up and not known.</summary>
    private const string UnknownToken = "2e15162e15162e15162e15162e15162e15162e15";

    [Fact]
    public async Task No_text_token_name_or_password_reaches_telemetry_or_the_console_whatever_people_do()
    {
        await using var sink = await OtlpSink.StartAsync();
        await using var school = await ApiSchool.OpenAsync(postgres, [.. sink.Settings, ("Chat__Writer__Patience", "00:00:01")]);
        var (room, student, teacher) = await school.ClassAsync();
        await school.School.ExecuteAsync("UPDATE users SET first_name = $1, last_name = $2", FirstName, LastName);
        await school.School.ExecuteAsync("UPDATE users SET username = 'zeisig-' || username");
        var username = $"zeisig-{student.Username}";
        using var rest = school.Api.Rest(student.Token);
        using var stranger = school.Api.Rest();

        // in by password, rightly and wrongly, and by a token in every place where one may stand
        var login = await LoginAsync(stranger, username, ApiSchool.Password);
        Assert.NotNull(login);
        Assert.Null(await LoginAsync(stranger, username, WrongPassword));
        Assert.Null(await LoginAsync(stranger, "zeisig-nobody", WrongPassword));
        await using var inQuery = await school.SeedAsync(student, room);
        await using var unknown = await SeedSocket.ConnectAsync(school.Api.Address, $"/ws/chat/{room}/?token={UnknownToken}");
        Assert.Equal(CloseCode.NotAuthenticated, await unknown.CloseCodeAsync());
        await using var inFrame = await school.V1Async(teacher, byFrame: true);
        (await stranger.GetAsync($"/ws/chat/{room}/?token={student.Token}&authorization=Token%20{student.Token}")).Dispose();
        (await stranger.GetAsync($"/api/v1/rooms?token={student.Token}")).Dispose();
        await using var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(school.Api.Address, "/hubs/chat"), options => options.AccessTokenProvider = () => Task.FromResult<string?>(student.Token))
            .Build();
        await hub.StartAsync(Deadline.Token());

        // a chat, by every door
        await inFrame.SendAsync(new { type = V1Type.Subscribe, room, data = new { } });
        await inFrame.NextAsync(V1Type.Subscribed);
        await inQuery.SendAsync(new { type = "chat_message", content = $"{Text} 1" });
        await inQuery.NextAsync("message_sent");
        await hub.InvokeAsync<JsonElement>("SendMessage", room, new SendMessageRequest($"{Text} 2", "zeisig-client-id"), Deadline.Token());
        using (var sent = await rest.PostAsJsonAsync($"/api/v1/rooms/{room}/messages", new { content = $"{Text} 3", client_id = "zeisig-client-id-3" }))
        {
            sent.EnsureSuccessStatusCode();
        }

        await inFrame.NextAsync(V1Type.MessageCreated, frame => ((string?)frame["data"]!["message"]!["content"])?.EndsWith('3') == true);
        await inQuery.SendAsync(new { type = "typing" });

        // and everything that goes wrong
        await inQuery.SendTextAsync($"{{\"content\": {Text}");
        await inQuery.NextAsync("error");
        await inQuery.SendAsync(new { type = "chat_message", content = $"{Text}\0" });
        await inQuery.NextAsync("error");
        using (var broken = new StringContent($"{{\"content\": {Text}", Encoding.UTF8, "application/json"))
        {
            (await rest.PostAsync($"/api/v1/rooms/{room}/messages", broken)).Dispose();
        }

        await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync<JsonElement>("SendMessage", 4711L, new SendMessageRequest(Text, "zeisig-other"), Deadline.Token()));
        await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync("Subscribe", Text, Text, Deadline.Token()));
        await school.School.ExecuteAsync("ALTER TABLE messages RENAME TO messages_gone");
        await inQuery.SendAsync(new { type = "chat_message", content = $"{Text} 4" });
        await inQuery.NextAsync("error");
        await school.Api.StopAsync();

        // not because nothing was sent
        foreach (var span in new[] { "chat.send", "chat.commit", "chat.fan_out", "chat.deliver", "thebot.room.id", "/api/auth/login/", "postgresql" })
            Assert.Contains(span, sink.Traces, StringComparison.Ordinal);
        foreach (var metric in new[]
        {
            "thebot.chat.delivery.lag", "thebot.chat.connections", "thebot.chat.writer.batch_size", "thebot.chat.writer.batch_duration", "thebot.chat.sweeper.lag", "thebot.chat.redis.up",
        })
            Assert.Contains(metric, sink.Metrics, StringComparison.Ordinal);
        Assert.Contains("The bell rings", sink.Logs, StringComparison.Ordinal);
        Assert.Contains("42P01", sink.Logs, StringComparison.Ordinal); // there is no such table

        foreach (var secret in new[] { "zeisig", "канарейка", FirstName, LastName, ApiSchool.StoredPassword, UnknownToken, student.Token, teacher.Token, login })
        {
            foreach (var (where, what) in new[] { ("traces", sink.Traces), ("logs", sink.Logs), ("metrics", sink.Metrics), ("console", school.Api.Output) })
            {
                var at = what.IndexOf(secret, StringComparison.OrdinalIgnoreCase);
                Assert.True(at < 0, $"'{secret}' is in the {where}: {(at < 0 ? "" : what[Math.Max(0, at - 200)..Math.Min(what.Length, at + 100)])}");
            }
        }
    }

    private static async Task<string?> LoginAsync(HttpClient client, string username, string password)
    {
        using var answer = await client.PostAsJsonAsync("/api/auth/login/", new { username, password });
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return json.TryGetProperty("data", out var data) ? data.GetProperty("token").GetString() : null;
    }
}
