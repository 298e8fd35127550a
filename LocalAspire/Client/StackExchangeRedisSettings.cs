namespace Aspire.StackExchange.Redis;

/// <summary>What <c>AddRedisClient</c> can be told by configuration or by its delegate.</summary>
public sealed class StackExchangeRedisSettings
{
    public string? ConnectionString { get; set; }
    public bool DisableHealthChecks { get; set; }
    public bool DisableTracing { get; set; }
    /// <summary>True (the default): the connection opens at first use and not while the host starts.</summary>
    public bool DisableAutoActivation { get; set; } = true;
}
