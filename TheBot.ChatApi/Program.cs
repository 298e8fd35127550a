using TheBot.ChatApi.Delivery;
using TheBot.ChatApi.Messages;
using TheBot.ChatApi.Transports.SignalR;
using TheBot.ChatApi.Transports.WebSockets;

var builder = WebApplication.CreateBuilder(args);
builder.Build().Run();
