using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using TheBot.Data.Media;

namespace TheBot.Tests.Media;

/// <summary>The replaced system's files under their old addresses: the whole path, for those who may read the message.</summary>
[Collection(ScratchPostgresTests.Name)]
public class MediaTests(ScratchPostgres postgres)
{
    private const string Homework = "chat/files/домашнее задание.pdf";
    private const string Photo = "chat/images/photo_1.png";

    [Fact]
    public async Task A_file_is_for_those_who_may_read_its_message_and_is_found_by_its_whole_path_only()
    {
        await using var school = await ApiSchool.OpenAsync(postgres);
        var (room, student, teacher) = await school.ClassAsync();
        var (stranger, administrator) = (await school.PersonAsync(), await school.PersonAsync(isAdministrator: true));
        var big = new byte[MediaStore.ChunkBytes + 1];
        "%PDF-1.7"u8.CopyTo(big);
        big[^1] = 7;
        await StoreAsync(school, Homework, big);
        await StoreAsync(school, Photo, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var message = await SayAsync(school, room, teacher.Id, file: Homework, image: Photo);
        var picture = await SayAsync(school, room, student.Id, file: null, image: "chat/images/gone.png");
        await school.School.ExecuteAsync("UPDATE users SET avatar = 'avatars/s.png' WHERE id = $1", student.Id);
        await StoreAsync(school, "avatars/s.png", "GIF89a"u8.ToArray());
        var address = "/media/" + Uri.EscapeDataString(Homework).Replace("%2F", "/", StringComparison.Ordinal);

        foreach (var reader in new[] { student, teacher, administrator })
        {
            using var client = school.Api.Rest(reader.Token);
            using var answer = await client.GetAsync(address);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(big, await answer.Content.ReadAsByteArrayAsync());
            Assert.Equal("application/pdf", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal(("attachment", "домашнее задание.pdf"), (answer.Content.Headers.ContentDisposition!.DispositionType, answer.Content.Headers.ContentDisposition.FileNameStar));
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        }

        // the address that the message object gives, with the token where a browser's picture can put it
        using var nobody = school.Api.Rest();
        using var member = school.Api.Rest(student.Token);
        var results = JsonNode.Parse(await member.GetStringAsync($"/api/v1/rooms/{room}/messages"))!["results"]!.AsArray();
        var told = results.Single(m => (long)m!["id"]! == message)!;
        Assert.Equal(
            ("домашнее задание.pdf", (long)big.Length, "document", true),
            ((string)told["file_name"]!, (long)told["file_size"]!, (string)told["file_type"]!, (bool)told["is_image"]!));
        using var byFile = await nobody.GetAsync($"{told["file_url"]}?token={student.Token}");
        using var byImage = await nobody.GetAsync($"{told["image_url"]}?token={student.Token}");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (byFile.StatusCode, byImage.StatusCode));
        Assert.Equal(("image/png", "inline"), (byImage.Content.Headers.ContentType!.MediaType, byImage.Content.Headers.ContentDisposition!.DispositionType));
        Assert.Null(results.Single(m => (long)m!["id"]! == picture)!["file_size"]);

        using var outsider = school.Api.Rest(stranger.Token);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(nobody, address));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(outsider, "/media/avatars/s.png"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(outsider, address));
        foreach (var wrong in new[]
        {
            "/media/chat/images/gone.png", "/media/photo_1.png", "/media/chat/images/photo_1", "/media/chat/images/photo_1.png/", "/media/chat/images/PHOTO_1.png",
            "/media/chat/images/%25photo_1.png", "/media/chat/x/../images/photo_1.png%00", "/media/chat%2Fimages%2Fphoto_1.png", "/media//chat/images/photo_1.png",
            "/media/chat/files/..%2f..%2f..%2fetc/passwd", "/media/",
        }) Assert.True(await StatusAsync(member, wrong) is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, wrong);

        // a deleted message takes its file with it
        using var own = school.Api.Rest(teacher.Token);
        using var deleted = await own.DeleteAsync($"/api/v1/rooms/{room}/messages/{message}");
        Assert.True(deleted.IsSuccessStatusCode);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (await StatusAsync(member, address), await StatusAsync(member, "/media/" + Photo)));
    }

    [Theory]
    [InlineData("89504E470D0A1A0A", "image/png")]
    [InlineData("FFD8FFE0", "image/jpeg")]
    [InlineData("474946383961", "image/gif")]
    [InlineData("524946460000000057454250", "image/webp")]
    [InlineData("255044462D312E37", "application/pdf")]
    [InlineData("504B0304", "application/zip")]
    [InlineData("D0BFD180D0B8D0B2D0", "text/plain; charset=utf-8")]
    [InlineData("3C73766720786D6C6E733E", MediaContent.Unknown)] // <svg xmlns>
    [InlineData("0A3C68746D6C3E", MediaContent.Unknown)] // a page, behind an empty line
    [InlineData("4D5A9000", MediaContent.Unknown)]
    [InlineData("", MediaContent.Unknown)]
    public void What_a_file_is_stands_in_its_first_bytes(string bytes, string contentType) => Assert.Equal(contentType, MediaContent.TypeOf(Convert.FromHexString(bytes)));

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string address)
    {
        using var answer = await client.GetAsync(address);
        return answer.StatusCode;
    }

    private static async Task StoreAsync(ApiSchool school, string path, byte[] content)
    {
        await school.School.ExecuteAsync(
            "INSERT INTO media (path, content_type, size, modified_at) VALUES ($1, $2, $3, now())", path, MediaContent.TypeOf(content), (long)content.Length);
        foreach (var (nth, piece) in content.Chunk(MediaStore.ChunkBytes).Index())
            await school.School.ExecuteAsync("INSERT INTO media_chunks (path, nth, bytes) VALUES ($1, $2, $3)", path, nth, piece);
    }

    private static async Task<long> SayAsync(ApiSchool school, long room, long sender, string? file, string image)
    {
        var id = await school.School.ScalarAsync<long>(
            """
            WITH head AS (UPDATE rooms SET head_seq = head_seq + 1 WHERE id = $1 RETURNING head_seq),
            message AS (
                INSERT INTO messages (room_id, seq, sender_id, client_id, body_hash, content, type, created_at, updated_at)
                SELECT $1, head_seq, $2, '~' || head_seq, 0, '', 'file', now(), now() FROM head RETURNING id, seq
            ),
            entry AS (INSERT INTO room_events (room_id, seq, kind, message_id, actor_id, created_at) SELECT $1, seq, 1, id, $2, now() FROM message)
            SELECT id FROM message
            """,
            room,
            sender);
        await school.School.ExecuteAsync(
            "INSERT INTO attachments (message_id, file, file_size, image) SELECT $1, nullif($2, ''), (SELECT size FROM media WHERE path = $2), $3", id, file ?? "", image);
        return id;
    }
}
