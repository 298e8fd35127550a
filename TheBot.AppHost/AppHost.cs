var builder = DistributedApplication.CreateBuilder(args);

var postgres = builder.AddPostgres("postgres").WithDataVolume();
var chatdb = postgres.AddDatabase("chatdb");
var redis = builder.AddRedis("redis");

var migrator = builder.AddProject<Projects.TheBot_Migrator>("migrator")
    .WithReference(chatdb)
    .WaitFor(chatdb);

builder.AddProject<Projects.TheBot_ChatApi>("chatapi")
    .WithReplicas(2)
    .WithReference(chatdb)
    .WithReference(redis)
    .WaitFor(redis)
    .WaitForCompletion(migrator)
    .WithHttpHealthCheck("/health")
    .WithExternalHttpEndpoints();

builder.Build().Run();
