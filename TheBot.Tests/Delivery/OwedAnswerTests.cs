using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Transports.SignalR;
using TheBot.Contracts;

namespace TheBot.Tests.Delivery;

/// <summary>A hub call is settled when its answer is written and not when its method returns, so that no close overtakes an answer.</summary>
public sealed class OwedAnswerTests
{
    private static readonly string Closed = $"closed {CloseCode.Restart}";

    private readonly FakeConnection _connection = new(1, new DeliveryOptions());
    private readonly AnsweringProtocol _protocol = new(new JsonHubProtocol());
    private readonly ArrayBufferWriter<byte> _wire = new();

    /// <summary>How a method ends, and what the client is told.</summary>
    public static TheoryData<Exception?, string> Ends => new()
    {
        { null, "\"result\":\"done\"" },
        { new HubException("muted: not now"), "\"error\":\"muted: not now\"" },
        { new NpgsqlException("secret", new IOException()), "\"error\":\"unavailable: the database does not answer; try again\"" },
        { new KeyNotFoundException("secret"), "\"error\":\"internal_error: something went wrong here\"" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Who_is_asked_to_go_is_closed_behind_the_answer(Exception? failure, string answer)
    {
        var owed = await CallAsync(failure);
        _connection.GoAway();
        _connection.Queue.Enqueue(new TestFrame(0, "so far"));
        await _connection.UntilAsync(c => c.Texts.Contains("so far"), "what was queued before the answer was written");
        Assert.DoesNotContain(Closed, _connection.Texts);

        _protocol.WriteMessage(CompletionMessage.WithResult("7", owed), _wire);

        Assert.Contains(answer, Encoding.UTF8.GetString(_wire.WrittenSpan), StringComparison.Ordinal);
        await _connection.UntilAsync(c => c.Texts[^1] == Closed, "the close");
    }

    [Fact]
    public async Task A_call_that_wants_no_answer_is_settled_all_the_same()
    {
        var asked = new ReadOnlySequence<byte>("{\"type\":1,\"target\":\"Typing\",\"arguments\":[]}\u001e"u8.ToArray());
        Assert.True(_protocol.TryParseMessage(ref asked, new NoArguments(), out var message));
        var owed = await CallAsync(failure: null);
        _connection.GoAway();

        _protocol.WriteMessage(CompletionMessage.WithResult(Assert.IsType<InvocationMessage>(message).InvocationId!, owed), _wire);

        Assert.Equal(0, _wire.WrittenCount);
        await _connection.UntilAsync(c => c.Texts.Contains(Closed), "the close");
    }

    [Fact]
    public async Task What_is_asked_of_who_leaves_is_not_begun_and_says_so()
    {
        _connection.GoAway();

        var answer = Assert.IsType<HubAnswer>(await new OwedAnswers(NullLogger<OwedAnswers>.Instance).InvokeMethodAsync(Invocation(), _ => throw new InvalidOperationException("begun")));

        Assert.StartsWith($"{ErrorCode.Save}: ", answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, LogLevel.Debug)]
    [InlineData(false, LogLevel.Error)]
    public async Task A_call_that_ends_because_its_client_left_is_no_error(bool hasLeft, LogLevel written)
    {
        var log = new LevelLog();
        var call = Invocation(new CancellationToken(hasLeft));

        await new OwedAnswers(log).InvokeMethodAsync(call, _ => throw new OperationCanceledException());

        Assert.Equal([written], log.Levels);
    }

    private async Task<object?> CallAsync(Exception? failure) => await new OwedAnswers(NullLogger<OwedAnswers>.Instance).InvokeMethodAsync(
        Invocation(), _ => failure is null ? ValueTask.FromResult<object?>("done") : throw failure);

    private HubInvocationContext Invocation(CancellationToken aborted = default) => new(
        new Caller(_connection, aborted), new ServiceCollection().BuildServiceProvider(), new NoHub(), typeof(NoHub).GetMethod(nameof(NoHub.Ask))!, []);

    private sealed class NoHub : Hub
    {
        public string Ask() => ConnectionIdOf(Context);

        private static string ConnectionIdOf(HubCallerContext caller) => caller.ConnectionId;
    }

    private sealed class NoArguments : IInvocationBinder
    {
        public IReadOnlyList<Type> GetParameterTypes(string methodName) => [];

        public Type GetReturnType(string invocationId) => typeof(object);

        public Type GetStreamItemType(string streamId) => typeof(object);
    }

    private sealed class LevelLog : ILogger<OwedAnswers>
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Levels.Add(logLevel);
    }

    private sealed class Caller(LiveConnection connection, CancellationToken aborted) : HubCallerContext
    {
        public override string ConnectionId => "1";

        public override string? UserIdentifier => null;

        public override System.Security.Claims.ClaimsPrincipal? User => null;

        public override IDictionary<object, object?> Items { get; } = new Dictionary<object, object?> { [ChatHub.ConnectionKey] = connection };

        public override Microsoft.AspNetCore.Http.Features.IFeatureCollection Features { get; } = new Microsoft.AspNetCore.Http.Features.FeatureCollection();

        public override CancellationToken ConnectionAborted => aborted;

        public override void Abort() => throw new NotSupportedException();
    }
}
