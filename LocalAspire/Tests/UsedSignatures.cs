using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace LocalAspire.Tests;

/// <summary>Which members of the stand-in compiled assemblies refer to, as text.</summary>
internal static class UsedSignatures
{
    private static readonly string[] StandIn = ["LocalAspire.Hosting", "LocalAspire.Client"];

    /// <returns>One line per member: "Type: result Member(parameters)", sorted.</returns>
    public static IReadOnlyList<string> Of(IEnumerable<string> assemblies) => [.. assemblies.SelectMany(Read).Distinct().Order(StringComparer.Ordinal)];

    private static List<string> Read(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        var names = new Names();
        var found = new List<string>();
        foreach (var member in metadata.MemberReferences.Select(metadata.GetMemberReference))
        {
            var owner = member.Parent.Kind switch
            {
                HandleKind.TypeReference => names.GetTypeFromReference(metadata, (TypeReferenceHandle)member.Parent, 0),
                HandleKind.TypeSpecification => metadata.GetTypeSpecification((TypeSpecificationHandle)member.Parent).DecodeSignature(names, null),
                _ => new Name("", IsOfStandIn: false),
            };
            if (owner.IsOfStandIn)
                found.Add($"{owner.Text}: {Describe(metadata.GetString(member.Name), member, names)}");
        }

        return found;
    }

    private static string Describe(string name, MemberReference member, Names names)
    {
        if (member.GetKind() == MemberReferenceKind.Field)
            return $"{member.DecodeFieldSignature(names, null).Text} {name}";
        var signature = member.DecodeMethodSignature(names, null);
        var parameters = string.Join(", ", signature.ParameterTypes.Select(type => type.Text));
        return name switch
        {
            ".ctor" => $"new({parameters})",
            _ when name.StartsWith("get_", StringComparison.Ordinal) => $"{signature.ReturnType.Text} {name[4..]} {{ get; }}",
            _ when name.StartsWith("set_", StringComparison.Ordinal) => $"{parameters} {name[4..]} {{ set; }}",
            _ => $"{signature.ReturnType.Text} {name}({parameters})",
        };
    }

    private sealed record Name(string Text, bool IsOfStandIn);

    private sealed class Names : ISignatureTypeProvider<Name, object?>
    {
        public Name GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            var type = reader.GetTypeReference(handle);
            var name = reader.GetString(type.Name).Split('`')[0];
            return type.ResolutionScope.Kind switch
            {
                HandleKind.AssemblyReference => new(name, StandIn.Contains(reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name))),
                HandleKind.TypeReference => GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, 0) is var outer ? new($"{outer.Text}.{name}", outer.IsOfStandIn) : null!,
                _ => new(name, IsOfStandIn: false),
            };
        }

        public Name GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => new(reader.GetString(reader.GetTypeDefinition(handle).Name).Split('`')[0], false);

        public Name GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public Name GetGenericInstantiation(Name genericType, ImmutableArray<Name> typeArguments) => genericType.Text == "Nullable"
            ? new($"{typeArguments[0].Text}?", false)
            : genericType with { Text = $"{genericType.Text}<{string.Join(", ", typeArguments.Select(type => type.Text))}>" };

        public Name GetPrimitiveType(PrimitiveTypeCode typeCode) => new(typeCode switch
        {
            PrimitiveTypeCode.Boolean => "bool",
            PrimitiveTypeCode.Int32 => "int",
            PrimitiveTypeCode.Object => "object",
            PrimitiveTypeCode.String => "string",
            PrimitiveTypeCode.Void => "void",
            _ => typeCode.ToString(),
        }, false);

        public Name GetGenericMethodParameter(object? genericContext, int index) => new($"T{index}", false);

        public Name GetGenericTypeParameter(object? genericContext, int index) => new($"T{index}", false);

        public Name GetSZArrayType(Name elementType) => new($"{elementType.Text}[]", false);

        public Name GetArrayType(Name elementType, ArrayShape shape) => GetSZArrayType(elementType);

        public Name GetByReferenceType(Name elementType) => new($"ref {elementType.Text}", false);

        public Name GetPointerType(Name elementType) => new($"{elementType.Text}*", false);

        public Name GetModifiedType(Name modifier, Name unmodifiedType, bool isRequired) => unmodifiedType;

        public Name GetPinnedType(Name elementType) => elementType;

        public Name GetFunctionPointerType(MethodSignature<Name> signature) => new("delegate*", false);
    }
}
