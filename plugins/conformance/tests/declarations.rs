//! `templates/js/lib/contract.d.ts` says in TypeScript what `wit/v1_0` says. This test makes it; with `UPDATE=1` it also writes it.

use std::collections::BTreeSet;
use std::fmt::Write;

use wit_parser::{Docs, Function, Interface, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

const HEAD: &str = "// Made from nagaya/wit/v1_0 by `UPDATE=1 cargo test -p conformance` in Nagaya's plugins/. Do not edit.\n\
    // A function that fails throws a Failure; `catch (failure)` gets it.\n";

/// The interfaces of plugins; the others are the host's.
const EXPORTS: &[&str] = &["filter", "actor-filter", "gate", "describe", "bot", "fan-out", "web"];

#[test]
fn the_declarations_for_javascript_say_what_the_contract_says() {
    let mut resolve = Resolve::default();
    resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v1_0")).expect("the contract parses");
    let mut out = HEAD.to_owned();
    for (id, interface) in resolve.interfaces.iter() {
        out.push('\n');
        module(&mut out, &resolve, id, interface);
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates/js/lib/contract.d.ts");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &out).expect("can be written");
    }
    let there = std::fs::read_to_string(file).expect("is there");
    assert!(there == out, "{file} is old: UPDATE=1 cargo test -p conformance --test declarations");
}

fn module(out: &mut String, resolve: &Resolve, id: InterfaceId, interface: &Interface) {
    let name = interface.name.as_deref().expect("a name");
    docs(out, "", &interface.docs);
    writeln!(out, "declare module \"nagaya:plugin/{name}@1.0.0\" {{").expect("a string takes it");
    let mut foreign = BTreeSet::new();
    for (name, ty) in &interface.types {
        if let TypeDefKind::Type(Type::Id(origin)) = resolve.types[*ty].kind
            && resolve.types[origin].owner != TypeOwner::Interface(id)
        {
            let TypeOwner::Interface(home) = resolve.types[origin].owner else { panic!("{name} lives nowhere") };
            foreign.insert((resolve.interfaces[home].name.clone().expect("a name"), pascal(name)));
        }
    }
    for (home, name) in &foreign {
        writeln!(out, "  import type {{ {name} }} from \"nagaya:plugin/{home}@1.0.0\";").expect("a string takes it");
    }
    for (name, ty) in &interface.types {
        if !foreign.iter().any(|(_, known)| *known == pascal(name)) {
            definition(out, resolve, name, *ty);
        }
    }
    if !interface.functions.is_empty() {
        let object = pascal(name);
        writeln!(out, "  export interface {object} {{").expect("a string takes it");
        interface.functions.values().for_each(|function| signature(out, resolve, function));
        out.push_str("  }\n");
        // What a plugin implements, it exports itself.
        if !EXPORTS.contains(&name) {
            let constant = camel(name);
            writeln!(out, "  const {constant}: {object};\n  export default {constant};").expect("a string takes it");
        }
    }
    out.push_str("}\n");
}

fn definition(out: &mut String, resolve: &Resolve, name: &str, id: TypeId) {
    let ty = &resolve.types[id];
    docs(out, "  ", &ty.docs);
    let name = pascal(name);
    match &ty.kind {
        TypeDefKind::Record(record) => {
            writeln!(out, "  export interface {name} {{").expect("a string takes it");
            for field in &record.fields {
                docs(out, "    ", &field.docs);
                writeln!(out, "    {}: {};", camel(&field.name), script(resolve, &field.ty))
                    .expect("a string takes it");
            }
            out.push_str("  }\n");
        }
        TypeDefKind::Variant(variant) => {
            writeln!(out, "  export type {name} =").expect("a string takes it");
            for case in &variant.cases {
                docs(out, "    ", &case.docs);
                let value = case.ty.as_ref().map(|ty| format!("; val: {}", script(resolve, ty))).unwrap_or_default();
                writeln!(out, "    | {{ tag: \"{}\"{value} }}", case.name).expect("a string takes it");
            }
            out.truncate(out.trim_end().len());
            out.push_str(";\n");
        }
        TypeDefKind::Enum(cases) => {
            writeln!(out, "  export type {name} =").expect("a string takes it");
            for case in &cases.cases {
                docs(out, "    ", &case.docs);
                writeln!(out, "    | \"{}\"", case.name).expect("a string takes it");
            }
            out.truncate(out.trim_end().len());
            out.push_str(";\n");
        }
        other => {
            let ty = if let TypeDefKind::Type(ty) = other { script(resolve, ty) } else { compound(resolve, other) };
            writeln!(out, "  export type {name} = {ty};").expect("a string takes it");
        }
    }
}

fn signature(out: &mut String, resolve: &Resolve, function: &Function) {
    docs(out, "    ", &function.docs);
    // `new` is no name of an argument in JavaScript.
    let name = |name: &str| if name == "new" { "fresh".to_owned() } else { camel(name) };
    let argument = |param: &wit_parser::Param| format!("{}: {}", name(&param.name), script(resolve, &param.ty));
    let arguments: Vec<_> = function.params.iter().map(argument).collect();
    let answer = function.result.as_ref().map_or_else(|| "void".to_owned(), |ty| script(resolve, ty));
    writeln!(out, "    {}({}): {answer};", camel(&function.name), arguments.join(", ")).expect("a string takes it");
}

fn script(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".into(),
        Type::String | Type::Char => "string".into(),
        Type::Id(id) => match &resolve.types[*id] {
            ty if ty.name.is_some() => pascal(ty.name.as_deref().expect("just looked")),
            ty => compound(resolve, &ty.kind),
        },
        _ => "number".into(),
    }
}

fn compound(resolve: &Resolve, kind: &TypeDefKind) -> String {
    match kind {
        TypeDefKind::Option(inner) => format!("{} | null", script(resolve, inner)),
        TypeDefKind::List(Type::U8) => "Uint8Array".into(),
        TypeDefKind::List(inner) => format!("Array<{}>", script(resolve, inner)),
        TypeDefKind::Tuple(tuple) => {
            format!("[{}]", tuple.types.iter().map(|ty| script(resolve, ty)).collect::<Vec<_>>().join(", "))
        }
        // The error is thrown.
        TypeDefKind::Result(result) => result.ok.as_ref().map_or_else(|| "void".into(), |ty| script(resolve, ty)),
        TypeDefKind::Type(ty) => script(resolve, ty),
        other => panic!("the contract has no {}", other.as_str()),
    }
}

fn docs(out: &mut String, indent: &str, docs: &Docs) {
    let Some(text) = &docs.contents else { return };
    let lines: Vec<_> = text.trim().lines().map(str::trim_end).collect();
    if let [line] = lines.as_slice() {
        writeln!(out, "{indent}/** {line} */").expect("a string takes it");
        return;
    }
    writeln!(out, "{indent}/**").expect("a string takes it");
    for line in lines {
        writeln!(out, "{indent} *{}{line}", if line.is_empty() { "" } else { " " }).expect("a string takes it");
    }
    writeln!(out, "{indent} */").expect("a string takes it");
}

fn pascal(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn camel(name: &str) -> String {
    let name = pascal(name);
    name[..1].to_lowercase() + &name[1..]
}
