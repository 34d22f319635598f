use super::scan;

/// The paths, with `*` for a whole, `?` for what is guarded and `~` for what is in a branch.
fn told(text: &str) -> String {
    let told = scan(text).reads.into_iter().map(|read| {
        let mut path = read.path.join(".");
        for (holds, mark) in [
            (read.whole, "*"),
            (read.guarded, "?"),
            (read.conditional, "~"),
        ] {
            if holds {
                path.push_str(mark);
            }
        }
        path
    });
    told.collect::<Vec<_>>().join(" ")
}

#[test]
fn variables_are_found_wherever_they_are_read() {
    for (text, expected) in [
        ("x = var.a.b.c\ny = var.a[\"b\"].c", "a.b.c a.b.c"),
        ("# var.a.b\n// var.a.b\n/* var.a.b */ x = var.c.d", "c.d"),
        (
            r#"x = "var.a.b ${var.c.d}-${upper("${var.e.f}")} $${var.g.h} \"${var.i.j}\"""#,
            "c.d e.f i.j",
        ),
        (
            "x = <<-END\n  ${var.a.b} var.c.d \"\n  END\ny = var.e.f",
            "a.b e.f",
        ),
        (
            "x = try(var.a.b, can(var.c.d), 1)\ny = var.e.f",
            "a.b? c.d? e.f",
        ),
        ("x = lookup(var.a.inputs, \"b\", 1)", "a.inputs.b?"),
        (
            "x = contains(keys(var.a.inputs), \"b\") || length(var.a.inputs.c) > 0",
            "a.inputs.c",
        ),
        ("x = var.a.b ? var.c.d : 1\ny = var.e.f", "a.b c.d~ e.f"),
        (
            "x = [var.a.b ? f(var.c.d, var.e.f) : 1, var.g.h]",
            "a.b c.d~ e.f~ g.h",
        ),
        (
            "r \"x\" \"y\" {\n x = var.a.b ? var.c.d : 1\n y = var.e.f\n}",
            "a.b c.d~ e.f",
        ),
        (
            "r \"x\" \"y\" {\n count = var.a.b\n y = var.c.d\n}\nr \"x\" {\n y = var.e.f\n}",
            "a.b c.d~ e.f",
        ),
        ("x = var.a.inputs[var.b.c]", "a.inputs b.c"),
        ("x = module.var.a.b\ny = local.a", ""),
        ("{ var = 1, a = b.c }", ""),
        ("x = \"${var.a.b", "a.b"),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn elements_of_a_list_are_followed() {
    for (text, expected) in [
        (
            "x = [for i in var.service_instances : i.inputs.a if i.name != \"\"]\ny = i.b",
            "service_instances.0.inputs.a service_instances.0.name",
        ),
        (
            "x = {for k, v in var.service_instances : k => v}",
            "service_instances.0*",
        ),
        (
            "for_each = {for v in var.service_instances : v.name => v}\nx = var.service_instances",
            "service_instances.0.name service_instances*",
        ),
        (
            "x = var.service_instances[*].outputs.a\ny = var.service_instances.*.outputs.b",
            "service_instances.0.outputs.a service_instances.0.outputs.b",
        ),
        (
            "x = var.service_instances[0].inputs[\"a\"]\ny = var.service_instances[var.b.c].inputs.d",
            "service_instances.0.inputs.a service_instances.0.inputs.d b.c",
        ),
        ("x = length(var.service_instances)", ""),
        (
            "x = <<END\n%{ for i in var.service_instances ~}\n${i.inputs.a}\n%{ endfor ~}\nEND\ny = i.b",
            "service_instances.0.inputs.a",
        ),
        ("x = [for i in toset(var.a.b) : i.c]", "a.b"),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn inputs_of_what_is_repeated_are_found_by_name() {
    let text = "x = each.value.inputs.a\ny = i.inputs[\"b\"]\nz = stage.value.inputs[c]";
    assert_eq!(
        scan(text).inputs.iter().collect::<Vec<_>>(),
        ["*", "a", "b"]
    );
}

#[test]
fn declarations_are_those_at_the_top() {
    let scanned = scan(concat!(
        "output \"a\" {\n  value = { output = \"x\" }\n}\n",
        "variable \"b\" { type = string }\n",
        "locals {\n  c = <<END\noutput \"d\" {}\nEND\n}\n",
        "output \"e\" {value=1}",
    ));
    let outputs: Vec<&str> = scanned
        .outputs
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(outputs, ["a", "e"]);
    assert_eq!(scanned.variables.iter().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn what_is_no_hcl_is_read_without_a_fault() {
    for text in [
        "}}}]",
        "${",
        "\"",
        "<<",
        "<<E",
        "[for",
        "for in in",
        "var.",
        "var.a[",
        "%{ endfor",
        "é\"${é",
    ] {
        let _ = scan(text);
    }
}
