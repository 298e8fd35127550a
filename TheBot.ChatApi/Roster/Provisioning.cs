using Npgsql;
using TheBot.Data.Roster;

namespace TheBot.ChatApi.Roster;

/// <summary>Lets rooms follow a change of the roster that concerns many, a few students at a time, whichever replica took it and whatever became of that one.</summary>
internal sealed partial class Provisioning(RoomProvisioner provisioner, TimeProvider time, ILogger<Provisioning> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await provisioner.ConvergeWaitingAsync((student, refused) => SetAside(logger, student, refused), stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
            {
                Failed(logger, e);
            }
        }
    }

    [LoggerMessage(1501, LogLevel.Error, "The rooms of student {StudentId} cannot follow the roster and are set aside; doctor tells what is wrong with them")]
    private static partial void SetAside(ILogger logger, long studentId, Exception exception);

    [LoggerMessage(1500, LogLevel.Warning, "Rooms could not follow the roster; trying again")]
    private static partial void Failed(ILogger logger, Exception exception);
}
