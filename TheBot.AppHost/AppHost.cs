using Microsoft.Extensions.Hosting;
using TheBot.AppHost;

var builder = DistributedApplication.CreateBuilder(args);

var postgres = builder.AddPostgres("postgres").WithDataVolume();
var chatdb = postgres.AddDatabase("chatdb");
var redis = builder.AddRedis("redis");

var migrator = builder.AddProject<Projects.TheBot_Migrator>("migrator")
    .WithArgs("migrate", "--backfill")
    .WithReference(chatdb)
    .WaitFor(chatdb);

var chatapi = builder.AddProject<Projects.TheBot_ChatApi>("chatapi")
    .WithReplicas(2)
    .WithReference(chatdb)
    .WithReference(redis)
    .WaitFor(redis)
    .WaitForCompletion(migrator)
    .WithHttpHealthCheck("/health")
    .WithExternalHttpEndpoints();

if (builder.ExecutionContext.IsRunMode && builder.Environment.IsDevelopment())
{
    migrator.WithArgs("--demo-school");
    chatapi.PrintTryIt();
}

builder.Build().Run();
