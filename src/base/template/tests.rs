//! Templates against what the real docker command printed for them, and random ones that must not panic.

use super::*;
use proptest::prelude::*;

fn data() -> serde_json::Value {
    serde_json::json!({
        "Id": "e35", "Name": "/cli-a",
        "State": {"Status": "running", "Running": true, "Pid": 21115},
        "Config": {
            "Env": ["A=b", "PATH=/bin"], "Labels": {"x": "y", "z": "1"},
            "Entrypoint": null, "Volumes": null, "Image": "a<b"
        },
        "HostConfig": {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}},
        "Mounts": []
    })
}

fn typed(text: &str) -> Result<String, String> {
    let is_map = |name: &str| matches!(name, "Labels" | "Volumes");
    let value = Value::typed(&data(), "*container.InspectResponse", &is_map);
    Template::parse("", text)?.execute(&value, Mode::default())
}

fn raw(text: &str) -> Result<String, String> {
    let mode = Mode {
        strict_keys: true,
        ..Mode::default()
    };
    Template::parse("", text)?.execute(&Value::from_json(&data()), mode)
}

#[test]
fn what_docker_prints() {
    for (text, printed) in [
        ("{{.ID}}", "e35"),
        ("{{.Config.Labels.nope}}", "<no value>"),
        ("{{.Config.Labels}}", "map[x:y z:1]"),
        ("{{.Config.Env}}", "[A=b PATH=/bin]"),
        ("{{.State}}", "{running true 21115}"),
        ("{{index .Config.Labels \"x\"}}", "y"),
        ("{{.Name | upper}}", "/CLI-A"),
        ("{{len .Config.Env}}", "2"),
        (
            "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}",
            "x=y;z=1;",
        ),
        ("{{json .Config.Labels}}", "{\"x\":\"y\",\"z\":\"1\"}"),
        ("{{json .Config.Image}}", "\"a<b\""),
        (
            "{{printf \"%s %d %v %q\" .Name .State.Pid .Config.Env .Name}}",
            "/cli-a 21115 [A=b PATH=/bin] \"/cli-a\"",
        ),
        ("{{.Config.Entrypoint}}", "[]"),
        ("{{.Config.Volumes}}", "map[]"),
        ("{{lt .Name \"z\"}}", "true"),
        ("{{if .State.Running}}up{{else}}down{{end}}", "up"),
        ("{{join .Config.Env \",\"}}", "A=b,PATH=/bin"),
        ("{{split .Name \"-\"}}", "[/cli a]"),
        ("{{pad .Name 2 3}}|", "  /cli-a   |"),
        ("{{truncate .Name 3}}", "/cl"),
        ("{{title \"abc def\"}}", "Abc Def"),
        ("{{.Mounts}}", "[]"),
        ("{{ .HostConfig.RestartPolicy }}", "{no 0}"),
        ("{{/* c */}}x", "x"),
        ("{{- \"a\" -}}  b", "ab"),
        ("{{'a'}}", "97"),
        ("{{1.5}} {{0x10}} {{1e3}}", "1.5 16 1000"),
        ("{{.Config.Env | len | printf \"%03d\"}}", "002"),
        ("{{slice .Name 1 3}}", "cl"),
        ("{{not true}} {{and 1 0}} {{or 0 \"x\"}}", "false 0 x"),
        (
            "{{html \"<a>\"}} {{js \"a\\\"b\"}} {{urlquery \"a b\"}}",
            "&lt;a&gt; a\\\"b a+b",
        ),
        ("{{println \"a\" 1}}", "a 1\n"),
        ("{{print 1 2 \"a\" \"b\" 3}}", "1 2ab3"),
        (
            "{{range .Config.Env}}{{if eq . \"A=b\"}}{{break}}{{end}}{{.}}{{end}}",
            "",
        ),
        ("{{(index .Config.Env 0)}}", "A=b"),
        ("{{with .State}}{{.Pid}}{{end}}", "21115"),
        (
            "{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" .Name}}",
            "</cli-a>",
        ),
        ("{{block \"b\" .Name}}[{{.}}]{{end}}", "[/cli-a]"),
        (
            "{{$x := 1}}{{range .Config.Env}}{{$x = 2}}{{end}}{{$x}}",
            "2",
        ),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ("{{range .Mounts}}a{{else}}none{{end}}", "none"),
        ("{{if false}}a{{else if true}}b{{else}}c{{end}}", "b"),
        (
            "{{with $s := .State}}{{$s.Status}} {{$.Id}}{{end}}",
            "running e35",
        ),
    ] {
        assert_eq!(typed(text).as_deref(), Ok(printed), "{text}");
    }
}

