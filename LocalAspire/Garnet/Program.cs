using Garnet;

// arguments, one a line, come by standard input: a password has no place in what every user can list
List<string> arguments = ["--bind", "127.0.0.1", "--memory", "64m", "--index", "16m", "--lua", "true", "--auth", "Password"];
while (Console.ReadLine() is { } argument)
    arguments.Add(argument);
using var server = new GarnetServer([.. arguments]);
server.Start();
Console.WriteLine("Garnet is ready");
Thread.Sleep(Timeout.Infinite); // its threads do not keep the process alive; it ends by the signal of whoever started it
