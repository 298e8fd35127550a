using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Grpc.Core.Interceptors;
using LocalAspire.Dashboard.Otlp.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace LocalAspire.Dashboard.Otlp;

/// <summary>OTLP over gRPC for whoever has the key in <c>x-otlp-api-key</c>.</summary>
internal static class OtlpReceiver
{
    public const string KeyHeader = "x-otlp-api-key";

    public static ServerPlan Build(string apiKey, TelemetryStore store) => new(
        HttpProtocols.Http2,
        services =>
        {
            services.AddSingleton(store);
            services.AddSingleton(new KeyCheck(apiKey));
            services.AddGrpc(grpc => grpc.Interceptors.Add<KeyCheck>());
        },
        app =>
        {
            app.MapGrpcService<Traces>();
            app.MapGrpcService<Logs>();
            app.MapGrpcService<Metrics>();
        });

    private sealed class KeyCheck(string apiKey) : Interceptor
    {
        private readonly byte[] _key = Encoding.UTF8.GetBytes(apiKey);

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            CryptographicOperations.FixedTimeEquals(_key, Encoding.UTF8.GetBytes(context.RequestHeaders.GetValue(KeyHeader) ?? ""))
                ? continuation(request, context)
                : throw new RpcException(new Status(StatusCode.Unauthenticated, $"{KeyHeader} is missing or wrong"));
    }

    private sealed class Traces(TelemetryStore store) : TraceService.TraceServiceBase
    {
        public override Task<TraceTaken> Export(ExportTrace request, ServerCallContext context)
        {
            foreach (var source in request.Sources)
            {
                var origin = OtlpReader.Origin(source.Source);
                store.Add(source.Scopes.SelectMany(scope => scope.Spans.Select(span => OtlpReader.Span(span, origin, scope.Scope?.Name ?? ""))));
            }

            return Task.FromResult(new TraceTaken());
        }
    }

    private sealed class Logs(TelemetryStore store) : LogsService.LogsServiceBase
    {
        public override Task<LogsTaken> Export(ExportLogs request, ServerCallContext context)
        {
            foreach (var source in request.Sources)
            {
                var origin = OtlpReader.Origin(source.Source);
                store.Add(source.Scopes.SelectMany(scope => scope.Records.Select(record => OtlpReader.Log(record, origin, scope.Scope?.Name ?? ""))));
            }

            return Task.FromResult(new LogsTaken());
        }
    }

    private sealed class Metrics(TelemetryStore store) : MetricsService.MetricsServiceBase
    {
        public override Task<MetricsTaken> Export(ExportMetrics request, ServerCallContext context)
        {
            foreach (var source in request.Sources)
            {
                var origin = OtlpReader.Origin(source.Source);
                foreach (var scope in source.Scopes)
                    store.Metrics.Add(origin, scope.Metrics.SelectMany(metric => OtlpReader.Points(metric, scope.Scope?.Name ?? "")));
            }

            return Task.FromResult(new MetricsTaken());
        }
    }
}
