using StackExchange.Redis;
using TheBot.ChatApi.Auth;
using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Forum;
using TheBot.ChatApi.Http;
using TheBot.ChatApi.Limits;
using TheBot.ChatApi.Media;
using TheBot.ChatApi.Memory;
using TheBot.ChatApi.Messages;
using TheBot.ChatApi.Observability;
using TheBot.ChatApi.Reference;
using TheBot.ChatApi.Rooms;
using TheBot.ChatApi.Roster;
using TheBot.ChatApi.Transports.SignalR;
using TheBot.ChatApi.Transports.WebSockets;
using TheBot.Data;
using TheBot.Data.Schema;

var builder = WebApplication.CreateBuilder(args);
if (ReferenceFile.IsAskedFor(args)) builder.Logging.ClearProviders(); // nothing is served then, and nobody misses Redis
builder.AddServiceDefaults();
builder.AddNpgsqlDbContext<ChatDbContext>(ChatDatabase.ConnectionName, settings => settings.DisableHealthChecks = true, options => options.UseChatModel());
builder.AddRedisClient("redis", settings => settings.DisableHealthChecks = true, redis => redis.BacklogPolicy = BacklogPolicy.FailFast);

builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddChatDatabase(MessageServices.AppendConnections).AddDatabaseHealth().AddProblems().AddLimits().AddTokenAuthentication();
builder.Services.AddRoster().AddRooms().AddMessages().AddForum().AddMedia().AddDelivery();
builder.Services.AddChatSockets().AddChatHub().AddReference();
builder.Services.AddHostedService<QuietCollection>();

var app = builder.Build();
app.UseProblems();
app.UseChatSockets();
app.UseAuthentication();
app.UseAuthorization();

app.MapDefaultEndpoints();
app.MapLogin();
app.MapOwnLogins();
app.MapRoster();
app.MapAccounts();
app.MapRooms();
app.MapMessages();
app.MapMessageActions();
app.MapModeration();
app.MapForum();
app.MapMedia();
app.MapSeedSockets();
app.MapV1Socket();
app.MapChatHub();
app.MapReference();

if (ReferenceFile.IsAskedFor(args)) await ReferenceFile.WriteAsync(app, args[1]);
else await app.RunAsync();
