// the graph whose manifest the real Aspire 13.5.2 wrote into ../../manifest-of-13.5.2.json
var builder = DistributedApplication.CreateBuilder(args);

var jwtKey = builder.AddParameter("jwt-key", secret: true);
var postgres = builder.AddPostgres("postgres").WithDataVolume();
var chatdb = postgres.AddDatabase("chatdb");
var redis = builder.AddRedis("redis");

var migrator = builder.AddProject<Projects.ChatLab_Migrator>("migrator")
    .WithReference(chatdb)
    .WaitFor(chatdb);

builder.AddProject<Projects.ChatLab_Api>("chatapi")
    .WithReplicas(2)
    .WithReference(chatdb)
    .WithReference(redis)
    .WithEnvironment("Jwt__Key", jwtKey)
    .WaitFor(redis)
    .WaitForCompletion(migrator)
    .WithHttpHealthCheck("/health")
    .WithExternalHttpEndpoints();

builder.Build().Run();
