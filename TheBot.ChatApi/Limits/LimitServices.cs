using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TheBot.ChatApi.Limits;

internal static class LimitServices
{
    /// <summary>What one person and one address may ask of this replica.</summary>
    public static IServiceCollection AddLimits(this IServiceCollection services)
    {
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<PersonLimits>();
        services.TryAddSingleton<AddressLimits>();
        services.AddHostedService<Forgetting>();
        return services;
    }

    /// <summary>Buckets of those who have been quiet for long are forgotten, or every passer-by would stay in memory.</summary>
    private sealed class Forgetting(PersonLimits people, AddressLimits addresses, TimeProvider time) : BackgroundService
    {
        private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var minute = new PeriodicTimer(Every, time);
            try
            {
                while (await minute.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
                {
                    people.ForgetIdle();
                    addresses.ForgetIdle();
                }
            }
            catch (OperationCanceledException)
            {
                // the host stops
            }
        }
    }
}
