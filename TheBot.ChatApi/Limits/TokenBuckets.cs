using System.Collections.Concurrent;
using System.Threading.RateLimiting;

namespace TheBot.ChatApi.Limits;

/// <summary>A token bucket for each key: made when it is first asked for, forgotten when it has long been full again.</summary>
/// <remarks>Taking a token is one look and allocates nothing; a refusal allocates its lease. No timer runs for a bucket, it is filled when somebody asks.</remarks>
internal sealed class TokenBuckets<TKey> where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, TokenBucketRateLimiter> _buckets = new();
    private readonly TokenBucketRateLimiterOptions? _options;
    private readonly TimeSpan _forgottenAfter;

    /// <param name="burst">How many tokens a full bucket has.</param>
    /// <param name="refills">How many come in a <paramref name="period"/>; 0 = no limit.</param>
    /// <param name="period">See there.</param>
    /// <param name="forgottenAfter">How long a bucket stays after it is full again. Default 1 min.</param>
    public TokenBuckets(int burst, int refills, TimeSpan period, TimeSpan? forgottenAfter = null)
    {
        _forgottenAfter = forgottenAfter ?? TimeSpan.FromMinutes(1);
        if (refills == 0) return;
        _options = new TokenBucketRateLimiterOptions
        {
            TokenLimit = burst,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = period / refills,
            AutoReplenishment = false,
        };
    }

    /// <summary>Buckets that are remembered.</summary>
    public int Count => _buckets.Count;

    /// <summary>Takes a token. Without one: false, and when there will be one again.</summary>
    public bool TryTake(TKey key, out TimeSpan retryAfter)
    {
        retryAfter = default;
        if (Find(key) is not { } bucket) return true;
        using var lease = bucket.AttemptAcquire();
        if (lease.IsAcquired) return true;
        if (!lease.TryGetMetadata(MetadataName.RetryAfter, out retryAfter)) retryAfter = _options!.ReplenishmentPeriod;
        return false;
    }

    /// <summary>Whether there is a token, without taking it.</summary>
    public bool HasAny(TKey key, out TimeSpan retryAfter)
    {
        // not by taking none: the limiter gives that away as long as there is a fraction of a token
        var has = Find(key)?.GetStatistics() is not { CurrentAvailablePermits: < 1 };
        retryAfter = has ? default : _options!.ReplenishmentPeriod;
        return has;
    }

    /// <summary>Forgets the buckets that are as good as new.</summary>
    /// <remarks>Somebody who takes a token in this very moment takes it from a bucket that nobody looks at any more: they have one too many, once.</remarks>
    public void ForgetIdle()
    {
        foreach (var (key, bucket) in _buckets)
        {
            bucket.TryReplenish();
            if (bucket.IdleDuration > _forgottenAfter) _buckets.TryRemove(new(key, bucket));
        }
    }

    /// <summary>The key's bucket, filled up to now; null = no limit.</summary>
    private TokenBucketRateLimiter? Find(TKey key)
    {
        if (_options is null) return null;
        var bucket = _buckets.GetOrAdd(key, static (_, options) => new TokenBucketRateLimiter(options), _options);
        bucket.TryReplenish();
        return bucket;
    }
}
