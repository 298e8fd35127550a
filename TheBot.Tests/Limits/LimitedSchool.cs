namespace TheBot.Tests.Limits;

/// <summary>A school whose limits are the defaults.</summary>
public sealed class LimitedSchool(ScratchPostgres postgres) : IAsyncLifetime
{
    internal ApiSchool It { get; private set; } = null!;

    public async Task InitializeAsync() => It = await ApiSchool.OpenAsync(postgres);

    public async Task DisposeAsync() => await It.DisposeAsync();
}