#[test]
fn what_docker_says_before_executing() {
    for (text, words) in [
        ("{{.Config", "unclosed action"),
        ("{{", "unclosed action"),
        ("{{if}}", "missing value for if"),
        ("{{end}}", "unexpected {{end}}"),
        ("{{nofunc .}}", "function \"nofunc\" not defined"),
        ("{{$x}}", "undefined variable \"$x\""),
        ("{{\"a", "unterminated quoted string"),
        ("{{break}}", "{{break}} outside {{range}}"),
        ("{{.Id.}}", "unexpected <.> in operand"),
        ("{{..}}", "unexpected <.> in operand"),
        ("{{.Config. Env}}", "unexpected <.> in operand"),
    ] {
        assert_eq!(typed(text), Err(format!("template: :1: {words}")), "{text}");
    }
}

#[test]
fn what_docker_says_while_executing() {
    for (text, words) in [
        (
            "{{.Foo}}",
            "1:2: executing \"\" at <.Foo>: map has no entry for key \"Foo\"",
        ),
        (
            "{{.State.Foo}}",
            "1:8: executing \"\" at <.State.Foo>: map has no entry for key \"Foo\"",
        ),
        (
            "{{index .Config.Env 9}}",
            "1:2: executing \"\" at <index .Config.Env 9>: error calling index: index out of range: 9",
        ),
        (
            "{{.Name.Foo}}",
            "1:7: executing \"\" at <.Name.Foo>: can't evaluate field Foo in type interface {}",
        ),
        (
            "{{range .Name}}{{end}}",
            "1:8: executing \"\" at <.Name>: range can't iterate over /cli-a",
        ),
        (
            "{{\"abc\" \"d\"}}",
            "1:2: executing \"\" at <\"abc\">: can't give argument to non-function \"abc\"",
        ),
        (
            "{{eq .Name 1}}",
            "1:2: executing \"\" at <eq .Name 1>: error calling eq: incompatible types for comparison",
        ),
        (
            "{{template \"x\"}}",
            "1:11: executing \"\" at <{{template \"x\"}}>: template \"x\" not defined",
        ),
        (
            "{{with .Nope}}{{end}}",
            "1:7: executing \"\" at <.Nope>: map has no entry for key \"Nope\"",
        ),
        (
            "{{call .Name}}",
            "1:2: executing \"\" at <call .Name>: error calling call: non-function .Name of type string",
        ),
        (
            "{{len 3}}",
            "1:2: executing \"\" at <len 3>: error calling len: len of type int",
        ),
        (
            "{{index .Config.Env \"x\"}}",
            "1:2: executing \"\" at <index .Config.Env \"x\">: error calling index: cannot index slice/array with type string",
        ),
        (
            "{{.Config.Labels.x.y}}",
            "1:9: executing \"\" at <.Config.Labels.x.y>: can't evaluate field y in type interface {}",
        ),
    ] {
        assert_eq!(raw(text), Err(format!("template: :{words}")), "{text}");
    }
    assert_eq!(raw("{{index .Config \"x\"}}").as_deref(), Ok("<no value>"));
}

#[test]
fn a_template_that_calls_itself_ends() {
    let text = "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}";
    assert!(typed(text).is_err_and(|e| e.contains("exceeded maximum template depth")));
    let deep = format!("{{{{{}1{}}}}}", "(".repeat(5000), ")".repeat(5000));
    assert!(typed(&deep).is_err());
    assert!(typed(&"{{if 1}}".repeat(5000)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn no_template_panics(
        parts in prop::collection::vec(prop_oneof![
            Just("{{"), Just("}}"), Just("{{-"), Just("-}}"), Just(" "), Just("."), Just(".Name"), Just(".Config"), Just(".Env"), Just("$x"),
            Just(":="), Just("="), Just("|"), Just("("), Just(")"), Just(","), Just("if"), Just("range"), Just("with"), Just("end"), Just("else"),
            Just("define"), Just("template"), Just("block"), Just("break"), Just("\"a\""), Just("\"%5d\""), Just("'é'"), Just("`"), Just("-3"), Just("9"), Just("1e9"),
            Just("index"), Just("slice"), Just("printf"), Just("print"), Just("len"), Just("json"), Just("truncate"), Just("pad"), Just("eq"), Just("lt"), Just("and"),
            Just("true"), Just("nil"), Just("é"), Just("/*"), Just("*/"), Just("\n"), Just("\\"), Just("split"), Just("join"), Just("title"), Just("upper"),
        ], 0..24),
        wrap in any::<bool>(),
    ) {
        let body = parts.concat();
        let text = if wrap { format!("{{{{{body}}}}}") } else { body };
        let _ = typed(&text);
        let _ = raw(&text);
    }
}
