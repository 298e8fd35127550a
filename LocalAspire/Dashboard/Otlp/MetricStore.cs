namespace LocalAspire.Dashboard.Otlp;

/// <summary>The newest 50,000 points of each resource's replica, in series of one instrument and one set of attributes.</summary>
internal sealed class MetricStore
{
    public const int PointsMax = 50_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<Origin, Resource> _resources = [];
    private long _revision;

    public long Revision => Volatile.Read(ref _revision);

    public void Add(Origin origin, IEnumerable<MetricPoint> points)
    {
        lock (_gate)
        {
            if (!_resources.TryGetValue(origin, out var resource))
                _resources.Add(origin, resource = new Resource());
            foreach (var point in points)
                resource.Add(point);
            _revision++;
        }
    }

    /// <summary>What is measured, by meter and name, and by which replicas.</summary>
    public IReadOnlyList<(Instrument Instrument, IReadOnlyList<Origin> Origins)> Instruments()
    {
        lock (_gate)
        {
            return
            [
                .. _resources.SelectMany(item => item.Value.Series.Keys.Select(key => (key.Instrument, Origin: item.Key)))
                    .GroupBy(item => (item.Instrument.Meter, item.Instrument.Name))
                    .OrderBy(group => group.Key.Meter, StringComparer.Ordinal).ThenBy(group => group.Key.Name, StringComparer.Ordinal)
                    .Select(group => (group.First().Instrument, (IReadOnlyList<Origin>)[.. group.Select(item => item.Origin).Distinct().OrderBy(origin => origin.Instance)])),
            ];
        }
    }

    /// <summary>The series of one instrument since a moment, ready for a chart.</summary>
    public IReadOnlyList<ChartSeries> Series(string meter, string name, DateTime since)
    {
        lock (_gate)
        {
            return
            [
                .. from resource in _resources
                   orderby resource.Key.Instance
                   from series in resource.Value.Series
                   where series.Key.Instrument.Meter == meter && series.Key.Instrument.Name == name
                   select new ChartSeries(resource.Key, series.Value.Attributes, MetricCurve.Of(series.Key.Instrument.Kind, series.Value.IsDelta, series.Value.Samples, since)),
            ];
        }
    }

    private sealed class Resource
    {
        // one entry a point, in the order of arrival: whose oldest point is to go next
        private readonly Queue<(SeriesKey Key, PointSeries Series)> _arrivals = new();

        public Dictionary<SeriesKey, PointSeries> Series { get; } = [];

        public void Add(MetricPoint point)
        {
            var key = new SeriesKey(point.Instrument, string.Join('\n', point.Attributes.OrderBy(item => item.Name, StringComparer.Ordinal).Select(item => $"{item.Name}={item.Value}")));
            if (!Series.TryGetValue(key, out var series))
                Series.Add(key, series = new PointSeries(point.Attributes, point.IsDelta));
            series.Samples.Enqueue(point.Sample);
            _arrivals.Enqueue((key, series));
            if (_arrivals.Count <= PointsMax)
                return;
            var (oldKey, old) = _arrivals.Dequeue();
            old.Samples.Dequeue();
            if (old.Samples.Count == 0)
                Series.Remove(oldKey);
        }
    }

    private readonly record struct SeriesKey(Instrument Instrument, string Attributes);

    private sealed record PointSeries(IReadOnlyList<Field> Attributes, bool IsDelta)
    {
        public Queue<Sample> Samples { get; } = new();
    }
}

/// <param name="Points">By time.</param>
internal sealed record ChartSeries(Origin Origin, IReadOnlyList<Field> Attributes, IReadOnlyList<CurvePoint> Points);
