using Microsoft.EntityFrameworkCore;

namespace TheBot.Data.Schema;

/// <summary>How every process that opens <see cref="ChatDbContext"/> sets it up.</summary>
public static class ChatModel
{
    /// <summary>The assembly that owns the migrations: the API reads the schema, only the Migrator changes it.</summary>
    public const string MigrationsAssembly = "TheBot.Migrator";

    /// <summary>snake_case names and the migrations' home; goes after <c>UseNpgsql</c>, whose connection it keeps.</summary>
    public static DbContextOptionsBuilder UseChatModel(this DbContextOptionsBuilder options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.UseNpgsql(npgsql => npgsql.MigrationsAssembly(MigrationsAssembly)).UseSnakeCaseNamingConvention();
    }
}
