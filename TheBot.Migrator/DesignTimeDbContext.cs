using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using TheBot.Data.Schema;

namespace TheBot.Migrator;

/// <summary>What <c>dotnet ef migrations add</c> asks for; it compares models and opens no connection.</summary>
internal sealed class DesignTimeDbContext : IDesignTimeDbContextFactory<ChatDbContext>
{
    public ChatDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<ChatDbContext>();
        options.UseNpgsql().UseChatModel();
        return new ChatDbContext(options.Options);
    }
}
