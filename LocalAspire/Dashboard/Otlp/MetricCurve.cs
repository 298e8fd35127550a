namespace LocalAspire.Dashboard.Otlp;

/// <summary>One moment of a chart.</summary>
/// <param name="At">When.</param>
/// <param name="Value">A gauge's value; a counter's growth a second; a histogram's values a second.</param>
/// <param name="Quantiles">Of a histogram's values since the point before: the median, 90 % and 99 %; null where there was none.</param>
internal sealed record CurvePoint(DateTime At, double Value, double[]? Quantiles = null);

/// <summary>From samples as they are sent, mostly sums since the process began, to what happened between them.</summary>
internal static class MetricCurve
{
    private static readonly double[] Shown = [0.5, 0.9, 0.99];

    public static IReadOnlyList<CurvePoint> Of(InstrumentKind kind, bool isDelta, IEnumerable<Sample> samples, DateTime since)
    {
        if (kind == InstrumentKind.Gauge)
            return [.. samples.Where(sample => sample.At >= since).Select(sample => new CurvePoint(sample.At, sample.Value))];

        var curve = new List<CurvePoint>();
        Sample? before = null;
        foreach (var sample in samples)
        {
            if (before is not null && sample.At > before.At && sample.At >= since)
                curve.Add(Between(kind, isDelta, before, sample));
            before = sample;
        }

        return curve;
    }

    private static CurvePoint Between(InstrumentKind kind, bool isDelta, Sample before, Sample now)
    {
        // a process that began anew counts from nothing
        var isWhole = isDelta || (kind == InstrumentKind.Histogram ? now.Count < before.Count || now.Buckets.Length != before.Buckets.Length : now.Value < before.Value);
        var seconds = (now.At - before.At).TotalSeconds;
        if (kind == InstrumentKind.Counter)
            return new CurvePoint(now.At, (isWhole ? now.Value : now.Value - before.Value) / seconds);
        var buckets = isWhole ? now.Buckets : [.. now.Buckets.Zip(before.Buckets, (count, old) => count - old)];
        var total = buckets.Sum();
        return new CurvePoint(now.At, total / seconds, total == 0 ? null : [.. Shown.Select(quantile => Quantile(buckets, now.Bounds, total * quantile))]);
    }

    /// <summary>Linear within the bucket; in the last one, which has no end, its beginning.</summary>
    private static double Quantile(long[] buckets, double[] bounds, double rank)
    {
        var seen = 0L;
        for (var i = 0; i < bounds.Length; i++)
        {
            if (seen + buckets[i] >= rank && buckets[i] > 0)
            {
                var from = i == 0 ? Math.Min(0, bounds[0]) : bounds[i - 1];
                return from + ((bounds[i] - from) * (rank - seen) / buckets[i]);
            }

            seen += buckets[i];
        }

        return bounds.Length == 0 ? double.NaN : bounds[^1];
    }
}
