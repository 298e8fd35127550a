using TheBot.ChatApi.Memory;

namespace TheBot.Tests.Memory;

[Collection(ScratchPostgresTests.Name)]
public sealed class QuietCollectionTests(ScratchPostgres postgres)
{
    private const long Heap = 50 * 1024 * 1024;

    [Fact]
    public void A_wave_is_followed_by_one_collection_when_it_has_been_quiet_for_three_looks()
    {
        var watch = new QuietWatch();
        const long Wave = QuietWatch.WorthwhileBytes;
        Assert.Equal([false, false, false, true, false, false], Ask(watch, Heap, Wave, Wave, Wave + 1, Wave + 2, Wave + 3, Wave + 4));
        Assert.Equal([false, false, false, true], Ask(watch, Heap, 3 * Wave, 3 * Wave, 3 * Wave, 3 * Wave));
    }

    [Fact]
    public void Whoever_is_busy_is_not_disturbed()
    {
        var busy = Enumerable.Range(1, 100).Select(look => look * (QuietWatch.QuietBytes + 1)).ToArray();
        Assert.DoesNotContain(true, Ask(new QuietWatch(), Heap, busy));
    }

    [Fact]
    public void A_heap_that_would_take_long_is_left_to_the_runtime()
    {
        long[] quiet = [.. Enumerable.Repeat(QuietWatch.WorthwhileBytes, 10)];
        Assert.DoesNotContain(true, Ask(new QuietWatch(), QuietWatch.LargestHeap + 1, quiet));
        Assert.Contains(true, Ask(new QuietWatch(), QuietWatch.LargestHeap, quiet));
    }

    [Fact]
    public async Task A_replica_that_falls_quiet_gives_back_what_the_last_wave_left()
    {
        await using var school = await ApiSchool.OpenAsync(postgres, ("Logging__LogLevel__TheBot.ChatApi.Memory", "Debug"));
        var (room, student, _) = await school.ClassAsync();
        using var client = school.Api.Rest(student.Token);
        var before = TimesGivenBack();
        for (var i = 0; i < 1_500; i++) await client.GetStringAsync($"/api/v1/rooms/{room}/messages", Deadline.Token());
        await Deadline.UntilAsync(() => Task.FromResult(TimesGivenBack()), times => times > before, "memory given back");

        int TimesGivenBack() => school.Api.Output.Split("Quiet: gave back ").Length - 1;
    }

    private static bool[] Ask(QuietWatch watch, long inUse, params long[] allocated) => [.. allocated.Select(bytes => watch.IsDue(bytes, inUse))];
}
